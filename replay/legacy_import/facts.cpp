#include "replay/legacy_import/facts.hpp"

#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "projections/fold/json_scan.hpp"

namespace wattledger::tool {
namespace {

using Doubts = std::vector<std::string>;
using flatbuffers::nullopt;

// Beyond these no home's value lies: battery and roof, meters, prices per kWh, one decision's
// money.
constexpr double power_max_w = 1e6;
constexpr double counter_max_kwh = 1e9;
constexpr double money_max = 1e5;
// No price per kWh reaches this: what does is per MWh.
constexpr double price_kwh_max = 5;
constexpr double price_mwh_max = 20'000;

class Values {
 public:
  Values(const fold::LegacyFields& fields, Doubts& doubts) : fields_(fields), doubts_(doubts) {}

  // value × unit, rounded; nullopt when absent or outside [low, high].
  template <class Whole>
  flatbuffers::Optional<Whole> get(std::string_view name, double unit, double low, double high) {
    const auto value = number_of(fields_, name);
    if (!value) return nullopt;
    if (*value < low || *value > high) {
      doubt(name);
      return nullopt;
    }
    return static_cast<Whole>(std::llround(*value * unit));
  }
  void doubt(std::string_view name) {
    doubts_.push_back(std::string(name) + " is " + *field_of(fields_, name) +
                      ", which no house has: kept as it stood, unknown to the event");
  }
  void doubt_word(std::string_view name) {
    const std::string* text = field_of(fields_, name);
    doubts_.push_back(std::string(name) + " is " + (text == nullptr ? "missing" : *text) +
                      ", which says nothing to us: the record is kept as it stood");
  }
  [[nodiscard]] std::optional<double> number(std::string_view name) const {
    return number_of(fields_, name);
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    return std::string(text_of(fields_, name).value_or(""));
  }

 private:
  const fold::LegacyFields& fields_;
  Doubts& doubts_;
};

fb::ReadingRecordedT reading(Values values) {
  fb::ReadingRecordedT r;
  r.battery_soc_bp = values.get<std::uint16_t>("battery_soc", 1e2, 0, 100);
  r.pv_power_w = values.get<std::int32_t>("pv_power", 1, 0, power_max_w);
  r.grid_power_w = values.get<std::int32_t>("grid_power", 1, -power_max_w, power_max_w);
  r.load_power_w = values.get<std::int32_t>("house_consumption", 1, 0, power_max_w);
  r.battery_power_w = values.get<std::int32_t>("battery_power", 1, -power_max_w, power_max_w);
  r.grid_l1_voltage_mv = values.get<std::int32_t>("grid_voltage", 1e3, 0, 1000);
  r.grid_frequency_mhz = values.get<std::int32_t>("grid_frequency", 1e3, 0, 100);
  r.battery_voltage_mv = values.get<std::int32_t>("battery_voltage", 1e3, 0, 2000);
  r.battery_current_ma = values.get<std::int32_t>("battery_current", 1e3, -2000, 2000);
  r.battery_temperature_mc = values.get<std::int32_t>("battery_temperature", 1e3, -100, 200);
  r.import_total_mwh = values.get<std::int64_t>("grid_import_total_kwh", 1e6, 0, counter_max_kwh);
  r.export_total_mwh = values.get<std::int64_t>("grid_export_total_kwh", 1e6, 0, counter_max_kwh);
  r.load_total_mwh =
      values.get<std::int64_t>("house_consumption_total_kwh", 1e6, 0, counter_max_kwh);
  // The older name says total; what it holds is the day's.
  r.pv_today_mwh = values.get<std::int64_t>("pv_generation_total_kwh", 1e6, 0, counter_max_kwh);
  return r;
}

// One price beyond what a kWh costs tells that all of the record are per MWh, as in an early era.
bool is_per_mwh(const Values& values) {
  for (const char* name :
       {"current_price", "cheapest_price", "current_price_pln", "average_price"}) {
    const auto price = values.number(name);
    if (price && std::abs(*price) > price_kwh_max) return true;
  }
  return false;
}

flatbuffers::Optional<std::int64_t> price_e8(Values& values, std::string_view name, bool per_mwh) {
  return values.get<std::int64_t>(name, per_mwh ? 1e5 : 1e8, -price_mwh_max, price_mwh_max);
}

// One era divided costs by a thousand once too often.
double cost_unit(const Values& values, double energy_kwh, std::string_view cost_name,
                 flatbuffers::Optional<std::int64_t> price) {
  const auto cost = values.number(cost_name);
  if (!cost || !price || *price <= 0 || energy_kwh <= 0 || *cost <= 0) return 1e8;
  const double expected = energy_kwh * static_cast<double>(*price) / 1e8;
  return *cost < expected * 0.01 ? 1e11 : 1e8;
}

// Words that the older system had for the same; nullopt for any other.
std::optional<fb::Action> action_of(const std::string& word) {
  if (word == "battery_selling") return fb::Action::sell;
  if (word == "charge" || (word.starts_with("start_") && word.ends_with("_charging")))
    return fb::Action::charge;
  if (word == "wait") return fb::Action::self_use;
  return std::nullopt;
}

// A table's row has its numbers within `parameters`, a file's beside it.
fold::LegacyFields numbers_of(const fold::LegacyFields& record) {
  const std::string* text = field_of(record, "parameters");
  if (text == nullptr) return {};
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_string()) return {};
  fold::LegacyFields fields = fold::split_object(json.get<std::string>());
  fields.insert(fields.begin(), record.begin(), record.end());
  return fields;
}

fb::DecisionMadeT decision(Values values, fb::Action action) {
  fb::DecisionMadeT made;
  made.action = action;
  const bool sale = action == fb::Action::sell;
  const bool per_mwh = is_per_mwh(values);
  made.price_e8 = price_e8(values, sale ? "current_price_pln" : "current_price", per_mwh);
  const std::string_view energy = sale ? "energy_sold_kwh" : "energy_kwh";
  made.expected_energy_mwh = values.get<std::int64_t>(energy, 1e6, 0, counter_max_kwh / 1e3);
  if (sale) {
    made.power_w = values.get<std::int32_t>("selling_power_w", 1, 0, power_max_w);
    const auto revenue =
        values.get<std::int64_t>("expected_revenue_pln", 1e8, -money_max, money_max);
    if (revenue) made.expected_cost_e8 = -*revenue;
    return made;
  }
  const double unit =
      cost_unit(values, values.number(energy).value_or(0), "estimated_cost_pln", made.price_e8);
  made.expected_cost_e8 =
      values.get<std::int64_t>("estimated_cost_pln", unit, -money_max, money_max);
  made.expected_saving_e8 =
      values.get<std::int64_t>("estimated_savings_pln", unit, -money_max, money_max);
  return made;
}

flatbuffers::Optional<std::int64_t> time_us(const Values& values, std::string_view name,
                                            const ZoneOffsets& zone) {
  const std::string text = values.text(name);
  if (text.empty()) return nullopt;
  const auto time = parse_time(text, zone);
  if (!time) return nullopt;
  return to_us(*time);
}

std::optional<fb::SessionChange> change_of(const std::string& status) {
  if (status == "planned") return fb::SessionChange::planned;
  if (status == "active") return fb::SessionChange::started;
  if (status == "completed") return fb::SessionChange::completed;
  if (status == "cancelled") return fb::SessionChange::cancelled;
  if (status == "failed") return fb::SessionChange::failed;
  return std::nullopt;
}

// What both kinds of session have.
template <class Session>
Session session_of(const Values& values, fb::SessionChange change, const ZoneOffsets& zone) {
  Session session;
  session.session = values.text("session_id");
  session.change = change;
  session.started_us = time_us(values, "start_time", zone);
  session.ended_us = time_us(values, "end_time", zone);
  return session;
}

fb::ChargingSessionChangedT charging(Values values, fb::SessionChange change,
                                     const ZoneOffsets& zone) {
  auto session = session_of<fb::ChargingSessionChangedT>(values, change, zone);
  session.target_soc_bp = values.get<std::uint16_t>("target_soc", 1e2, 0, 100);
  session.energy_mwh = values.get<std::int64_t>("energy_kwh", 1e6, 0, counter_max_kwh / 1e3);
  session.cost_e8 = values.get<std::int64_t>("cost_pln", 1e8, -money_max, money_max);
  session.average_price_e8 = price_e8(values, "avg_price", false);
  return session;
}

fb::SellingSessionChangedT selling(Values values, fb::SessionChange change,
                                   const ZoneOffsets& zone) {
  auto session = session_of<fb::SellingSessionChangedT>(values, change, zone);
  session.start_soc_bp = values.get<std::uint16_t>("start_soc", 1e2, 0, 100);
  session.end_soc_bp = values.get<std::uint16_t>("end_soc", 1e2, 0, 100);
  session.power_w = values.get<std::int32_t>("selling_power_w", 1, 0, power_max_w);
  session.energy_mwh = values.get<std::int64_t>("energy_sold_kwh", 1e6, 0, counter_max_kwh / 1e3);
  session.revenue_e8 = values.get<std::int64_t>("revenue_pln", 1e8, -money_max, money_max);
  session.average_price_e8 = price_e8(values, "avg_price", false);
  if (!session.average_price_e8)
    session.average_price_e8 = price_e8(values, "average_price_pln", false);
  return session;
}

fb::WeatherObservedT weather(Values values) {
  fb::WeatherObservedT w;
  w.provider = values.text("source");
  w.temperature_mc = values.get<std::int32_t>("temperature", 1e3, -100, 100);
  w.humidity_bp = values.get<std::uint16_t>("humidity", 1e2, 0, 100);
  w.pressure_pa = values.get<std::uint32_t>("pressure", 1e2, 0, 2000);
  w.wind_speed_mm_s = values.get<std::uint32_t>("wind_speed", 1e3, 0, 200);
  w.wind_direction_deg = values.get<std::uint16_t>("wind_direction", 1, 0, 360);
  w.cloud_cover_bp = values.get<std::uint16_t>("cloud_cover", 1e2, 0, 100);
  w.solar_irradiance_mw_m2 = values.get<std::uint32_t>("solar_irradiance", 1e3, 0, 5000);
  w.precipitation_um = values.get<std::uint32_t>("precipitation", 1e3, 0, 10'000);
  return w;
}

// The hour that a forecast's row tells, as a series of one; none without a day and an hour.
std::vector<std::unique_ptr<fb::SeriesT>> hour_of(Values values, const ZoneOffsets& zone,
                                                  std::string_view name, double unit, double low,
                                                  double high) {
  std::vector<std::unique_ptr<fb::SeriesT>> several;
  const auto day = parse_time(values.text("forecast_date"), zone);
  const auto hour = values.number("hour");
  if (!day || !hour || *hour < 0 || *hour > 23) return several;
  auto series = std::make_unique<fb::SeriesT>();
  const LocalTime local = zone.to_local(*day) + std::chrono::hours(static_cast<int>(*hour));
  series->start_us = to_us(zone.to_utc(local));
  series->step_s = 3600;
  const auto value = values.get<std::int64_t>(name, unit, low, high);
  series->values.push_back(value.value_or(0));
  if (!value) series->absent.push_back(0);
  several.push_back(std::move(series));
  return several;
}

fb::PricesPublishedT prices(const Values& values, const ZoneOffsets& zone) {
  fb::PricesPublishedT prices;
  prices.provider = values.text("source");
  prices.kind = fb::PriceKind::unknown;
  prices.currency = "PLN";
  prices.prices_e8 = hour_of(values, zone, "price_pln", 1e8, -price_kwh_max, price_kwh_max);
  return prices;
}

fb::PvForecastIssuedT pv_forecast(const Values& values, const ZoneOffsets& zone) {
  fb::PvForecastIssuedT forecast;
  forecast.provider = values.text("source");
  forecast.power_w = hour_of(values, zone, "predicted_power_w", 1, 0, power_max_w);
  return forecast;
}

fb::EventT bare_event(UtcTime at, const ZoneOffsets& zone) {
  fb::EventT event;
  event.occurred_at_us = to_us(at);
  event.utc_offset_s = static_cast<std::int32_t>(zone.offset_at(at).count());
  event.source = fb::Source::import_;
  return event;
}

// What is no event of ours, or says what we do not know.
fb::LegacyRecordImportedT kept(const SourceRecord& record) {
  fb::LegacyRecordImportedT kept;
  kept.origin = record.place;
  kept.family = std::string(family_name(record.family));
  if (record.family == Family::document && record.whole) kept.text = *record.whole;
  return kept;
}

}  // namespace

fb::EventT addition_of(const SourceRecord& record, UtcTime at, const ZoneOffsets& zone,
                       Sequence told) {
  fb::EventT event = bare_event(at, zone);
  event.cause = told.value;
  event.fact.Set(kept(record));
  return event;
}

fb::EventT event_of(const SourceRecord& record, UtcTime at, const ZoneOffsets& zone,
                    Doubts& doubts) {
  fb::EventT event = bare_event(at, zone);
  const fold::LegacyFields with_numbers = numbers_of(record.fields);
  const fold::LegacyFields& fields = with_numbers.empty() ? record.fields : with_numbers;
  Values values(fields, doubts);
  switch (record.family) {
    case Family::energy:
      event.fact.Set(reading(values));
      return event;
    case Family::decision:
    case Family::sale: {
      // A word that we do not know is kept as it stood: what it decided is not known.
      const auto action = record.family == Family::sale ? std::optional(fb::Action::sell)
                                                        : action_of(values.text("action"));
      if (!action) {
        values.doubt_word("action");
        break;
      }
      event.fact.Set(decision(values, *action));
      return event;
    }
    case Family::charging_session: {
      const auto change = change_of(values.text("status"));
      if (!change) {
        values.doubt_word("status");
        break;
      }
      event.fact.Set(charging(values, *change, zone));
      return event;
    }
    case Family::selling_session: {
      // What the analytics recorded had ended.
      const auto change =
          field_of(fields, "status") == nullptr && record.form != fb::LegacyForm::row
              ? std::optional(fb::SessionChange::completed)
              : change_of(values.text("status"));
      if (!change) {
        values.doubt_word("status");
        break;
      }
      event.fact.Set(selling(values, *change, zone));
      return event;
    }
    case Family::weather:
      event.fact.Set(weather(values));
      return event;
    case Family::price_forecast:
      event.fact.Set(prices(values, zone));
      return event;
    case Family::pv_forecast:
      event.fact.Set(pv_forecast(values, zone));
      return event;
    case Family::state:
    case Family::summary:
    case Family::document:
      break;
  }
  event.fact.Set(kept(record));
  return event;
}

}  // namespace wattledger::tool
