// wattledger audit what-if --policy FILE|NAME [--from T] [--to T] [--against recorded|FILE|NAME]
// [--format text|json|csv]: another policy over the recorded past, with what was known then.
#include <memory>

#include "replay/audit/commands.hpp"
#include "replay/audit/way_asked.hpp"
#include "replay/audit/what_if_text.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/progress.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

struct Wish {
  PeriodWish period;
  std::string policy;
  std::string against = recorded_word;
};

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
      what_if(open->log, projections::FoldCache(place->data / "cache"), *period, *asked, against,
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
  return tell_damage();
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
