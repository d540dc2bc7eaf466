// Price answers from the network or a file.
#include "coordinator/sources/parse/prices.hpp"

#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

// A clock with a spring and an autumn, whatever the year.
ZoneOffsets zone() {
  using std::chrono::hours;
  const auto at = [](const char* text) { return parse_time(text, ZoneOffsets()).value(); };
  return ZoneOffsets({{at("2025-01-01"), hours(1)},
                      {at("2025-03-30T01:00"), hours(2)},
                      {at("2025-10-26T01:00"), hours(1)}});
}

void check_day(const fb::PricesPublishedT& day) {
  const fb::SeriesT& series = *day.prices_e8.at(0);
  must(!series.values.empty() && series.values.size() <= 100, "a day has at most 100 quarters");
  for (const std::uint16_t index : series.absent)
    must(index < series.values.size(), "what is absent is a slot");
}

const Target prices("prices", [](Bytes bytes) {
  static const ZoneOffsets offsets = zone();
  const auto parsed = sources::parse_prices(text_of(bytes), offsets, "fuzz");
  if (!parsed) return must(!parsed.error().what.empty(), "a refusal says why");
  must(!parsed->days.empty(), "what is usable has a day");
  for (const fb::PricesPublishedT& day : parsed->days) check_day(day);
  for (const std::string& remark : parsed->remarks)
    must(remark.find('\n') == std::string::npos, "a remark is one line");
});

}  // namespace
}  // namespace wattledger::fuzz
