// What a check of the rollout found: [OK], [WARN] or [FAIL], what, and what to do.
#pragma once

#include <string>
#include <vector>

#include "replay/command.hpp"

namespace wattledger::tool {

enum class Level { ok, warn, fail };

struct CheckResult {
  Level level = Level::ok;
  std::string check;   // "disk"
  std::string text;    // "3.1 GiB free, 48 MiB wanted"
  std::string remedy;  // empty where there is nothing to do
};
using CheckResults = std::vector<CheckResult>;

[[nodiscard]] bool any_fails(const CheckResults& findings);
// The first that fails, as "disk: 12 MiB free …".
[[nodiscard]] std::string first_failure(const CheckResults& findings);

// A line each and one of counts, or one object {"verb", "ok", "checks": [{"check", "level", "text",
// "remedy"}]}.
void tell_findings(const Invocation& invocation, const std::string& verb,
                   const CheckResults& findings);
// done, or findings where one fails.
[[nodiscard]] Exit exit_of(const CheckResults& findings);

}  // namespace wattledger::tool
