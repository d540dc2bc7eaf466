// A house with policy `tiered` before a decision, told in a few words: prices in hundredths of the
// currency per quarter hour, at noon UTC (14:00 in Warsaw, three hours before the evening).
#pragma once

#include "tests/policy/judged_house.hpp"

namespace wattledger::testing {

using Quarters = std::vector<std::int64_t>;  // 1/100 of the currency per kWh

inline Quarters quarters(std::size_t count, std::int64_t value) { return Quarters(count, value); }
inline Quarters operator+(Quarters a, const Quarters& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline fold::PolicySettings tiered_settings() {
  fold::PolicySettings settings = plain_settings();
  settings.policy = "tiered";
  settings.wear = PriceE8(0);
  settings.load_default_day = MilliwattHours(0);
  return settings;
}

inline fold::PolicySettings selling_settings() {
  fold::PolicySettings settings = tiered_settings();
  settings.selling.enabled = true;
  return settings;
}

class TieredHouse {
 public:
  explicit TieredHouse(std::optional<int> soc_bp,
                       const fold::PolicySettings& settings = tiered_settings())
      : settings_(settings) {
    read_ = reading(soc_bp);
    house_.tell(noon - hours(30), warsaw()).tell(noon - hours(30), adopted(settings));
  }

  // From noon on.
  TieredHouse& prices(Quarters values) { return prices_from(noon, std::move(values)); }
  // Up to noon.
  TieredHouse& before(Quarters values) {
    const UtcTime from = noon - minutes(15) * static_cast<std::int64_t>(values.size());
    return prices_from(from, std::move(values));
  }
  TieredHouse& prices_from(UtcTime from, Quarters values) {
    for (std::int64_t& each : values) each *= 1'000'000;
    house_.tell(noon - hours(1), testing::prices(series(from, std::move(values))));
    return *this;
  }
  TieredHouse& sun(int pv_w, int load_w) {
    read_.pv_power_w = pv_w;
    read_.load_power_w = load_w;
    return *this;
  }
  TieredHouse& pv_forecast(std::vector<std::int64_t> watts, std::uint32_t step_s = 3600) {
    fb::PvForecastIssuedT fact;
    fact.power_w.push_back(series(noon, std::move(watts), step_s));
    house_.tell(noon - hours(1), std::move(fact));
    return *this;
  }
  TieredHouse& load_forecast(std::vector<std::int64_t> watts) {
    fb::LoadForecastIssuedT fact;
    fact.power_w.push_back(series(noon, std::move(watts), 3600));
    house_.tell(noon - hours(1), std::move(fact));
    return *this;
  }
  TieredHouse& code(std::int64_t value) {
    fb::PeakHoursPublishedT fact;
    fact.codes.push_back(series(noon, {value}, 3600));
    house_.tell(noon - hours(1), std::move(fact));
    return *this;
  }
  // The last decision, and its end a slot from noon.
  TieredHouse& last(fb::Action action, fb::Rule rule, minutes ago = minutes(60),
                    std::optional<int> target_bp = {}) {
    fb::DecisionMadeT fact = decided(action, rule);
    if (target_bp) fact.target_soc_bp = static_cast<std::uint16_t>(*target_bp);
    fact.until_us = to_us(noon + minutes(15));
    house_.tell(noon - ago, std::move(fact));
    return *this;
  }
  TieredHouse& session(fb::SessionChange change, int soc_bp, minutes ago,
                       const std::string& name = "charge-1") {
    fb::ChargingSessionChangedT fact;
    fact.session = name;
    fact.change = change;
    if (change == fb::SessionChange::started)
      fact.start_soc_bp = static_cast<std::uint16_t>(soc_bp);
    else
      fact.end_soc_bp = static_cast<std::uint16_t>(soc_bp);
    house_.tell(noon - ago, std::move(fact));
    return *this;
  }
  TieredHouse& sale(fb::SessionChange change, int soc_bp, minutes ago,
                    const std::string& name = "sale-1") {
    fb::SellingSessionChangedT fact;
    fact.session = name;
    fact.change = change;
    if (change == fb::SessionChange::started)
      fact.start_soc_bp = static_cast<std::uint16_t>(soc_bp);
    else
      fact.end_soc_bp = static_cast<std::uint16_t>(soc_bp);
    house_.tell(noon - ago, std::move(fact));
    return *this;
  }
  template <class FactT>
  TieredHouse& tell(FactT fact) {
    house_.tell(noon, std::move(fact));
    return *this;
  }

  // Read at noon, which is told last.
  [[nodiscard]] fold::State state() const {
    ToldHouse told = house_;
    told.tell(noon, fb::ReadingRecordedT(read_));
    return told.state();
  }
  [[nodiscard]] fb::DecisionMadeT decision(seconds after = seconds(0)) const {
    return policy::decide(state(), noon + after).decision;
  }

 private:
  fold::PolicySettings settings_;
  fb::ReadingRecordedT read_;
  ToldHouse house_;
};

struct TieredRow {
  std::string name;
  TieredHouse house;
  fb::Action action;
  fb::Rule rule;
  std::vector<std::int64_t> numbers;
};

inline void check(const std::vector<TieredRow>& rows) {
  for (const TieredRow& row : rows) {
    CAPTURE(row.name);
    const fb::DecisionMadeT decision = row.house.decision();
    CHECK(fb::EnumNameAction(decision.action) == std::string(fb::EnumNameAction(row.action)));
    CHECK(fb::EnumNameRule(decision.rule) == std::string(fb::EnumNameRule(row.rule)));
    REQUIRE_FALSE(decision.tried.empty());
    const fb::TriedRuleT& last = *decision.tried.back();
    CHECK(last.rule == row.rule);
    CHECK(last.outcome == fb::Outcome::chosen);
    CHECK(last.numbers == row.numbers);
    const bool forced = row.action == fb::Action::charge || row.action == fb::Action::sell;
    const bool held = row.action == fb::Action::hold;
    CHECK(decision.until_us.has_value() == (forced || held));
    CHECK(decision.power_w.has_value() == forced);
    CHECK(decision.target_soc_bp.has_value() == (forced || held));
  }
}

}  // namespace wattledger::testing
