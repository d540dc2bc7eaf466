#include "projections/fold/legacy_decision.hpp"

#include <algorithm>

#include "projections/fold/legacy_current_data.hpp"
#include "projections/fold/python_json.hpp"

namespace wattledger::fold {
namespace {

constexpr double price_unit = 1e8;

// The numbers of one decision, in the legacy units.
struct Numbers {
  std::optional<double> energy_kwh, cost, savings;
  std::optional<double> current_price, cheapest_price;
  std::optional<std::int64_t> cheapest_hour;
  std::optional<double> battery_soc;
  std::optional<std::int64_t> pv_w, house_w;
  std::optional<double> hours;
};

template <class T>
void add_known(PythonObject& object, std::string_view key, const std::optional<T>& value) {
  if (value) object.add(key, *value);
}

template <class Quantity>
std::optional<std::int64_t> count(const std::optional<Quantity>& value) {
  if (!value) return std::nullopt;
  return value->count();
}

std::optional<double> scaled(std::optional<std::int64_t> value, double divisor) {
  if (!value) return std::nullopt;
  return static_cast<double>(*value) / divisor;
}

// The cheapest known slot of the local day, the earlier one of two alike.
void add_cheapest(Numbers& numbers, const State& state, UtcTime at) {
  const ZoneOffsets& zone = state.site.zone;
  const UtcTime from = zone.day_start(at);
  const UtcTime to = zone.next_day_start(at);
  const PriceSlot* cheapest = nullptr;
  PriceE8 least;
  for (const PriceSlot& slot : state.prices) {
    if (slot.start < from || slot.start >= to) continue;
    const PriceE8 price = final_price(state, slot);
    if (cheapest != nullptr && price >= least) continue;
    cheapest = &slot;
    least = price;
  }
  if (cheapest == nullptr) return;
  numbers.cheapest_price = static_cast<double>(least.count()) / price_unit;
  const LocalTime local = zone.to_local(cheapest->start);
  numbers.cheapest_hour =
      std::chrono::floor<std::chrono::hours>(local - std::chrono::floor<std::chrono::days>(local))
          .count();
}

Numbers numbers_of(const State& state, const fb::DecisionMade& decision, UtcTime at) {
  Numbers numbers;
  numbers.energy_kwh = divided(decision.expected_energy_mwh(), 1e6);
  numbers.cost = divided(decision.expected_cost_e8(), price_unit);
  numbers.savings = divided(decision.expected_saving_e8(), price_unit);
  numbers.current_price = divided(decision.price_e8(), price_unit);
  if (const auto until = decision.until_us())
    numbers.hours = static_cast<double>(std::max<std::int64_t>(
                        0, std::clamp<std::int64_t>(*until, 0, time_max_us) - to_us(at))) /
                    3.6e9;
  if (state.reading) {
    numbers.battery_soc = scaled(count(state.reading->soc), 1e2);
    numbers.pv_w = count(state.reading->pv_power);
    numbers.house_w = count(state.reading->load_power);
  }
  add_cheapest(numbers, state, at);
  return numbers;
}

const char* priority(fb::Rule rule) {
  switch (rule) {
    case fb::Rule::emergency_charge:
      return "emergency";
    case fb::Rule::data_missing:
    case fb::Rule::data_stale:
    case fb::Rule::data_implausible:
    case fb::Rule::latched_safety:
    case fb::Rule::charge_temperature:
      return "critical";
    case fb::Rule::owner_override:
    case fb::Rule::operator_limit:
    case fb::Rule::critical_charge:
    case fb::Rule::critical_wait:
    case fb::Rule::price_too_high:
      return "high";
    case fb::Rule::planned:
    case fb::Rule::plan_kept:
    case fb::Rule::plan_infeasible:
    case fb::Rule::charge_goes_on:
    case fb::Rule::no_sun:
    case fb::Rule::zone_ending:
    case fb::Rule::before_peak:
    case fb::Rule::near_cheapest:
    case fb::Rule::price_above_cheapest:
    case fb::Rule::super_cheap:
    case fb::Rule::sale_limits:
    case fb::Rule::sale_floor:
    case fb::Rule::sale_cap:
    case fb::Rule::sale_price:
    case fb::Rule::sale_buy_back:
    case fb::Rule::sale_timing:
    case fb::Rule::sale_sun:
    case fb::Rule::sale:
    case fb::Rule::anti_flap:
    case fb::Rule::cheapest_slots:
    case fb::Rule::battery_full:
    case fb::Rule::serve_house:
    case fb::Rule::connection_limit:
    case fb::Rule::no_price:
      return "medium";
    case fb::Rule::session_goes_on:
    case fb::Rule::session_limit:
    case fb::Rule::recently_full:
    case fb::Rule::cheap_price:
    case fb::Rule::charge_kept:
      return "low";
    case fb::Rule::none:
      return "unknown";
  }
  return "unknown";
}

// energy_kwh and the two amounts: a whole 0 and 0.0 where nothing will be charged, as the legacy
// system wrote them.
void add_amounts(PythonObject& object, const Numbers& numbers, bool charges) {
  if (charges) {
    add_known(object, "energy_kwh", numbers.energy_kwh);
    add_known(object, "estimated_cost_pln", numbers.cost);
    add_known(object, "estimated_savings_pln", numbers.savings);
    return;
  }
  object.add("energy_kwh", std::int64_t{0})
      .add("estimated_cost_pln", 0.0)
      .add("estimated_savings_pln", 0.0);
}

void add_prices(PythonObject& object, const Numbers& numbers) {
  add_known(object, "current_price", numbers.current_price);
  add_known(object, "cheapest_price", numbers.cheapest_price);
  add_known(object, "cheapest_hour", numbers.cheapest_hour);
}

// `charges`: a charge that will be carried out. One that is only advised is a row with the action,
// but without amounts, since readers add them up as energy charged.
DecisionRow charging(const State& state, const fb::DecisionMade& decision, UtcTime at,
                     const std::string& reason, bool with_file_line) {
  const Numbers numbers = numbers_of(state, decision, at);
  const bool charge = decision.action() == fb::Action::charge;
  const bool charges = charge && decision.control_mode() == fb::ControlMode::on;
  const std::string zone = legacy_tariff_zone(state, at);
  const auto pv_kw = scaled(numbers.pv_w, 1e3);

  DecisionRow row;
  row.timestamp = iso_text(state.site.zone.to_local(at));
  row.decision_type = "charging";
  row.action = charge ? "charge" : "wait";
  row.reason = reason;
  row.source = charge && numbers.pv_w.value_or(0) > 0 ? "hybrid" : "grid";
  row.tariff_zone = zone;
  row.price_e8 = whole(decision.price_e8());
  if (charges) {
    row.energy_mwh = whole(decision.expected_energy_mwh());
    row.cost_e8 = whole(decision.expected_cost_e8());
    row.savings_e8 = whole(decision.expected_saving_e8());
  }

  PythonObject parameters;
  add_prices(parameters, numbers);
  add_known(parameters, "battery_soc", numbers.battery_soc);
  add_known(parameters, "pv_power", pv_kw);
  add_amounts(parameters, numbers, charges);
  parameters.add("tariff_zone", zone);
  row.parameters = parameters.text();
  if (!with_file_line) return row;

  PythonObject line;
  line.add("timestamp", row.timestamp).add("action", row.action);
  line.add("source", row.source);
  if (!charge) line.add("duration", std::int64_t{0});
  if (charge) add_known(line, "duration", numbers.hours);
  add_amounts(line, numbers, charges);
  line.add("reason", reason).add("priority", priority(decision.rule()));
  add_known(line, "battery_soc", numbers.battery_soc);
  add_known(line, "pv_power", pv_kw);
  add_known(line, "house_consumption", scaled(numbers.house_w, 1e3));
  add_prices(line, numbers);
  line.add("tariff_zone", zone).add("decision_type", "charging");
  row.file_line = line.text();
  return row;
}

// Selling rows have neither type nor reason in the table, and watts where charging rows have
// kilowatts.
DecisionRow selling(const State& state, const fb::DecisionMade& decision, UtcTime at,
                    const std::string& reason, bool with_file_line) {
  const Numbers numbers = numbers_of(state, decision, at);
  std::optional<double> revenue;
  if (numbers.cost && decision.control_mode() == fb::ControlMode::on) revenue = 0.0 - *numbers.cost;

  DecisionRow row;
  row.timestamp = iso_text(state.site.zone.to_local(at));
  row.action = "battery_selling";
  PythonObject parameters;
  add_known(parameters, "current_price_pln", numbers.current_price);
  add_known(parameters, "battery_soc", numbers.battery_soc);
  add_known(parameters, "pv_power", numbers.pv_w);
  add_known(parameters, "expected_revenue_pln", revenue);
  row.parameters = parameters.text();
  if (!with_file_line) return row;

  PythonObject line;
  line.add("timestamp", row.timestamp).add("action", row.action).add("decision", "start_selling");
  add_known(line, "expected_revenue_pln", revenue);
  add_known(line, "selling_power_w", whole(decision.power_w()));
  add_known(line, "estimated_duration_hours", numbers.hours);
  line.add("reasoning", reason).add("safety_checks_passed", true);
  add_known(line, "current_price_pln", numbers.current_price);
  add_known(line, "battery_soc", numbers.battery_soc);
  add_known(line, "pv_power", numbers.pv_w);
  add_known(line, "house_consumption", numbers.house_w);
  add_known(line, "energy_sold_kwh", numbers.energy_kwh);
  line.add("safety_status", "safe").add("type", "selling");
  row.file_line = line.text();
  return row;
}

}  // namespace

DecisionRow legacy_decision(const State& state, const fb::DecisionMade& decision, UtcTime at,
                            bool with_file_line) {
  fb::DecisionMadeT native;
  decision.UnPackTo(&native);
  std::string reason = reason_text(native, state.site.zone);
  if (decision.control_mode() != fb::ControlMode::on) reason = "Advice only: " + reason;
  return decision.action() == fb::Action::sell
             ? selling(state, decision, at, reason, with_file_line)
             : charging(state, decision, at, reason, with_file_line);
}

}  // namespace wattledger::fold
