// The prices that an owner names: a file's, or one for every hour. They are whole or refused; what
// is odd in a file that can be read is said in the text log.
#pragma once

#include <filesystem>
#include <vector>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/price_feed.hpp"
#include "events/result.hpp"

namespace wattledger::daemon {

// not_found, or invalid_input with the file's place.
[[nodiscard]] Result<std::vector<fb::PricesPublishedT>> read_prices(
    const std::filesystem::path& file, const ZoneOffsets& zone);

// Tariff, limits and sums are in one currency, and nothing here knows a rate between two: conflict.
// `holder` is what the prices are from, for the message.
[[nodiscard]] Result<void> check_currency(const std::vector<fb::PricesPublishedT>& days,
                                          const config::Config& config, const std::string& holder);

// What the configuration's file of prices holds, or its fixed price; none if it names neither.
[[nodiscard]] Result<PriceFeed> feed_of(const config::Config& config, UtcTime now);

}  // namespace wattledger::daemon
