#include "replay/audit/way_asked.hpp"

#include <algorithm>
#include <filesystem>

#include "coordinator/config/check.hpp"
#include "coordinator/config/config.hpp"
#include "events/near_match.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

constexpr std::size_t file_bytes_max = (1U << 20U) + 1U;

const std::vector<std::string>& words() {
  static const std::vector<std::string> known{"optimal",    "tiered",    "cheapest",   "self-use",
                                              "no-battery", "foresight", recorded_word};
  return known;
}

// The rules of a configuration's file, checked as the daemon checks them.
Result<WayAsked> from_file(const std::string& name) {
  const auto text = read_text_file(name, file_bytes_max);
  if (!text) return Failure(text.error());
  auto config = config::load(name);
  if (!config) return Failure(config.error());
  // Keys of the house itself have no meaning here: it stays as it was recorded.
  const auto keys = config::check_keys(*text, name);
  const auto is_rule = [](const std::string& path) {
    constexpr std::string_view rules[] = {"policy.",
                                          "selling.",
                                          "tiered.",
                                          "battery.min_soc_pct",
                                          "battery.max_soc_pct",
                                          "battery.target_soc_pct",
                                          "battery.emergency_"};
    return std::any_of(std::begin(rules), std::end(rules),
                       [&](std::string_view rule) { return path.rfind(rule, 0) == 0; });
  };
  const bool any =
      keys && std::any_of(keys->begin(), keys->end(), [&](const config::CheckedKey& key) {
        const bool ours = key.fate == config::KeyFate::used && is_rule(key.path);
        return ours || (key.fate == config::KeyFate::mapped && is_rule(key.says));
      });
  if (!any)
    return fail(ErrorKind::invalid_input, name + " says nothing of a policy",
                "write keys of the sections policy, selling or tiered, as policy.name: tiered");
  WayAsked asked;
  asked.policy = {std::filesystem::path(name).filename().string(), std::move(config->policy)};
  return asked;
}

}  // namespace

Result<WayAsked> parse_way(const std::string& word) {
  WayAsked asked;
  if (word == "optimal" || word == "tiered" || word == "cheapest") {
    asked.policy.name = word;
    return asked;
  }
  if (word == "self-use" || word == "no-battery" || word == "foresight") {
    asked.kind = word == "self-use"     ? WayKind::self_use
                 : word == "no-battery" ? WayKind::no_battery
                                        : WayKind::foresight;
    return asked;
  }
  std::error_code problem;
  if (std::filesystem::exists(word, problem)) return from_file(word);
  return fail(ErrorKind::not_found, "there is no policy and no file \"" + word + "\"",
              near_match_remedy(word, words()));
}

}  // namespace wattledger::tool
