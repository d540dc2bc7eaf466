// Hands the prices of a file to the log as if they came day by day: a day's prices become known at
// 13:00 local the day before, and are published again when the file's differ from what is known.
// What is absent in the file stays missing.
#pragma once

#include <optional>
#include <vector>

#include "coordinator/daemon/journal.hpp"
#include "coordinator/sources/parse/prices.hpp"

namespace wattledger::daemon {

// Polish day-ahead prices are out by about 12:42 (facts of the decision rules, §2.2).
inline constexpr std::chrono::hours publication_hour{13};

class PriceFeed {
 public:
  PriceFeed() = default;  // no prices
  explicit PriceFeed(std::vector<fb::PricesPublishedT> days) : days_(std::move(days)) {}
  // One price for every hour of every day, for ever.
  static PriceFeed fixed(PriceE8 price, std::string currency);

  struct Extent {
    std::size_t slots = 0;  // with a price
    UtcTime from, to;       // to: where the last one ends
  };
  // Of all that it holds; none of an empty feed.
  [[nodiscard]] std::optional<Extent> extent() const;

  // Records what is due at `now` and not known yet.
  Result<void> publish_due(Journal& journal, UtcTime now);

 private:
  Result<void> publish_fixed(Journal& journal, UtcTime now);

  std::vector<fb::PricesPublishedT> days_;
  std::size_t next_ = 0;
  std::optional<PriceE8> fixed_;
  std::string currency_;  // of the fixed one
};

// Every price of the publication that is to be believed is in the state, and no other one for its
// slot.
[[nodiscard]] bool already_known(const fold::State& state, const fb::PricesPublishedT& day);

// Quarter-hour prices of every local day from `from` to `to`: cheap at night and noon, dear in the
// evening. A day's depend on the seed and its date alone.
[[nodiscard]] std::vector<fb::PricesPublishedT> generate_prices(std::uint64_t seed, UtcTime from,
                                                                UtcTime to,
                                                                const ZoneOffsets& zone);

}  // namespace wattledger::daemon
