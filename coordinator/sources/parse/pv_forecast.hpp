// A forecast of a PV plant's power from outside, parsed purely: bytes in, a PvForecastIssued out.
// Values only: any thread, nothing is kept. invalid_input: not usable; rejected: the source
// answered with an error of its own (too many requests).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

struct ParsedPvForecast {
  fb::PvForecastIssuedT forecast;  // power_w: one series, the mean power of each slot
  std::vector<std::string> remarks;
};

inline constexpr std::size_t pv_forecast_bytes_max = 4U << 20U;

// forecast.solar's /estimate: result.watt_hours_period, the energy since the stamp before, or
// without it result.watts, the power at each stamp (between two of them it is taken to be a line,
// which is how the service makes the energies). Stamps are odd at sunrise and sunset: energy is
// shared among the slots of 15, 30 or 60 minutes that most stamps are apart. Between sunset and
// sunrise power is 0; a stamp that is missing by day leaves its slots absent.
// Stamps are local in `zone` ("2022-10-24 08:04:00"), or carry their offset; message.info.time,
// where it is there, is the issue time, and its offset must be the zone's: else the answer is for
// another place.
[[nodiscard]] Result<ParsedPvForecast> parse_forecast_solar(std::string_view bytes,
                                                            const ZoneOffsets& zone,
                                                            const std::string& provider);

}  // namespace wattledger::sources
