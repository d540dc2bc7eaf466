#include "projections/json/day_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "projections/fold/python_json.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view array_prefix = "energy_data/energy_data_";
constexpr std::string_view state_prefix = "coordinator_state_";
constexpr std::string_view decision_prefix = "charging_decision_";
constexpr std::string_view suffix = ".json";
constexpr std::string_view array_end = "\n]";

constexpr std::array<std::string_view, 3> analytics = {
    "battery_selling_analytics/session_records.json",
    "battery_selling_analytics/daily_summaries.json",
    "battery_selling_analytics/monthly_reports.json"};

bool is_analytics(std::string_view name) {
  return std::find(analytics.begin(), analytics.end(), name) != analytics.end();
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all = !text.empty() && text.front() != '-' && read.ec == std::errc() &&
                   read.ptr == text.data() + text.size();
  return all ? std::optional(value) : std::nullopt;
}

// Reads YYYY<separator>MM<separator>DD, the separator '-' or nothing.
std::optional<std::chrono::sys_days> read_day(std::string_view text, bool dashes) {
  const std::size_t step = dashes ? 3 : 2;
  if (text.size() != (dashes ? 10U : 8U)) return std::nullopt;
  if (dashes && (text[4] != '-' || text[7] != '-')) return std::nullopt;
  const std::size_t month_at = dashes ? 5 : 4;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(month_at, 2));
  const auto day = digits(text.substr(month_at + step, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::string day_text(std::chrono::sys_days day) {
  return date_text(LocalTime(std::chrono::local_days(day.time_since_epoch())));
}

// An object inside an array, as indent=2 sets it.
class IndentedObject {
 public:
  template <class T>
  IndentedObject& add(std::string_view key, const std::optional<T>& value) {
    return value ? line(key, text_of(*value)) : line(key, "null");
  }
  IndentedObject& add(std::string_view key, const std::string& value) {
    return line(key, text_of(value));
  }
  // Appends it.
  void put(std::string& rows) const {
    rows.reserve(rows.size() + body_.size() + 8);
    rows += "  {\n";
    rows += body_;
    rows += "\n  }";
  }

 private:
  static std::string text_of(double value) { return fold::python_float(value); }
  static std::string text_of(std::int64_t value) { return std::to_string(value); }
  static std::string text_of(const std::string& value) { return fold::python_string(value); }
  IndentedObject& line(std::string_view key, std::string_view value) {
    if (body_.empty())
      body_.reserve(object_bytes);
    else
      body_ += ",\n";
    body_ += "    \"";  // no key of ours needs an escape
    body_ += key;
    body_ += "\": ";
    body_ += value;
    return *this;
  }
  static constexpr std::size_t object_bytes = 640;  // of a row of energy
  std::string body_;
};

void put_energy(std::string& rows, const fold::EnergyRow& row) {
  IndentedObject()
      .add("timestamp", row.timestamp)
      .add("battery_soc", row.battery_soc)
      .add("pv_power", row.pv_power)
      .add("grid_power", row.grid_power)
      .add("house_consumption", row.house_consumption)
      .add("battery_power", row.battery_power)
      .add("grid_voltage", row.grid_voltage)
      .add("grid_frequency", row.grid_frequency)
      .add("battery_voltage", row.battery_voltage)
      .add("battery_current", row.battery_current)
      .add("battery_temperature", row.battery_temperature)
      .add("price_pln", row.price_pln)
      .add("grid_import_total_kwh", row.grid_import_total_kwh)
      .add("grid_export_total_kwh", row.grid_export_total_kwh)
      .add("house_consumption_total_kwh", row.house_consumption_total_kwh)
      .add("pv_generation_total_kwh", row.pv_generation_total_kwh)
      .add("tariff_zone", row.tariff_zone)
      .put(rows);
}

// Beginnings of names that the older system gave its files, ours among them.
constexpr std::array<std::string_view, 8> legacy_beginnings = {
    "energy_data_",       "coordinator_state_", "charging_decision_", "battery_selling_decision_",
    "charging_schedule_", "current_data_",      "historical_data_",   "daily_stats_"};

bool looks_legacy(const std::string& name) {
  if (name.size() < suffix.size() ||
      name.compare(name.size() - suffix.size(), suffix.size(), suffix) != 0)
    return false;
  return std::any_of(legacy_beginnings.begin(), legacy_beginnings.end(),
                     [&](std::string_view beginning) {
                       return name.compare(0, beginning.size(), beginning) == 0;
                     });
}

}  // namespace

std::string file_name(const fold::LegacyRow& row, const std::string& day) {
  std::string name;
  if (std::holds_alternative<fold::EnergyRow>(row.row)) {
    name = std::string(array_prefix) + day;
  } else if (std::holds_alternative<fold::SystemStateRow>(row.row)) {
    name = std::string(state_prefix) + compact_day(day);
  } else {
    name = std::string(decision_prefix) + compact_day(day);
  }
  return name + std::string(suffix);
}

bool is_appended(std::string_view name) { return is_analytics(name) || day_of(name); }

bool is_array(std::string_view name) {
  return name.substr(0, array_prefix.size()) == array_prefix || is_analytics(name);
}

std::vector<std::string> appended_without_day() { return {analytics.begin(), analytics.end()}; }

std::optional<std::string> day_of(std::string_view name) {
  if (name.size() <= suffix.size() || name.substr(name.size() - suffix.size()) != suffix)
    return std::nullopt;
  name.remove_suffix(suffix.size());
  std::optional<std::chrono::sys_days> day;
  for (const std::string_view prefix : {array_prefix, state_prefix, decision_prefix})
    if (name.substr(0, prefix.size()) == prefix)
      day = read_day(name.substr(prefix.size()), prefix == array_prefix);
  if (!day) return std::nullopt;
  return day_text(*day);
}

std::string earlier_day(std::string_view day, std::chrono::days before) {
  const auto read = read_day(day, true);
  return read ? day_text(*read - before) : std::string();
}

std::string compact_day(std::string day) {
  std::erase(day, '-');
  return day;
}

const std::string& DayText::of(LocalTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  if (text_.empty() || day != day_) text_ = date_text(time);
  day_ = day;
  return text_;
}

void add_row(std::string& rows, const fold::LegacyRow& row) {
  if (const auto* energy = std::get_if<fold::EnergyRow>(&row.row)) {
    if (!rows.empty()) rows += ",\n";
    put_energy(rows, *energy);
  } else if (const auto* state = std::get_if<fold::SystemStateRow>(&row.row)) {
    rows += state->file_line + "\n";
  } else if (const auto* decision = std::get_if<fold::DecisionRow>(&row.row)) {
    rows += decision->file_line + "\n";
  }
}

DayFile::DayFile(fs::path path, std::string_view name, std::uint64_t length)
    : path_(std::move(path)), array_(is_array(name)), length_(length) {}

Result<void> DayFile::ensure_open() {
  if (file_.is_open()) return {};
  auto opened = PosixFile::open(path_, length_ == 0);
  if (!opened) return Failure(opened.error());
  file_ = std::move(*opened);
  return {};
}

Result<void> DayFile::append(std::string_view rows) {
  const bool fresh = length_ == 0;
  const bool was_open = file_.is_open();
  WATTLEDGER_TRY(ensure_open());
  if (!fresh && !was_open) {
    const auto found = file_.length();
    if (!found) return Failure(found.error());
    if (*found != length_)
      return fail(ErrorKind::corrupt, path_.string() + " was changed by somebody else",
                  rebuild_remedy);
  }
  dirty_ = true;
  if (!array_) {
    WATTLEDGER_TRY(file_.write_at(length_, rows));
    length_ += rows.size();
    return {};
  }
  // Over the closing bracket: what was there before plus a comma, the rows and a new bracket, in
  // one write.
  const std::uint64_t from = fresh ? 0 : length_ - array_end.size();
  std::string text = fresh ? "[\n" : ",\n";
  text += rows;
  text += array_end;
  WATTLEDGER_TRY(file_.write_at(from, text));
  length_ = from + text.size();
  return {};
}

Result<void> DayFile::undo(std::uint64_t length) {
  if (length == 0) {
    file_.close();
    length_ = 0;
    dirty_ = false;
    return remove_file(path_);
  }
  length_ = length;
  WATTLEDGER_TRY(ensure_open());
  const auto found = file_.length();
  if (!found) return Failure(found.error());
  if (*found < length)
    return fail(ErrorKind::corrupt,
                path_.string() + " is shorter than recorded (" + std::to_string(*found) + " of " +
                    std::to_string(length) + " bytes)",
                rebuild_remedy);
  if (*found > length) {
    WATTLEDGER_TRY(file_.truncate(length));
    dirty_ = true;
  }
  if (!array_) return {};
  const auto tail = file_.read_at(length - array_end.size(), array_end.size());
  if (!tail) return Failure(tail.error());
  if (*tail == array_end) return {};
  dirty_ = true;
  return file_.write_at(length - array_end.size(), array_end);
}

Result<void> DayFile::sync() {
  WATTLEDGER_TRY(ensure_open());
  const auto found = file_.length();
  if (!found) return Failure(found.error());
  const auto linked = file_.is_linked();
  if (!linked) return Failure(linked.error());
  if (!*linked || *found != length_)
    return fail(ErrorKind::corrupt, path_.string() + " was changed or removed by somebody else",
                rebuild_remedy);
  WATTLEDGER_TRY(file_.sync());
  dirty_ = false;
  return {};
}

Result<std::vector<std::string>> legacy_names(const fs::path& out) {
  std::vector<std::string> names;
  for (const char* part : {"", "energy_data/"}) {
    std::error_code code;
    for (fs::directory_iterator each(out / part, code), end; !code && each != end;
         each.increment(code))
      if (const std::string name = each->path().filename().string(); looks_legacy(name))
        names.push_back(part + name);
    if (code && code != std::errc::no_such_file_or_directory)
      return fail(ErrorKind::io, "cannot list " + (out / part).string() + ": " + code.message(),
                  "give the service's user the right to read it");
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace wattledger::projections
