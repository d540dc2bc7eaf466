#include "replay/legacy_import/source_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "projections/fold/json_scan.hpp"
#include "projections/fold/legacy_field.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/whole_files.hpp"

namespace wattledger::tool {
namespace {

using fb::LegacyForm;

constexpr std::array<std::string_view, family_count> names = {
    "energy",  "state",          "decision",    "sale",    "charging session", "selling session",
    "weather", "price forecast", "PV forecast", "summary", "document"};

constexpr std::array<std::pair<std::string_view, Family>, 8> tables = {{
    {"energy_data", Family::energy},
    {"system_state", Family::state},
    {"coordinator_decisions", Family::decision},
    {"charging_sessions", Family::charging_session},
    {"battery_selling_sessions", Family::selling_session},
    {"weather_data", Family::weather},
    {"price_forecasts", Family::price_forecast},
    {"pv_forecasts", Family::pv_forecast},
}};

bool has(const fold::LegacyFields& fields, std::string_view name) {
  return field_of(fields, name) != nullptr;
}

std::string without_dashes(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '-' || c == ':'; });
  return out;
}

// "20260105_020002" of "2026-01-05T02:00:02.25".
std::string name_time(std::string_view local) {
  std::string text = without_dashes(local.substr(0, 19));
  if (text.size() > 8) text[8] = '_';
  return text;
}

// So that texts sort as numbers do.
std::string padded(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

struct Home {
  std::string place;  // empty: none
  LegacyForm form = LegacyForm::document;
};

// The file that the older system has for such a record, and its form there.
Home home_of(const SourceRecord& record, std::string_view local) {
  const std::string date(local.substr(0, 10));
  const std::string day = without_dashes(date);
  const bool single = record.form == LegacyForm::document;
  switch (record.family) {
    case Family::energy:
      return {"out/energy_data/energy_data_" + date + ".json", LegacyForm::element};
    case Family::state:
      if (single) return {"out/coordinator_state_" + name_time(local) + ".json"};
      return {"out/coordinator_state_" + day + ".json", LegacyForm::line};
    case Family::decision:
      if (single) return {"out/energy_data/charging_decision_" + name_time(local) + ".json"};
      return {"out/charging_decision_" + day + ".json", LegacyForm::line};
    case Family::sale:
      if (single) return {"out/energy_data/battery_selling_decision_" + name_time(local) + ".json"};
      return {"out/charging_decision_" + day + ".json", LegacyForm::line};
    case Family::selling_session:
      if (field_of(record.fields, "risk_level") == nullptr) return {};
      return {"out/battery_selling_analytics/session_records.json", LegacyForm::element};
    case Family::charging_session:
      return {single ? "out/charging_schedule_" + date + ".json" : ""};
    case Family::weather:
    case Family::price_forecast:
    case Family::pv_forecast:
    case Family::summary:
    case Family::document:
      break;
  }
  return {};
}

}  // namespace

std::string_view family_name(Family family) { return names.at(static_cast<std::size_t>(family)); }

const std::string* field_of(const fold::LegacyFields& fields, std::string_view name) {
  const fold::LegacyField* field = fold::find_field(fields, name);
  return field == nullptr ? nullptr : &field->text;
}

std::uint64_t where(const SourceRecord& record) {
  return record.form == LegacyForm::row ? record.position.value_or(0) : record.line;
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value - value == 0))
    return std::nullopt;
  return value;
}

std::optional<double> number_of(const fold::LegacyFields& fields, std::string_view name) {
  const std::string* text = field_of(fields, name);
  return text == nullptr ? std::nullopt : number_in(*text);
}

std::optional<std::string_view> text_of(const fold::LegacyFields& fields, std::string_view name) {
  const std::string* text = field_of(fields, name);
  if (text == nullptr || text->size() < 2 || text->front() != '"' ||
      text->find('\\') != std::string::npos)
    return std::nullopt;
  return std::string_view(*text).substr(1, text->size() - 2);
}

std::optional<Family> family_of(const fold::LegacyFields& fields) {
  if (has(fields, "session_id") && has(fields, "start_time")) {
    if (has(fields, "energy_sold_kwh") || has(fields, "revenue_pln"))
      return Family::selling_session;
    if (has(fields, "status") && has(fields, "energy_kwh")) return Family::charging_session;
    return std::nullopt;
  }
  if (has(fields, "total_revenue_pln") && (has(fields, "date") || has(fields, "month")))
    return Family::summary;
  if (!has(fields, "timestamp")) return std::nullopt;
  if (has(fields, "state") && (has(fields, "current_data") || has(fields, "performance_metrics") ||
                               has(fields, "uptime_seconds")))
    return Family::state;
  if (has(fields, "action")) {
    const bool sale = text_of(fields, "action") == "battery_selling" ||
                      has(fields, "selling_power_w") || text_of(fields, "type") == "selling";
    return sale ? Family::sale : Family::decision;
  }
  if (has(fields, "battery_soc") || has(fields, "pv_power") || has(fields, "grid_power"))
    return Family::energy;
  return std::nullopt;
}

std::optional<Family> family_of_table(std::string_view table) {
  for (const auto& [name, family] : tables)
    if (name == table) return family;
  return std::nullopt;
}

std::string_view time_text_of(const SourceRecord& record) {
  const bool session =
      record.family == Family::charging_session || record.family == Family::selling_session;
  if (record.family == Family::summary || record.family == Family::document) return {};
  return text_of(record.fields, session ? "start_time" : "timestamp").value_or("");
}

std::string key_of(const SourceRecord& record) {
  const auto text = [&](std::string_view name) {
    const std::string* found = field_of(record.fields, name);
    return found == nullptr ? std::string() : *found;
  };
  switch (record.family) {
    case Family::charging_session:
    case Family::selling_session:
      return text("session_id");
    case Family::weather:
      return text("source");
    case Family::price_forecast:
    case Family::pv_forecast:
      return text("forecast_date") + " " + text("hour") + " " + text("source");
    case Family::summary:
    case Family::document:
      return record.place + " " + padded(record.position.value_or(0));
    case Family::energy:
    case Family::state:
    case Family::decision:
    case Family::sale:
      break;
  }
  return {};
}

bool find_home(SourceRecord& record, std::string_view local) {
  if (record.form == LegacyForm::row) return true;
  if (record.form == LegacyForm::document) {
    if (projections::is_whole(record.place)) return true;
  } else if (record.place.starts_with("out/")) {
    const std::string name = record.place.substr(4);
    if (projections::is_appended(name) &&
        projections::is_array(name) == (record.form == LegacyForm::element))
      return true;
  }
  if (local.size() < 19) return false;
  Home home = home_of(record, local);
  if (home.place.empty()) return false;
  // Spacing was that of another file.
  if (home.form != record.form && record.whole) record.whole = fold::compact_json(*record.whole);
  record.place = std::move(home.place);
  record.form = home.form;
  return true;
}

bool has_legacy_name(std::string_view place) {
  constexpr std::array<std::string_view, 10> beginnings = {
      "energy_data_",  "coordinator_state_", "charging_decision_", "battery_selling_decision_",
      "current_data_", "charging_schedule_", "historical_data_",   "daily_stats_",
      "daily_plan_",   "snapshot_"};
  if (projections::is_whole(place) ||
      (place.starts_with("out/") && projections::is_appended(place.substr(4))))
    return true;
  const std::string_view name = place.substr(place.rfind('/') + 1);
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return name.starts_with(beginning); });
}

}  // namespace wattledger::tool
