// The rows of our own tables, beside the legacy ones: energy and money by the hour, market prices
// slot by slot, and what each decision rests on. Pure; absent = not known.
//
// Energy between two readings is the difference of the meter's counters where both have them, else
// (up to energy_gap_max) the mean of their powers × time; a longer silence without counters adds
// nothing. It is spread evenly over the time between, cut at quarter hours, priced by the slot that
// holds the cut's beginning. Rows are increments and all sums are integers: the tables come out the
// same however the log was cut into batches, and facts that come late (an import) find their hour.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "events/time.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::fold {

// Two readings with more between them say nothing of the power between.
inline constexpr std::chrono::minutes energy_gap_max{15};
// Nor do counters say when within a day and more it was.
inline constexpr std::chrono::hours counter_gap_max{24};

struct EnergySums {
  std::int64_t covered_s = 0;  // time of which load and grid are known
  std::int64_t pv_mwh = 0, load_mwh = 0, import_mwh = 0, export_mwh = 0, charge_mwh = 0,
               discharge_mwh = 0;
  std::int64_t priced_s = 0;           // time of it whose price is known; the rest is about it
  std::int64_t price_seconds_e8 = 0;   // final price × seconds
  std::int64_t priced_import_mwh = 0;  // bought
  std::int64_t import_cost_e8 = 0;     // … at the final price
  std::int64_t export_revenue_e8 = 0;  // sold at the market price
  std::int64_t load_cost_e8 = 0;       // the load, had all of it been bought
  EnergySums& operator+=(const EnergySums& other);
  bool operator==(const EnergySums&) const = default;
};

// What one pair of readings adds to one local hour.
struct EnergyHourRow {
  UtcTime start;    // of the local hour
  LocalTime local;  // its wall clock; a repeated hour has two rows with equal ones
  EnergySums sums;
  bool operator==(const EnergyHourRow&) const = default;
};

// One slot of a published series; a later publication of the same kind takes its place.
struct MarketPriceRow {
  UtcTime start;
  LocalTime local;
  std::chrono::seconds length{};
  fb::PriceKind kind = fb::PriceKind::unknown;
  std::string provider, currency;
  std::int64_t price_e8 = 0;  // per kWh
  std::optional<UtcTime> issued_at;
  bool suspect = false;
  bool operator==(const MarketPriceRow&) const = default;
};

// What a decision rests on: enough to find it in the log and to make it again.
struct DecisionAuditRow {
  UtcTime at;
  fb::Action action = fb::Action::self_use;
  fb::Rule rule = fb::Rule::none;
  fb::ControlMode control_mode = fb::ControlMode::off;
  std::optional<std::int64_t> price_e8, expected_cost_e8, expected_saving_e8;
  Sequence based_on;
  std::string policy_digest, state_digest;  // hex
  std::uint32_t engine_revision = 0;
  bool operator==(const DecisionAuditRow&) const = default;
};

// What energy is reckoned from; the reading before, in the order of the log.
struct Metered {
  UtcTime at;
  std::uint32_t device = 0;
  std::optional<std::int64_t> pv_w, load_w, grid_w, battery_w;
  std::optional<std::int64_t> pv_mwh, load_mwh, import_mwh, export_mwh, charge_mwh, discharge_mwh;
  bool operator==(const Metered&) const = default;
};

[[nodiscard]] Metered metered(const fb::ReadingRecorded& reading, UtcTime at);

// Whether `to` lost sight of the grid's counters, which the reading before had: what flows
// meanwhile is told by the next that has them again.
[[nodiscard]] bool is_blind(const Metered& from, const Metered& to);

// Hours in ascending order; none unless `to` is later than `from` and of the same device.
[[nodiscard]] std::vector<EnergyHourRow> energy_between(const State& state, const Metered& from,
                                                        const Metered& to);

// Of one publication at most so many slots are told, the first: ten days of five minutes.
inline constexpr std::size_t market_slots_max = 2'880;
[[nodiscard]] std::vector<MarketPriceRow> market_prices(const State& state,
                                                        const fb::PricesPublished& fact);
[[nodiscard]] DecisionAuditRow decision_audit(const fb::DecisionMade& decision, UtcTime at);

}  // namespace wattledger::fold
