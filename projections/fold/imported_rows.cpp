#include "projections/fold/imported_rows.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "projections/fold/json_scan.hpp"
#include "projections/fold/legacy_field.hpp"
#include "projections/fold/python_json.hpp"

namespace wattledger::fold {
namespace {

using fb::LegacyForm;

// What save_decision() of the older system keeps, in its order.
constexpr std::array<std::string_view, 15> parameter_names = {
    "should_charge",         "confidence",           "current_price", "current_price_pln",
    "cheapest_price",        "cheapest_hour",        "battery_soc",   "pv_power",
    "consumption",           "decision_score",       "energy_kwh",    "estimated_cost_pln",
    "estimated_savings_pln", "expected_revenue_pln", "tariff_zone"};

void set(LegacyFields& fields, const std::string& name, const std::string& text) {
  if (LegacyField* const field = find_field(fields, name)) {
    field->text = text;
  } else {
    fields.push_back({name, text});
  }
}

// What a correction changed takes the place of what the record said.
void correct(LegacyRecord& record, const ToldEvent& told) {
  if (&told.shown == &told.event || record.whole) return;
  const LegacyFields before = rendered(told.event, record.form);
  for (const LegacyField& field : rendered(told.shown, record.form)) {
    const LegacyField* was = find_field(before, field.name);
    if (was == nullptr || was->text != field.text) set(record.fields, field.name, field.text);
  }
  if (record.form == LegacyForm::row)
    std::erase_if(record.fields, [](const LegacyField& field) { return field.text == "null"; });
}

const char* table_of(const EventView& event) {
  if (event.kind() == Kind::ReadingRecorded) return "energy_data";
  if (event.kind() == Kind::DecisionMade) return "coordinator_decisions";
  if (event.kind() == Kind::ChargingSessionChanged) return "charging_sessions";
  if (event.kind() == Kind::SellingSessionChanged) return "battery_selling_sessions";
  return nullptr;
}

std::string parameters(const LegacyFields& fields) {
  PythonObject object;
  for (const std::string_view name : parameter_names)
    if (const LegacyField* field = find_field(fields, name)) object.add_raw(name, field->text);
  return object.text();
}

// From a file's record, as the older system's own writer would have put it into its table.
LegacyRecord as_row(const EventView& shown, const LegacyRecord& file) {
  LegacyRecord row;
  row.place = table_of(shown);
  row.fields = rendered(shown, LegacyForm::row);
  const bool decision = shown.kind() == Kind::DecisionMade;
  // Files of sales have names and times of their own.
  if (shown.kind() != Kind::SellingSessionChanged)
    for (LegacyField& column : row.fields)
      if (const LegacyField* told = find_field(file.fields, column.name)) column.text = told->text;
  if (decision) {
    if (const LegacyField* reason = find_field(file.fields, "reason"))
      row.fields.push_back({"reason", reason->text});
    row.fields.push_back({"parameters", python_string(parameters(file.fields))});
  } else if (shown.kind() == Kind::ReadingRecorded) {
    for (const std::string_view name : {"price_pln", "tariff_zone"})
      if (const LegacyField* told = find_field(file.fields, name))
        set(row.fields, std::string(name), told->text);
  }
  std::erase_if(row.fields, [](const LegacyField& field) { return field.text == "null"; });
  return row;
}

}  // namespace

void imported_rows(const ToldEvent& told, std::vector<LegacyRow>& rows) {
  const UtcTime at =
      utc_from_us(std::clamp<std::int64_t>(to_us(told.event.occurred_at()), 0, time_max_us));
  const LocalTime local(at.time_since_epoch() +
                        std::chrono::seconds(told.event.event().utc_offset_s().value_or(0)));
  // An event of the same fact stands before it: that one has given the table its row.
  const auto cause = told.event.event().cause();
  const auto add = [&](LegacyRecord record) {
    ImportedRow row{std::move(record)};
    if (cause && row.record.form == LegacyForm::row) row.replaces = Sequence{*cause};
    rows.push_back({told.sequence, at, told.recorded_at, local, std::move(row)});
  };
  std::optional<LegacyRecord> file;
  bool in_table = false;
  for (const fb::LegacyOrigin* origin : *told.event.event().origins()) {
    LegacyRecord record = legacy_record(told.event, *origin);
    correct(record, told);
    if (record.form == LegacyForm::row) {
      in_table = true;
    } else if (!file) {
      file = record;
    }
    add(std::move(record));
  }
  if (in_table || cause || !file || table_of(told.shown) == nullptr) return;
  if (file->whole) file->fields = split_object(*file->whole);
  add(as_row(told.shown, *file));
}

}  // namespace wattledger::fold
