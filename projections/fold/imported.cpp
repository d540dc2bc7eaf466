#include "projections/fold/imported.hpp"

#include <chrono>
#include <utility>

#include "projections/fold/legacy_current_data.hpp"
#include "projections/fold/legacy_field.hpp"
#include "projections/fold/python_json.hpp"

namespace wattledger::fold {
namespace {

using fb::LegacyForm;

constexpr const char* null_text = "null";

std::string number_text(const std::optional<double>& value) {
  return value ? python_float(*value) : null_text;
}
template <class Whole>
std::string whole_text(const flatbuffers::Optional<Whole>& value) {
  return value ? std::to_string(*value) : null_text;
}
std::string string_text(const flatbuffers::String* value) {
  return value == nullptr ? null_text
                          : python_string(std::string_view(value->c_str(), value->size()));
}

// str(datetime) has a space where isoformat() has a T.
enum class Separator { letter, space };

// Times of an event by the clock of its own offset.
class Times {
 public:
  explicit Times(const EventView& event)
      : at_(event.occurred_at()), offset_(event.event().utc_offset_s().value_or(0)) {}

  [[nodiscard]] std::string own(Separator separator = Separator::letter) const {
    return quoted(at_, separator);
  }
  [[nodiscard]] std::string text(const flatbuffers::Optional<std::int64_t>& us,
                                 Separator separator) const {
    return us ? quoted(utc_from_us(*us), separator) : null_text;
  }
  // CURRENT_TIMESTAMP at that second.
  [[nodiscard]] std::string created_at() const {
    std::string text = utc_text(at_).substr(0, 19);
    text[10] = ' ';
    return python_string(text);
  }

 private:
  [[nodiscard]] std::string quoted(UtcTime time, Separator separator) const {
    std::string text = iso_text(LocalTime(time.time_since_epoch() + offset_));
    if (separator == Separator::space && text.size() > 10) text[10] = ' ';
    return python_string(text);
  }
  UtcTime at_;
  std::chrono::seconds offset_;
};

LegacyFields energy(const EventView& event, const fb::ReadingRecorded& r, LegacyForm form) {
  const Times times(event);
  LegacyFields fields{
      {"timestamp", times.own()},
      {"battery_soc", number_text(divided(r.battery_soc_bp(), 1e2))},
      {"pv_power", whole_text(r.pv_power_w())},
      {"grid_power", whole_text(r.grid_power_w())},
      {"house_consumption", whole_text(r.load_power_w())},
      {"battery_power", whole_text(r.battery_power_w())},
      {"grid_voltage", number_text(divided(r.grid_l1_voltage_mv(), 1e3))},
      {"grid_frequency", number_text(divided(r.grid_frequency_mhz(), 1e3))},
      {"battery_voltage", number_text(divided(r.battery_voltage_mv(), 1e3))},
      {"battery_current", number_text(divided(r.battery_current_ma(), 1e3))},
      {"battery_temperature", number_text(divided(r.battery_temperature_mc(), 1e3))},
      {"price_pln", null_text}};
  if (form == LegacyForm::row) fields.push_back({"created_at", times.created_at()});
  // Since version 4; before, a file's element ends here.
  const bool counted =
      r.import_total_mwh() || r.export_total_mwh() || r.load_total_mwh() || r.pv_today_mwh();
  if (form != LegacyForm::row && !counted) return fields;
  fields.push_back({"grid_import_total_kwh", number_text(divided(r.import_total_mwh(), 1e6))});
  fields.push_back({"grid_export_total_kwh", number_text(divided(r.export_total_mwh(), 1e6))});
  fields.push_back({"house_consumption_total_kwh", number_text(divided(r.load_total_mwh(), 1e6))});
  fields.push_back({"pv_generation_total_kwh", number_text(divided(r.pv_today_mwh(), 1e6))});
  return fields;
}

const char* action_word(fb::Action action) {
  switch (action) {
    case fb::Action::charge:
      return "charge";
    case fb::Action::sell:
      return "battery_selling";
    case fb::Action::self_use:
    case fb::Action::hold:
    case fb::Action::stop:
      break;
  }
  return "wait";
}

LegacyFields decision(const EventView& event, const fb::DecisionMade& made, LegacyForm form) {
  const Times times(event);
  LegacyFields fields{{"timestamp", times.own()}};
  const bool row = form == LegacyForm::row;
  if (row && made.action() != fb::Action::sell)
    fields.push_back({"decision_type", python_string("charging")});
  fields.push_back({"action", python_string(action_word(made.action()))});
  if (row) fields.push_back({"created_at", times.created_at()});
  return fields;
}

LegacyFields charging(const EventView& event, const fb::ChargingSessionChanged& session,
                      LegacyForm form) {
  const Times times(event);
  const auto target = divided(session.target_soc_bp(), 1e2);
  LegacyFields fields{
      {"session_id", string_text(session.session())},
      {"start_time", times.text(session.started_us(), Separator::letter)},
      {"end_time", times.text(session.ended_us(), Separator::letter)},
      {"target_soc", target ? std::to_string(static_cast<std::int64_t>(*target)) : null_text},
      {"energy_kwh", number_text(divided(session.energy_mwh(), 1e6))},
      {"cost_pln", number_text(divided(session.cost_e8(), 1e8))},
      {"status", python_string(status_word(session.change()))},
      {"avg_price", number_text(divided(session.average_price_e8(), 1e8))}};
  if (form == LegacyForm::row) fields.push_back({"created_at", times.created_at()});
  return fields;
}

LegacyFields selling(const EventView& event, const fb::SellingSessionChanged& session,
                     LegacyForm form) {
  const Times times(event);
  const std::string energy = number_text(divided(session.energy_mwh(), 1e6));
  const std::string revenue = number_text(divided(session.revenue_e8(), 1e8));
  const std::string price = number_text(divided(session.average_price_e8(), 1e8));
  if (form == LegacyForm::row)
    return {{"session_id", string_text(session.session())},
            {"start_time", times.text(session.started_us(), Separator::letter)},
            {"end_time", times.text(session.ended_us(), Separator::letter)},
            {"energy_sold_kwh", energy},
            {"revenue_pln", revenue},
            {"avg_price", price},
            {"status", python_string(status_word(session.change()))},
            {"created_at", times.created_at()}};
  return {{"session_id", string_text(session.session())},
          {"start_time", times.text(session.started_us(), Separator::space)},
          {"end_time", times.text(session.ended_us(), Separator::space)},
          {"start_soc", number_text(divided(session.start_soc_bp(), 1e2))},
          {"end_soc", number_text(divided(session.end_soc_bp(), 1e2))},
          {"energy_sold_kwh", energy},
          {"average_price_pln", price},
          {"revenue_pln", revenue},
          {"selling_power_w", whole_text(session.power_w())}};
}

LegacyFields weather(const EventView& event, const fb::WeatherObserved& w) {
  const Times times(event);
  return {{"timestamp", times.own()},
          {"source", string_text(w.provider())},
          {"temperature", number_text(divided(w.temperature_mc(), 1e3))},
          {"humidity", number_text(divided(w.humidity_bp(), 1e2))},
          {"pressure", number_text(divided(w.pressure_pa(), 1e2))},
          {"wind_speed", number_text(divided(w.wind_speed_mm_s(), 1e3))},
          {"wind_direction", number_text(divided(w.wind_direction_deg(), 1.0))},
          {"cloud_cover", number_text(divided(w.cloud_cover_bp(), 1e2))},
          {"solar_irradiance", number_text(divided(w.solar_irradiance_mw_m2(), 1e3))},
          {"precipitation", number_text(divided(w.precipitation_um(), 1e3))},
          {"created_at", times.created_at()}};
}

// The one hour that an imported forecast tells.
struct ForecastHour {
  UtcTime start;
  std::optional<double> value;
};

std::optional<ForecastHour> forecast_hour(
    const flatbuffers::Vector<flatbuffers::Offset<fb::Series>>* several, double divisor) {
  if (several == nullptr || several->size() != 1) return std::nullopt;
  const fb::Series* series = several->Get(0);
  if (series->values() == nullptr || series->values()->size() != 1) return std::nullopt;
  ForecastHour hour{utc_from_us(series->start_us()), std::nullopt};
  if (series->absent() == nullptr || series->absent()->size() == 0)
    hour.value = static_cast<double>(series->values()->Get(0)) / divisor;
  return hour;
}

LegacyFields forecast(const EventView& event, const std::optional<ForecastHour>& hour,
                      const char* value_name, const flatbuffers::String* source) {
  const Times times(event);
  LegacyFields fields{{"timestamp", times.own()}};
  if (hour) {
    const LocalTime local(hour->start.time_since_epoch() +
                          std::chrono::seconds(event.event().utc_offset_s().value_or(0)));
    const auto of_day = local - std::chrono::floor<std::chrono::days>(local);
    fields.push_back({"forecast_date", python_string(date_text(local))});
    fields.push_back(
        {"hour", std::to_string(std::chrono::floor<std::chrono::hours>(of_day).count())});
    fields.push_back({value_name, number_text(hour->value)});
  }
  fields.push_back({"source", string_text(source)});
  fields.push_back({"created_at", times.created_at()});
  return fields;
}

fb::LegacyValueT value_of(const LegacyField& field) {
  fb::LegacyValueT value;
  value.name = field.name;
  value.text = field.text;
  return value;
}
// FlatBuffers leaves an empty text out, so that "" is "no text"; no JSON value is empty.
fb::LegacyValueT without_text(std::string name) {
  fb::LegacyValueT value;
  value.name = std::move(name);
  return value;
}

// NULL and "no such column" are one in a row.
std::vector<fb::LegacyValueT> row_residue(const LegacyFields& facts, const LegacyFields& original) {
  std::vector<fb::LegacyValueT> residue;
  residue.reserve(original.size());
  std::size_t near = 0;  // where the next field's fellow is likely
  const auto found_in = [&near](const LegacyFields& fields, const LegacyField& field) {
    const LegacyField* found = find_field(fields, field.name, near);
    if (found != nullptr) near = static_cast<std::size_t>(found - fields.data()) + 1;
    return found;
  };
  for (const LegacyField& field : original) {
    const LegacyField* told = found_in(facts, field);
    if ((told == nullptr ? null_text : told->text) != field.text)
      residue.push_back(value_of(field));
  }
  near = 0;
  for (const LegacyField& field : facts)
    if (field.text != null_text && found_in(original, field) == nullptr)
      residue.push_back(without_text(field.name));
  return residue;
}

// Whether the original is the facts' fields, some perhaps missing, and then others.
bool in_order(const LegacyFields& facts, const LegacyFields& original) {
  std::size_t at = 0;
  for (const LegacyField& field : facts) {
    if (at < original.size() && original[at].name == field.name) {
      ++at;
    } else if (find_field(original, field.name) != nullptr) {
      return false;
    }
  }
  return true;
}

std::string_view text_of(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size());
}

// Takes the residue into `fields`; the whole record when that is what was kept.
std::optional<std::string> take_residue(const fb::LegacyOrigin& origin, LegacyFields& fields) {
  if (origin.residue() == nullptr) return std::nullopt;
  LegacyFields listed;
  bool all_listed = false;
  for (const fb::LegacyValue* value : *origin.residue()) {
    const std::string_view name = text_of(value->name());
    const std::string_view text = text_of(value->text());
    if (name.empty() && !text.empty()) return std::string(text);
    if (name.empty()) {
      all_listed = true;
      continue;
    }
    if (all_listed) {
      const LegacyField* told = find_field(fields, name);
      if (!text.empty()) {
        listed.push_back({std::string(name), std::string(text)});
      } else if (told != nullptr) {
        listed.push_back(*told);
      }
      continue;
    }
    LegacyField* const told = find_field(fields, name);
    if (text.empty()) {
      if (told != nullptr) fields.erase(fields.begin() + (told - fields.data()));
    } else if (told != nullptr) {
      told->text = text;
    } else {
      fields.push_back({std::string(name), std::string(text)});
    }
  }
  if (all_listed) fields = std::move(listed);
  return std::nullopt;
}

}  // namespace

LegacyFields rendered(const EventView& event, fb::LegacyForm form) {
  if (const auto* fact = event.as<fb::ReadingRecorded>()) return energy(event, *fact, form);
  if (const auto* fact = event.as<fb::DecisionMade>()) return decision(event, *fact, form);
  if (const auto* fact = event.as<fb::ChargingSessionChanged>())
    return charging(event, *fact, form);
  if (const auto* fact = event.as<fb::SellingSessionChanged>()) return selling(event, *fact, form);
  if (const auto* fact = event.as<fb::WeatherObserved>()) return weather(event, *fact);
  if (const auto* fact = event.as<fb::PricesPublished>())
    return forecast(event, forecast_hour(fact->prices_e8(), 1e8), "price_pln", fact->provider());
  if (const auto* fact = event.as<fb::PvForecastIssued>())
    return forecast(event, forecast_hour(fact->power_w(), 1.0), "predicted_power_w",
                    fact->provider());
  return {};
}

std::vector<fb::LegacyValueT> residue_of(const LegacyFields& facts, const LegacyFields& original,
                                         fb::LegacyForm form) {
  if (form == LegacyForm::row) return row_residue(facts, original);
  const bool ordered = in_order(facts, original);
  std::vector<fb::LegacyValueT> residue;
  if (!ordered) residue.push_back(without_text({}));
  for (const LegacyField& field : original) {
    const LegacyField* told = find_field(facts, field.name);
    if (told == nullptr || told->text != field.text) {
      residue.push_back(value_of(field));
    } else if (!ordered) {
      residue.push_back(without_text(field.name));
    }
  }
  if (ordered)
    for (const LegacyField& field : facts)
      if (find_field(original, field.name) == nullptr) residue.push_back(without_text(field.name));
  return residue;
}

fb::LegacyValueT whole_residue(std::string text) {
  fb::LegacyValueT value;
  value.text = std::move(text);
  return value;
}

LegacyRecord legacy_record(const EventView& event, const fb::LegacyOrigin& origin) {
  LegacyRecord record;
  record.form = origin.form();
  record.place = text_of(origin.place());
  record.fields = rendered(event, origin.form());
  record.whole = take_residue(origin, record.fields);
  if (record.whole) record.fields.clear();
  const auto* kept = event.as<fb::LegacyRecordImported>();
  if (!record.whole && kept != nullptr && kept->text() != nullptr && record.fields.empty())
    record.whole = std::string(text_of(kept->text()));
  if (record.form == LegacyForm::row)
    std::erase_if(record.fields, [](const LegacyField& field) { return field.text == null_text; });
  return record;
}

std::string object_text(const LegacyFields& fields) {
  PythonObject object;
  for (const LegacyField& field : fields) object.add_raw(field.name, field.text);
  return object.text();
}

}  // namespace wattledger::fold
