// A scenario's file becomes the state that a decision would find.
#include "replay/decide/scenario.hpp"

#include <doctest/doctest.h>

using namespace wattledger;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

fold::State state_by(const std::string& members) {
  const auto scenario = tool::read_scenario(R"({"now": "2025-11-29T02:30", )" + members + "}", "");
  REQUIRE_MESSAGE(scenario.has_value(), scenario.error().line());
  auto state = tool::state_of(*scenario);
  REQUIRE_MESSAGE(state.has_value(), state.error().line());
  return *std::move(state);
}

const UtcTime now = *parse_time("2025-11-29T01:30:00Z", ZoneOffsets());

}  // namespace

TEST_SUITE("replay/scenario") {
  TEST_CASE("prices are final, both ways, and sorted; without export a kWh fed in earns nothing") {
    const fold::State state = state_by(R"("prices": [
      {"start": "2025-11-29T04:00", "minutes": 30, "import": 0.9, "export": 0.712345678},
      {"start": "2025-11-29T02:00", "minutes": 60, "import": 0.1, "export": -0.2},
      {"start": "2025-11-29T03:00", "minutes": 60, "import": 0.00001}])");
    REQUIRE(state.prices.size() == 3);
    const auto costs = [&](std::size_t i) { return fold::final_price(state, state.prices[i]); };
    const auto earns = [&](std::size_t i) { return fold::feed_in_price(state, state.prices[i]); };
    CHECK(state.prices[0].start == now - minutes(30));
    CHECK(state.prices[2].length == minutes(30));
    CHECK(costs(0) == PriceE8(10'000'000));
    CHECK(costs(1) == PriceE8(1'000));
    CHECK(costs(2) == PriceE8(90'000'000));
    CHECK(earns(0) == PriceE8(-20'000'000));
    CHECK(earns(1) == PriceE8(0));
    CHECK(earns(2) == PriceE8(71'234'568));
    // As the policies ask: for a piece of a slot.
    CHECK(fold::feed_in_price(state, {now + minutes(100), minutes(5), PriceE8(7)}) ==
          PriceE8(71'234'568));
  }

  TEST_CASE("a reading keeps what it does not know unknown") {
    const fold::State state = state_by(
        R"("reading": {"age_s": 30, "soc_pct": 12.5, "battery_w": -4000, "grid_w": 0,
                       "battery_temp_c": -0.5, "grid_v": 230.25})");
    REQUIRE(state.reading.has_value());
    CHECK(state.reading->at == now - seconds(30));
    CHECK(state.reading->soc == BasisPoints(1'250));
    CHECK(state.reading->battery_power == Watts(-4'000));
    CHECK(state.reading->grid_power == Watts(0));
    CHECK(state.reading->battery_temperature == MilliCelsius(-500));
    CHECK(state.reading->grid_voltage == Millivolts(230'250));
    CHECK_FALSE(state.reading->pv_power.has_value());
    CHECK_FALSE(state.reading->battery_voltage.has_value());
    CHECK_FALSE(state_by(R"("timezone": "Europe/Warsaw")").reading.has_value());
  }

  TEST_CASE("an entry of the operator's lasts to the next full hour of the clock") {
    const fold::State state = state_by(R"("peak_hours": [
      {"start": "2025-11-29T07:00", "code": 2}, {"start": "2025-11-29T08:20", "code": 3}])");
    REQUIRE(state.peaks.size() == 2);
    CHECK(state.peaks[0].length == hours(1));
    CHECK(state.peaks[1].length == minutes(40));
    CHECK(state.peaks[1].code == 3);
    const auto kathmandu = tool::read_scenario(
        R"({"now": "2025-11-29T02:30", "timezone": "Asia/Kathmandu",
            "peak_hours": [{"start": "2025-11-29T02:10:00Z", "code": 1}]})",
        "");
    REQUIRE(kathmandu.has_value());
    CHECK(kathmandu->peaks[0].length == minutes(5));  // 07:55 there
  }

  TEST_CASE("a forecast of unequal members is one of equal steps, with gaps") {
    const fold::State state = state_by(R"("pv_forecast": [
      {"start": "2025-11-29T09:00", "minutes": 60, "watts": 500},
      {"start": "2025-11-29T10:30", "minutes": 30, "watts": 900}])");
    REQUIRE(state.pv_forecast.has_value());
    const fold::PowerForecast& pv = *state.pv_forecast;
    CHECK(pv.step == minutes(30));
    CHECK(pv.power_w == std::vector<std::optional<std::int32_t>>{500, 500, std::nullopt, 900});
    CHECK_FALSE(state.load_forecast.has_value());
  }

  TEST_CASE("what the house did before") {
    const fold::State charging = state_by(R"("state": {"charging": true, "charging_since_min": 25,
      "session": {"open": true, "minutes": 25, "start_soc_pct": 31}, "charge_sessions_today": 2,
      "last_full_soc_pct": 88, "sold_soc_pct_today": 12.5}, "policy": {"policy.name": "tiered"})");
    REQUIRE(charging.decision.has_value());
    CHECK(charging.decision->action == fb::Action::charge);
    CHECK(charging.decision->rule == fb::Rule::cheap_price);
    CHECK(charging.decision->since == now - minutes(25));
    CHECK(charging.inverter.confirmed == fb::InverterMode::charge);
    REQUIRE(charging.sessions.charge.has_value());
    CHECK(charging.sessions.charge->started_at == now - minutes(25));
    CHECK(charging.sessions.charge->start_soc == BasisPoints(3'100));
    CHECK(charging.sessions.charges == 2);
    CHECK(charging.sessions.day == 20'421);
    CHECK(charging.sessions.charged_to == BasisPoints(8'800));
    CHECK(charging.sessions.sold == BasisPoints(1'250));
    const fold::State selling = state_by(
        R"("state": {"selling": true, "session": {"open": true}}, "policy": {"policy.name":
           "tiered"})");
    CHECK(selling.decision->action == fb::Action::sell);
    CHECK(selling.decision->rule == fb::Rule::sale);
    CHECK(selling.inverter.confirmed == fb::InverterMode::discharge);
    CHECK(selling.sessions.sale.has_value());
    CHECK_FALSE(selling.sessions.charge.has_value());
    const fold::State idle = state_by(R"("state": {"stopped_since_min": 10})");
    CHECK(idle.decision->action == fb::Action::self_use);
    CHECK(idle.inverter.charge_stopped_at == now - minutes(10));
    CHECK_FALSE(state_by(R"("state": {})").decision.has_value());
  }

  TEST_CASE("keys of the configuration, dotted or nested, without a tariff") {
    const fold::State state = state_by(R"("policy": {"battery.capacity_kwh": 12.5,
      "safety": {"battery_temperature_max_c": 45.5}, "selling": {"enabled": true},
      "tiered.evening_hours": "18-21", "prices.currency": "EUR"})");
    const fold::PolicySettings& settings = state.policy->settings;
    CHECK(settings.battery_capacity == MilliwattHours(12'500'000));
    CHECK(settings.battery_temperature_max == MilliCelsius(45'500));
    CHECK(settings.selling.enabled);
    CHECK(settings.tiered.evening_hours == 0x1C0000);
    CHECK(settings.currency == "EUR");
    CHECK(settings.tariff_zones.empty());
    CHECK(settings.tariff_component == PriceE8(0));
  }
}
