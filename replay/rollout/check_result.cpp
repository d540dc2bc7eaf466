#include "replay/rollout/check_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

const char* word_of(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warn:
      return "warn";
    case Level::fail:
      return "fail";
  }
  return "";
}

const char* mark_of(Level level) {
  switch (level) {
    case Level::ok:
      return "[OK]";
    case Level::warn:
      return "[WARN]";
    case Level::fail:
      return "[FAIL]";
  }
  return "";
}

}  // namespace

bool any_fails(const CheckResults& findings) { return !first_failure(findings).empty(); }

std::string first_failure(const CheckResults& findings) {
  const auto failed = std::find_if(findings.begin(), findings.end(), [](const CheckResult& each) {
    return each.level == Level::fail;
  });
  return failed == findings.end() ? "" : failed->check + ": " + failed->text;
}

void tell_findings(const Invocation& invocation, const std::string& verb,
                   const CheckResults& findings) {
  if (invocation.format == Format::json) {
    Json all = Json::array();
    for (const CheckResult& each : findings)
      all.push_back({{"check", each.check},
                     {"level", word_of(each.level)},
                     {"text", each.text},
                     {"remedy", each.remedy}});
    say(Json{{"verb", verb}, {"ok", !any_fails(findings)}, {"checks", std::move(all)}}.dump(
        -1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  for (const CheckResult& each : findings)
    say(fmt::format("{:<6} {:<14} {}{}", mark_of(each.level), each.check, each.text,
                    each.remedy.empty() ? "" : "; " + each.remedy));
  const auto count = [&](Level level) {
    return std::count_if(findings.begin(), findings.end(),
                         [&](const CheckResult& each) { return each.level == level; });
  };
  say(fmt::format("{}: {} ok, {} to look at, {} failed", verb, count(Level::ok), count(Level::warn),
                  count(Level::fail)));
}

Exit exit_of(const CheckResults& findings) {
  return any_fails(findings) ? Exit::findings : Exit::done;
}

}  // namespace wattledger::tool
