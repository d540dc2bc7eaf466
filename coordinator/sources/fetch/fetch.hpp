// What one source says, asked over the network and parsed: facts ready for the log. What is asked
// is decided by the caller; when, by the schedule.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "coordinator/sources/fetch/address.hpp"
#include "coordinator/sources/fetch/http.hpp"
#include "events/codec.hpp"
#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

// Pages of one answer that are followed, to the same host only.
inline constexpr std::size_t pages_max = 20;

struct Fetched {
  // PricesPublished, PeakHoursPublished, WeatherObserved or PvForecastIssued, with source and its
  // name; occurred-at is the caller's. None after "not modified".
  std::vector<fb::EventT> facts;
  std::vector<std::string> remarks;
  // Every slot of the day that was asked for is there; true where a source has no such days.
  bool complete = true;
  std::string etag;
};

// One thread; keeps the connection between calls.
class Fetcher {
 public:
  explicit Fetcher(HttpLimits limits = {}) : limits_(limits) {}

  // Errors: those of Http::get, check_status and the parser; not_found where nothing is published
  // for that day yet. `retry_after`, where given, is what a server that refused asks for.
  Result<Fetched> fetch(Provider provider, const Asked& asked, const ZoneOffsets& zone,
                        const std::string& etag, const std::stop_token& stop = {},
                        std::optional<std::chrono::seconds>* retry_after = nullptr);

 private:
  HttpLimits limits_;
  Http http_;
};

// conflict when its prices are in another currency than `wanted`: tariff, limits and sums are in
// one, and nothing here knows a rate between two. An empty one is any.
[[nodiscard]] Result<void> check_currency(const Fetched& fetched, const std::string& wanted);

// Absolute, of the same scheme, host and port as `url`; nullopt for any other place.
[[nodiscard]] std::optional<std::string> next_page_url(std::string_view url, std::string_view next);

}  // namespace wattledger::sources
