// forecast.solar's answer.
#include "coordinator/sources/parse/pv_forecast.hpp"

#include "tests/fuzz/told_zone.hpp"

namespace wattledger::fuzz {
namespace {

const Target pv_forecast("pv_forecast", [](Bytes bytes) {
  const auto parsed = sources::parse_forecast_solar(text_of(bytes), told_zone(), "fuzz");
  if (!parsed) return check_refusal(parsed.error());
  check_series(*parsed->forecast.power_w.at(0), 3'001);
  for (const std::int64_t power_w : parsed->forecast.power_w[0]->values)
    must(power_w >= 0, "PV is never negative");
  check_lines(parsed->remarks);
});

}  // namespace
}  // namespace wattledger::fuzz
