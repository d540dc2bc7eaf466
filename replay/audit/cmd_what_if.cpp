// wattledger audit what-if --policy FILE|NAME [--from T] [--to T] [--against recorded|FILE|NAME]
// [--format text|json|csv]: another policy over the recorded past, with what was known then.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "coordinator/config/check.hpp"
#include "events/near_match.hpp"
#include "replay/audit/commands.hpp"
#include "replay/audit/what_if_text.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/progress.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

constexpr const char* recorded_word = "recorded";
constexpr std::size_t file_bytes_max = (1U << 20U) + 1U;

struct Wish {
  PeriodWish period;
  std::string policy;
  std::string against = recorded_word;
};

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

Exit run(const Invocation& invocation, const Wish& wish) {
  if (wish.policy == recorded_word)
    return usage("what was recorded is what a policy is compared with",
                 "name another --policy, or write it as --against recorded");
  if (wish.policy == wish.against)
    return usage("--policy and --against are both \"" + wish.policy + "\"", "name two that differ");
  const auto asked = parse_way(wish.policy);
  if (!asked) return usage(asked.error().what, asked.error().remedy);
  std::optional<WayAsked> against;
  if (wish.against != recorded_word) {
    const auto parsed = parse_way(wish.against);
    if (!parsed) return usage(parsed.error().what, parsed.error().remedy);
    against = *parsed;
  }
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto period = parse_period(wish.period, house_zone(open->snapshot), clock_now());
  if (!period) return usage(period.error().what, period.error().remedy);

  std::optional<Progress> progress(std::in_place, invocation, "living the days anew");
  const auto result =
      what_if(open->log, *period, *asked, against,
              [&](Sequence done, Sequence all) { progress->at(done.value, all.value); });
  progress.reset();
  if (!result) return cannot(result.error());
  switch (invocation.format) {
    case Format::json:
      say(what_if_json(*result));
      break;
    case Format::csv:
      say(what_if_csv(*result));
      break;
    case Format::text:
    case Format::html:
      say(what_if_text(*result));
      break;
  }
  return Exit::done;
}

}  // namespace

void add_audit_what_if(CLI::App& audit, Invocation& invocation) {
  CLI::App* command = add_command(
      audit, "what-if",
      "Run another policy over the recorded readings, with the prices and forecasts known then and "
      "the battery simulated: what it would have cost, day by day, beside what was, self-use only, "
      "no battery and perfect foresight. Read-only.",
      "wattledger audit what-if --policy tiered --from 2025-10-01 --to 2025-11-01");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--policy", wish->policy,
           "optimal, tiered, cheapest, self-use, no-battery, foresight, or a configuration's file, "
           "whose rules are taken (keys of policy, selling, tiered and the battery's SOC)")
      .type_name("FILE|NAME")
      .required();
  add_text(*command, "--against", wish->against, "What to compare with (recorded if left out)")
      .type_name("recorded|FILE|NAME");
  add_text(*command, "--from", wish->period.from,
           "Live from this time on (local, or with Z or +02:00)")
      .type_name("TIME");
  add_text(*command, "--to", wish->period.to, "Live up to this time").type_name("TIME");
  on_call(*command, invocation, {Format::csv},
          [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
