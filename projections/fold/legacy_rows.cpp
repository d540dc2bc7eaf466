#include "projections/fold/legacy_rows.hpp"

#include <algorithm>
#include <utility>

#include "events/upcast.hpp"
#include "projections/fold/imported_rows.hpp"
#include "projections/fold/legacy_current_data.hpp"
#include "projections/fold/legacy_decision.hpp"
#include "projections/fold/price_files.hpp"
#include "projections/fold/python_json.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// How long a given key can come again: a clock change repeats one hour, and a stepped clock up to
// the rest of it.
constexpr std::chrono::hours keys_remembered{3};
constexpr std::size_t keys_remembered_max = 4'096;

const PolicySettings& settings_of(const State& state) {
  static const PolicySettings defaults;
  return state.policy ? state.policy->settings : defaults;
}

// Polls come every minute give or take some milliseconds. Without a tolerance every second row
// would slip to the next poll; with it an extra reading shortly before a regular one does not take
// its place. Time that went back by a whole interval (a stepped clock, an import) begins anew.
bool is_due(const std::optional<UtcTime>& last, UtcTime at, seconds every) {
  if (!last) return true;
  const microseconds interval = every;
  const microseconds tolerance = std::min<microseconds>(seconds(5), interval / 20);
  return at >= *last + interval - tolerance || at <= *last - interval;
}

// The key of energy_data is the wall clock's text: in the second pass of a repeated hour it moves
// on by a microsecond until nobody has it; a file's name, by a second.
LocalTime unique_time(std::vector<LocalTime>& given, LocalTime local, microseconds step) {
  std::erase_if(given, [&](LocalTime each) { return each < local - keys_remembered; });
  if (given.size() >= keys_remembered_max) given.erase(given.begin());
  while (std::find(given.begin(), given.end(), local) != given.end()) local += step;
  given.push_back(local);
  return local;
}

LocalTime file_time(std::vector<LocalTime>& given, LocalTime local) {
  return unique_time(given, std::chrono::floor<seconds>(local), seconds(1));
}

// Whether `at` lies in another such period than `last`, which is moved on.
template <class Period>
bool enters(std::optional<UtcTime>& last, UtcTime at) {
  const UtcTime period = std::chrono::floor<Period>(at);
  if (last == period) return false;
  last = period;
  return true;
}

EnergyRow energy_row(const State& state, const fb::ReadingRecorded& r, UtcTime at,
                     const std::string& timestamp) {
  EnergyRow row;
  row.timestamp = timestamp;
  row.battery_soc = divided(r.battery_soc_bp(), 1e2);
  row.pv_power = whole(r.pv_power_w());
  row.grid_power = whole(r.grid_power_w());
  row.house_consumption = whole(r.load_power_w());
  row.battery_power = whole(r.battery_power_w());
  row.grid_voltage = divided(r.grid_l1_voltage_mv(), 1e3);
  row.grid_frequency = divided(r.grid_frequency_mhz(), 1e3);
  row.battery_voltage = divided(r.battery_voltage_mv(), 1e3);
  row.battery_current = divided(r.battery_current_ma(), 1e3);
  row.battery_temperature = divided(r.battery_temperature_mc(), 1e3);
  if (const PriceSlot* slot = price_at(state, at))
    row.price_pln = static_cast<double>(final_price(state, *slot).count()) / 1e8;
  row.grid_import_total_kwh = divided(r.import_total_mwh(), 1e6);
  row.grid_export_total_kwh = divided(r.export_total_mwh(), 1e6);
  row.house_consumption_total_kwh = divided(r.load_total_mwh(), 1e6);
  row.pv_generation_total_kwh =
      divided(r.pv_today_mwh(), 1e6);  // the legacy name says total, the value is the day's
  row.tariff_zone = legacy_tariff_zone(state, at);
  return row;
}

bool is_charging(const InverterState& inverter, UtcTime at) {
  return inverter.confirmed == fb::InverterMode::charge &&
         (!inverter.confirmed_until || at < *inverter.confirmed_until);
}

// What the coordinator says of itself, but "charging" only while the inverter has confirmed a
// charge.
std::string state_word(const State& state, UtcTime at) {
  switch (state.coordinator.state) {
    case fb::CoordinatorState::error:
      return "error";
    case fb::CoordinatorState::maintenance:
      return "maintenance";
    case fb::CoordinatorState::initializing:
      return is_charging(state.inverter, at) ? "charging" : "initializing";
    case fb::CoordinatorState::optimizing:
      return is_charging(state.inverter, at) ? "charging" : "optimizing";
    case fb::CoordinatorState::monitoring:
    case fb::CoordinatorState::charging:
      break;
  }
  return is_charging(state.inverter, at) ? "charging" : "monitoring";
}

std::optional<double> uptime_s(const State& state, UtcTime at) {
  const UtcTime started = state.coordinator.started_at;
  if (started == UtcTime{} || at <= started) return std::nullopt;
  return static_cast<double>((at - started).count()) / 1e6;
}

SystemStateRow state_row(const State& state, const fb::ReadingRecorded& reading, UtcTime at,
                         const RowTexts& texts, LocalTime local) {
  SystemStateRow row;
  if (at < texts.metrics && at < texts.file_lines) return row;
  const std::string timestamp = iso_text(local);
  row.timestamp = timestamp;
  row.state = state_word(state, at);
  row.uptime = uptime_s(state, at);
  const std::string current_data = legacy_current_data(state, reading, at, timestamp);
  const auto decisions = static_cast<std::int64_t>(state.coordinator.decisions);
  std::string last_update = timestamp;  // str(datetime) has a space there
  last_update[10] = ' ';

  if (at >= texts.metrics) {
    PythonObject metrics;
    metrics.add("last_update", last_update).add_raw("current_data", current_data);
    if (decisions != 0) metrics.add("decision_count", decisions);
    if (row.uptime) metrics.add("uptime_seconds", *row.uptime);
    row.metrics = metrics.text();
  }
  if (at < texts.file_lines) return row;
  row.file_line =
      PythonObject()
          .add("timestamp", timestamp)
          .add("state", row.state)
          .add_or_null("uptime_seconds", row.uptime)
          .add_raw("current_data", current_data)
          .add_raw("performance_metrics", PythonObject().add("last_update", last_update).text())
          .add("decision_count", decisions)
          .text();
  return row;
}

// `recorded` decides when rows are due, `reading` what they say.
template <class Add>
void derive_reading_rows(LegacyRowsState& memory, const State& state,
                         const fb::ReadingRecorded& recorded, const fb::ReadingRecorded& reading,
                         UtcTime at, const RowTexts& texts, const Add& add) {
  const LocalTime local = state.site.zone.to_local(at);
  add(QualityRow{std::chrono::floor<std::chrono::days>(local), reading.quality()});
  for (DayQualityRow& part : judge(memory.quality, state, recorded, at)) add(std::move(part));
  // Values that cannot be true would stand in sums for ever; the log keeps them.
  if (recorded.quality() == fb::Quality::implausible) return;
  const bool shown = reading.quality() != fb::Quality::implausible;
  const Metered now = metered(reading, at);
  if (shown && !(memory.metered && is_blind(*memory.metered, now))) {
    if (memory.metered)
      for (EnergyHourRow& hour : energy_between(state, *memory.metered, now)) add(hour);
    memory.metered = now;
  }
  const PolicySettings& settings = settings_of(state);
  if (is_due(memory.energy_row_at, at, settings.energy_row_every)) {
    memory.energy_row_at = at;
    const LocalTime key = unique_time(memory.energy_times, local, microseconds(1));
    if (shown) add(energy_row(state, reading, at, iso_text(key)));
  }
  if (is_due(memory.state_row_at, at, settings.state_row_every)) {
    memory.state_row_at = at;
    std::optional<LocalTime> name;
    if (enters<Quarters>(memory.state_file_quarter, at))
      name = file_time(memory.state_file_times, local);
    if (shown) {
      SystemStateRow row = state_row(state, reading, at, texts, local);
      row.file_time = name;
      add(std::move(row));
    }
  }
  if (enters<std::chrono::hours>(memory.price_files_hour, at)) {
    FileRow history{FileRow::Which::price_history, {}}, cache{FileRow::Which::price_cache, {}};
    if (at >= texts.file_lines) {
      history.text = price_history(state, at);
      cache.text = price_cache(state, at);
    }
    add(std::move(history));
    add(std::move(cache));
  }
}

}  // namespace

std::string LegacyRow::created_at() const {
  std::string text = utc_text(recorded_at).substr(0, 19);
  text[10] = ' ';
  return text;
}

void derive_rows(LegacyRowsState& memory, const State& state, const ToldEvent& told,
                 const RowTexts& texts, std::vector<LegacyRow>& rows) {
  if (const auto newer = upcast(told.shown))
    if (const auto view = newer->view())
      return derive_rows(memory, state, {told.sequence, told.recorded_at, *view, *view}, texts,
                         rows);
  if (is_imported(told.event)) return imported_rows(told, rows);
  const EventView& event = told.shown;
  const UtcTime at =
      utc_from_us(std::clamp<std::int64_t>(to_us(event.occurred_at()), 0, time_max_us));
  const LocalTime local = state.site.zone.to_local(at);
  const auto add = [&](auto row) {
    rows.push_back({told.sequence, at, told.recorded_at, local, std::move(row)});
  };
  if (event.kind() != Kind::ReadingRecorded)
    if (auto row = operation_row(told.sequence, event, at)) add(*std::move(row));
  if (const auto* reading = event.as<fb::ReadingRecorded>()) {
    derive_reading_rows(memory, state, *told.event.as<fb::ReadingRecorded>(), *reading, at, texts,
                        add);
    for (ScoreRow& score : judge(memory.scores, *reading, at)) add(std::move(score));
  } else if (event.kind() == Kind::ClockStepped) {
    rows.push_back({told.sequence, told.recorded_at, told.recorded_at,
                    state.site.zone.to_local(told.recorded_at), ClockSetRow{}});
    set_clock(memory.scores);
    set_clock(memory.quality);
  } else if (event.kind() == Kind::CorrectionRecorded) {
    // What the last reading was may be what was corrected: nothing is measured from it. Live and
    // rebuilt are the same from here on.
    memory.metered.reset();
    begin_anew(memory.scores);
  } else if (const auto* decision = event.as<fb::DecisionMade>()) {
    DecisionRow row = legacy_decision(state, *decision, at, at >= texts.file_lines);
    row.file_time = file_time(memory.decision_file_times, local);
    add(std::move(row));
    add(decision_audit(*decision, at));
  } else if (const auto* published = event.as<fb::PricesPublished>()) {
    for (MarketPriceRow& price : market_prices(state, *published)) add(std::move(price));
    for (ForecastRow& hour : forecast_rows(state, *published, at)) add(std::move(hour));
  } else if (const auto* forecast = event.as<fb::PvForecastIssued>()) {
    for (ForecastRow& hour : forecast_rows(state, *forecast, at)) add(std::move(hour));
    remember(memory.scores, *told.event.as<fb::PvForecastIssued>(), at);
  } else if (const auto* load = told.event.as<fb::LoadForecastIssued>()) {
    remember(memory.scores, *load, at);
  } else if (const auto* weather = event.as<fb::WeatherObserved>()) {
    add(weather_row(state, *weather, at));
  } else if (const auto* charging = event.as<fb::ChargingSessionChanged>()) {
    if (auto session = session_row(state, *charging, at)) add(*std::move(session));
  } else if (const auto* selling = event.as<fb::SellingSessionChanged>()) {
    if (auto session = session_row(state, *selling, at)) add(*std::move(session));
  } else if (const auto* plan = event.as<fb::DailyPlanChanged>()) {
    if (auto row = daily_plan_row(state, *plan, at)) add(*std::move(row));
  }
}

}  // namespace wattledger::fold
