#include "coordinator/daemon/given_prices.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <utility>

#include "coordinator/sources/parse/prices.hpp"

namespace wattledger::daemon {

Result<std::vector<fb::PricesPublishedT>> read_prices(const std::filesystem::path& file,
                                                      const ZoneOffsets& zone) {
  std::error_code problem;
  if (std::filesystem::is_directory(file, problem))
    return fail(ErrorKind::invalid_input, file.string() + " is a directory",
                "name the file of prices in it");
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return fail(ErrorKind::not_found, "no prices at " + file.string(),
                "check prices.file or --prices, or leave it out: without prices only the house is "
                "served (what such a file holds: coordinator/sources/README.md)");
  std::string bytes(sources::price_bytes_max + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  auto parsed = sources::parse_prices(bytes, zone, file.filename().string());
  if (!parsed) {
    Error error = parsed.error();
    error.what = file.string() + ": " + error.what;
    return Failure(std::move(error));
  }
  constexpr std::size_t remarks_shown = 10;
  for (std::size_t i = 0; i < parsed->remarks.size() && i < remarks_shown; ++i)
    spdlog::warn("{}: {}", file.string(), parsed->remarks[i]);
  if (parsed->remarks.size() > remarks_shown)
    spdlog::warn("{}: and {} more remarks", file.string(), parsed->remarks.size() - remarks_shown);
  return std::move(parsed->days);
}

Result<void> check_currency(const std::vector<fb::PricesPublishedT>& days,
                            const config::Config& config, const std::string& holder) {
  if (days.empty() || days.front().currency == config.policy.currency) return {};
  return fail(ErrorKind::conflict,
              holder + " holds prices in " + days.front().currency + ", and prices.currency is " +
                  config.policy.currency,
              "set prices.currency and a tariff in it, or name a file of prices in " +
                  config.policy.currency);
}

Result<PriceFeed> feed_of(const config::Config& config, UtcTime now) {
  if (config.prices.fixed) return PriceFeed::fixed(*config.prices.fixed, config.prices.currency);
  if (config.prices.file.empty()) return PriceFeed();
  const auto zone = config::load_zone(config.site.timezone, now);
  if (!zone) return Failure(zone.error());
  auto days = read_prices(config.prices.file, zone->zone);
  if (!days) return Failure(days.error());
  WATTLEDGER_TRY(check_currency(*days, config, config.prices.file.string()));
  return PriceFeed(std::move(*days));
}

}  // namespace wattledger::daemon
