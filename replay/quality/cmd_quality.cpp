// wattledger quality [--from DAY] [--to DAY] [--format json|csv]: how good the recorded data are,
// day by day, the worst days with why. From the log itself.
#include <fmt/format.h>

#include "replay/audit/period.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/quality/commands.hpp"
#include "replay/quality/judged_days.hpp"
#include "replay/quality/quality_text.hpp"

namespace wattledger::tool {
namespace {

constexpr std::chrono::days usual_period{30};

// Whole days of the house: that of the log's newest reading and the thirty before, unless asked
// otherwise.
Result<Period> days_asked(const PeriodWish& wish, const ZoneOffsets& zone,
                          const std::optional<UtcTime>& newest) {
  auto period = parse_period(wish, zone, clock_now());
  if (!period) return period;
  if (period->from == UtcTime::min()) {
    const UtcTime end = period->to != UtcTime::max() ? period->to : newest.value_or(UtcTime::min());
    if (end != UtcTime::min()) period->from = end - usual_period;
  }
  if (period->from != UtcTime::min()) period->from = zone.day_start(period->from);
  return period;
}

Exit run(const Invocation& invocation, const PeriodWish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  const auto newest = newest_reading(open->snapshot);
  const auto period = days_asked(wish, zone, newest);
  if (!period) return usage(period.error().what, period.error().remedy);

  projections::Damage damage;
  const auto days =
      judge_days(open->snapshot, projections::FoldCache(place->data / "cache"), *period, damage);
  if (!days) return cannot(days.error());
  switch (invocation.format) {
    case Format::json:
      say_quality_json(*days, zone);
      break;
    case Format::csv:
      say_quality_csv(*days, zone);
      break;
    case Format::text:
    case Format::html:
      say_quality(*days, zone);
      break;
  }
  const UtcTime now = house_now(open->snapshot);
  if (newest && wish.to.empty() && now - *newest > std::chrono::hours(1))
    note(fmt::format("the newest reading is of {}: what has passed since is not counted",
                     local_text(*newest, zone)));
  if (damage.records == 0) return Exit::done;
  return cannot({ErrorKind::corrupt,
                 "the days lack what stands there: " + projections::damage_text(damage),
                 "run wattledger log verify"});
}

}  // namespace

void add_quality(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(
      app, "quality",
      "How good the recorded data are, day by day: completeness, gaps, frozen and impossible "
      "values, and whether they agree with each other",
      "wattledger quality --from 2025-10-01 --to 2025-11-01");
  const auto wish = std::make_shared<PeriodWish>();
  add_text(*command, "--from", wish->from,
           "From this local day on (else thirty days before the newest reading)")
      .type_name("DAY");
  add_text(*command, "--to", wish->to, "Only days that begin before this").type_name("DAY");
  on_call(*command, invocation, {Format::csv},
          [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
