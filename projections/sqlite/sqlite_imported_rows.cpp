#include "projections/sqlite/sqlite_imported_rows.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "projections/fold/legacy_field.hpp"

namespace wattledger::projections::sqlite {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 8> legacy_tables = {
    "energy_data",  "system_state",    "coordinator_decisions", "charging_sessions",
    "weather_data", "price_forecasts", "pv_forecasts",          "battery_selling_sessions"};

// What SQLite had in the column.
struct Value {
  ValueKind kind = ValueKind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string bytes;
};

std::optional<std::string> from_hex(std::string_view hex) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

// What the log holds must never stop the projection: what is no value of SQLite's becomes its text.
Value value_of(const fold::LegacyField& field) {
  if (field.text == "Infinity" || field.text == "-Infinity")
    return {ValueKind::real,
            0,
            field.text.front() == '-' ? -std::numeric_limits<double>::infinity()
                                      : std::numeric_limits<double>::infinity(),
            {}};
  if (field.text == "NaN") return {};  // SQLite has none: it stores NULL
  const Json json = Json::parse(field.text, nullptr, /*allow_exceptions=*/false);
  if (json.is_null()) return {};
  const bool beyond = json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX;
  if (json.is_number_float() || beyond) return {ValueKind::real, 0, json.get<double>(), {}};
  if (json.is_number_integer()) return {ValueKind::integer, json.get<std::int64_t>(), 0, {}};
  if (json.is_boolean()) return {ValueKind::integer, json.get<bool>() ? 1 : 0, 0, {}};
  if (json.is_string()) return {ValueKind::text, 0, 0, json.get<std::string>()};
  for (const auto& [name, kind] :
       {std::pair("hex", ValueKind::blob), std::pair("text_hex", ValueKind::text)}) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) continue;
    auto bytes = from_hex(json[name].get<std::string>());
    if (bytes) return {kind, 0, 0, *std::move(bytes)};
  }
  return {ValueKind::text, 0, 0, field.text};
}

}  // namespace

std::optional<std::int64_t> imported_integer(const fold::LegacyRecord& record,
                                             std::string_view column) {
  const fold::LegacyField* field = fold::find_field(record.fields, column);
  if (field == nullptr) return std::nullopt;
  const Value value = value_of(*field);
  if (value.kind != ValueKind::integer) return std::nullopt;
  return value.integer;
}

std::optional<std::string> imported_text(const fold::LegacyRecord& record,
                                         std::string_view column) {
  const fold::LegacyField* field = fold::find_field(record.fields, column);
  if (field == nullptr) return std::nullopt;
  Value value = value_of(*field);
  if (value.kind != ValueKind::text) return std::nullopt;
  return std::move(value.bytes);
}

Result<ImportedRowWriter::Table> ImportedRowWriter::prepare(const std::string& name) {
  if (std::find(legacy_tables.begin(), legacy_tables.end(), name) == legacy_tables.end())
    return fail(ErrorKind::unsupported, "the older system's schema has no table " + name);
  auto info = connection_->prepare("PRAGMA table_info(" + name + ")");
  if (!info) return Failure(info.error());
  std::vector<Column> columns;
  std::string names;
  std::string places;
  bool has_id = false;
  while (true) {
    const Result<bool> row = info->step();
    if (!row) return Failure(row.error());
    if (!*row) break;
    columns.push_back({std::string(info->text(1)), info->integer(3) != 0});
    has_id = has_id || columns.back().name == "id";
    names += (names.empty() ? "" : ", ") + columns.back().name;
    places += places.empty() ? "?" : ", ?";
  }
  auto insert = connection_->prepare("INSERT OR REPLACE INTO " + name + "(" + names + ") VALUES (" +
                                     places + ")");
  if (!insert) return Failure(insert.error());
  Table prepared{std::move(columns), std::move(*insert), {}, has_id};
  if (has_id) {
    auto remove = connection_->prepare("DELETE FROM " + name + " WHERE id = ?");
    if (!remove) return Failure(remove.error());
    prepared.remove.emplace(std::move(*remove));
  }
  return prepared;
}

Result<ImportedRowWriter::Table*> ImportedRowWriter::table(const std::string& name) {
  const auto known = tables_.find(name);
  if (known != tables_.end()) return &known->second;
  auto prepared = prepare(name);
  if (!prepared) return Failure(prepared.error());
  return &tables_.emplace(name, std::move(*prepared)).first->second;
}

Result<void> ImportedRowWriter::remove(const std::string& name, std::int64_t id) {
  const auto found = table(name);
  if (!found) return Failure(found.error());
  return (*found)->remove ? (*found)->remove->bind(1, id).run() : Result<void>();
}

Result<void> ImportedRowWriter::write(const fold::LegacyRecord& record, std::int64_t id) {
  if (record.form != fb::LegacyForm::row) return {};
  const auto found = table(record.place);
  if (!found) return Failure(found.error());
  Table& into = **found;
  std::vector<Value> values(into.columns.size());  // bound texts live as long as the statement runs
  for (std::size_t i = 0; i < into.columns.size(); ++i) {
    const Column& column = into.columns[i];
    if (const fold::LegacyField* field = fold::find_field(record.fields, column.name))
      values[i] = value_of(*field);
    const bool is_id = into.has_id && column.name == "id";
    if (is_id && values[i].kind != ValueKind::integer) values[i] = {ValueKind::integer, id, 0, {}};
    // The older system's own file cannot have held it.
    if (column.not_null && values[i].kind == ValueKind::null) values[i].kind = ValueKind::text;
    const int position = static_cast<int>(i) + 1;
    switch (values[i].kind) {
      case ValueKind::null:
        into.insert.bind_null(position);
        break;
      case ValueKind::integer:
        into.insert.bind(position, values[i].integer);
        break;
      case ValueKind::real:
        into.insert.bind(position, values[i].real);
        break;
      case ValueKind::text:
        into.insert.bind(position, std::string_view(values[i].bytes));
        break;
      case ValueKind::blob:
        into.insert.bind_blob(position, std::string_view(values[i].bytes));
        break;
    }
  }
  return into.insert.run();
}

}  // namespace wattledger::projections::sqlite
