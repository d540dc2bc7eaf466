#include "replay/audit/period.hpp"

#include "replay/command.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {

void add_period(CLI::App& command, PeriodWish& wish) {
  add_text(command, "--from", wish.from,
           "Only decisions made at this time or later (local, or with Z or +02:00)")
      .type_name("TIME");
  add_text(command, "--to", wish.to, "Only decisions made before this time").type_name("TIME");
}

Result<Period> parse_period(const PeriodWish& wish, const ZoneOffsets& zone, UtcTime now) {
  Period period;
  if (!wish.from.empty()) {
    const auto from = time_argument(wish.from, zone, now);
    if (!from) return Failure(from.error());
    period.from = *from;
  }
  if (!wish.to.empty()) {
    const auto to = time_argument(wish.to, zone, now);
    if (!to) return Failure(to.error());
    period.to = *to;
  }
  if (period.from >= period.to)
    return fail(ErrorKind::invalid_input, "--from is not before --to",
                "write the earlier time as --from");
  return period;
}

}  // namespace wattledger::tool
