// The house of --simulate and of the demo: its configuration, what an earlier run left of it, and
// what it is made of.
#pragma once

#include <memory>
#include <optional>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/arguments.hpp"
#include "coordinator/daemon/embedded_house.hpp"
#include "coordinator/daemon/price_feed.hpp"
#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {

// Control on, every projection on, data in --data or `directory`. With --config what decisions rest
// on is the file's: battery, limits, policy, selling, safety, tariff, prices.currency and
// prices.fixed, time zone, cadence; who and where the house is, is not. conflict where the data
// would be the configured house's.
[[nodiscard]] Result<config::Config> own_config(const Arguments& arguments, const char* directory);

struct Past {
  std::optional<UtcTime> ended;  // when the log's last record was made
  std::optional<UtcTime> lived;  // and its last reading
  std::optional<fb::ReadingRecordedT> reading;
  std::optional<fb::CommandConfirmedT> confirmed;  // the newest of the recent ones
};

// What an earlier run of the same house left, to go on from.
[[nodiscard]] Result<Past> look_back(const std::filesystem::path& data);

struct OwnHouse {
  std::unique_ptr<EmbeddedHouse> house;
  std::unique_ptr<inverter::Inverter> inverter;
  PriceFeed prices;
};

// Its prices: --prices, else the configuration's fixed one, else generated. Without --config, the
// prices' currency becomes the configuration's.
[[nodiscard]] Result<OwnHouse> build_house(const Arguments& arguments, config::Config& config,
                                           const Past& past, UtcTime from, UtcTime to);

}  // namespace wattledger::daemon
