// The recorded house as every way of running its battery meets it: what it drew and what the panels
// gave, stretch by stretch, what a kWh cost then; and the days' sums of one way.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "projections/fold/power_series.hpp"
#include "projections/fold/state.hpp"
#include "replay/audit/battery_model.hpp"
#include "replay/audit/period.hpp"

namespace wattledger::tool {

struct SlotPrices {
  PriceE8 import, feed_in;
};

// Within one quarter of an hour of the clock.
struct Stretch {
  UtcTime from, to;
  std::int32_t day = 0;  // local, since 1970
  double load_w = 0, pv_w = 0;
  std::optional<SlotPrices> prices;
  [[nodiscard]] double hours() const;
};

// Readings in, stretches out. A reading's load and PV stand until the next, at most reading_holds;
// what is not covered so is lived by nobody.
class HousePast {
 public:
  explicit HousePast(const Period& period) : period_(period) {}
  // From where the last call ended to `to`, inside the period. Ends with the next call.
  [[nodiscard]] std::span<const Stretch> until(UtcTime to, const fold::State& state);
  void take(const fb::ReadingRecorded& reading, UtcTime at);
  // Prices, tariff or zone may be others from now on.
  void new_facts() { priced_.reset(); }
  [[nodiscard]] UtcTime reached() const { return reached_; }

 private:
  void price(UtcTime quarter, const fold::State& state);

  Period period_;
  UtcTime reached_{};
  UtcTime covered_to_{};
  double load_w_ = 0, pv_w_ = 0;
  std::optional<UtcTime> priced_;  // the quarter that day_ and prices_ are of
  std::int32_t day_ = 0;
  std::optional<SlotPrices> prices_;
  std::vector<Stretch> stretches_;
};

// One way's sums of one local day.
struct DaySums {
  Flows flows;
  double paid = 0, earned = 0;
  std::uint32_t mode_changes = 0;
  std::uint32_t decisions = 0;
  DaySums& operator+=(const DaySums& other);
};

// What holds for every way.
struct DayFacts {
  double covered_h = 0, priced_h = 0;
  double price_h = 0;  // import price × hours
  std::optional<double> price_min, price_max;
  double pv_wh = 0, load_wh = 0;
};

// Values by local day, from the first day on.
template <class Value>
class ByDay {
 public:
  explicit ByDay(std::int32_t first = 0) : first_(first) {}
  Value& operator[](std::int32_t day) {
    const auto index = static_cast<std::size_t>(std::max(day - first_, 0));
    if (index >= values_.size()) values_.resize(index + 1);
    return values_[index];
  }
  [[nodiscard]] std::int32_t first() const { return first_; }
  [[nodiscard]] const std::vector<Value>& values() const { return values_; }
  [[nodiscard]] Value at(std::size_t index) const {
    return index < values_.size() ? values_[index] : Value{};
  }

 private:
  std::int32_t first_;
  std::vector<Value> values_;
};

// A way's account: what its flows cost at the stretch's prices; unpriced ones cost nothing.
class Account {
 public:
  explicit Account(std::int32_t first_day) : days_(first_day) {}
  void add(const Stretch& stretch, const Flows& flows);
  // The mode that the battery is in from now on.
  void mode(std::int32_t day, fb::InverterMode mode);
  void decided(std::int32_t day) { ++days_[day].decisions; }
  [[nodiscard]] DaySums& day(std::int32_t day) { return days_[day]; }
  [[nodiscard]] const ByDay<DaySums>& days() const { return days_; }

 private:
  ByDay<DaySums> days_;
  std::optional<fb::InverterMode> mode_;
};

// Prices, their tariff, or the days they are of.
[[nodiscard]] bool tells_prices(Kind kind);
[[nodiscard]] double per_kwh(PriceE8 price);
[[nodiscard]] std::int32_t local_day(UtcTime at, const ZoneOffsets& zone);

}  // namespace wattledger::tool
