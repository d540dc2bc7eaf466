// The Polish operator's advice hour by hour.
#include "coordinator/sources/parse/peak_hours.hpp"

#include "tests/fuzz/told_zone.hpp"

namespace wattledger::fuzz {
namespace {

const Target peak_hours("peak_hours", [](Bytes bytes) {
  const auto parsed = sources::parse_peak_hours(text_of(bytes), told_zone(), "fuzz");
  if (!parsed) return check_refusal(parsed.error());
  must(!parsed->days.empty(), "what is usable has a day");
  must(parsed->days.size() == parsed->slots.size(), "each day says its slots");
  for (const fb::PeakHoursPublishedT& day : parsed->days) {
    check_series(*day.codes.at(0), 25);
    for (const std::int64_t code : day.codes[0]->values)
      must(code >= 0 && code <= 3, "a code is 0 to 3");
  }
  check_lines(parsed->remarks);
});

}  // namespace
}  // namespace wattledger::fuzz
