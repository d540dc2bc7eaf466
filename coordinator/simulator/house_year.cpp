// The year that PV and load follow: 17 520 half hours of 365 days by UTC, each constant for its
// half hour.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coordinator/simulator/seeded.hpp"
#include "coordinator/simulator/simulator.hpp"

namespace wattledger::simulator {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;

constexpr std::size_t half_hours_a_day = 48;
constexpr std::size_t half_hours = 365 * half_hours_a_day;
constexpr std::int32_t unknown_w = -1;
constexpr double power_max_w = 1'000'000;
constexpr std::size_t lines_max = 200'000;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The half hour of a 365-day year. 29 February has none of its own.
std::optional<std::size_t> own_slot(UtcTime time) {
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  if (date.month() == std::chrono::February && date.day() == std::chrono::day(29))
    return std::nullopt;
  // 2025 has 365 days: its calendar numbers every other year's.
  const std::chrono::sys_days in_2025(std::chrono::year(2025) / date.month() / date.day());
  const auto number = (in_2025 - std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)).count();
  const auto half_hour = floor<minutes>(time - day).count() / 30;
  return static_cast<std::size_t>(number) * half_hours_a_day + static_cast<std::size_t>(half_hour);
}

// On 29 February the house lives 28 February again.
std::size_t slot(UtcTime time) {
  const auto own = own_slot(time);
  return own ? *own : *own_slot(time - days(1));
}

Failure wrong(const std::filesystem::path& file, std::size_t line, const std::string& what) {
  return fail(ErrorKind::invalid_input, file.string() + ":" + std::to_string(line) + ": " + what,
              "give a CSV with period_start_utc,load_w,pv_w in half hours of at most one year");
}

// Without the blanks and quotes that spreadsheets put around a cell.
std::string_view bare(std::string_view cell) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!cell.empty() && blank(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && blank(cell.back())) cell.remove_suffix(1);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"')
    cell = cell.substr(1, cell.size() - 2);
  return cell;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    const std::size_t comma = line.find(',');
    cells.push_back(bare(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

struct Columns {
  std::size_t start = 0;
  std::size_t load = 0;
  std::size_t pv = 0;
  std::size_t count = 0;
};

std::optional<Columns> columns_of(std::string_view header) {
  const std::vector<std::string_view> names = cells_of(header);
  const auto find = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  const Columns columns{find("period_start_utc"), find("load_w"), find("pv_w"), names.size()};
  if (std::max({columns.start, columns.load, columns.pv}) == names.size()) return std::nullopt;
  return columns;
}

// Whole watts; unknown_w for an empty cell; nullopt for what is no power.
std::optional<std::int32_t> watts_of(std::string_view cell) {
  if (cell.empty()) return unknown_w;
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  if (!std::isfinite(value) || value < 0 || value > power_max_w) return std::nullopt;
  return static_cast<std::int32_t>(std::lround(value));
}

// Every unknown half hour takes the value before it, the first ones the year's last.
bool carry_forward(std::vector<std::int32_t>& year) {
  const auto last =
      std::find_if(year.rbegin(), year.rend(), [](std::int32_t w) { return w != unknown_w; });
  if (last == year.rend()) return false;
  std::int32_t before = *last;
  for (std::int32_t& value : year) {
    if (value == unknown_w) value = before;
    before = value;
  }
  return true;
}

// sin(pi * part / whole) in thousandths by Bhaskara's rational formula: integers only, so the same
// everywhere. 0 outside.
std::int64_t sine(std::int64_t part, std::int64_t whole) {
  if (part <= 0 || part >= whole) return 0;
  const std::int64_t degrees = part * 18'000 / whole;  // hundredths of a degree
  const std::int64_t product = degrees * (18'000 - degrees);
  return 4'000 * product / (405'000'000 - product);
}

// -1000 at midwinter, 1000 at midsummer.
std::int64_t season(std::int64_t day) {
  const std::int64_t since_spring = (day + 365 - 80) % 365;
  constexpr std::int64_t summer_half = 186;
  if (since_spring < summer_half) return sine(since_spring, summer_half);
  return -sine(since_spring - summer_half, 365 - summer_half);
}

constexpr std::int64_t noon_utc_min = 640;  // solar noon at 20 degrees east

std::int64_t clear_sky_w(std::int64_t day, std::int64_t minute) {
  const std::int64_t daylight = 735 + season(day) * 265 / 1000;
  const std::int64_t peak = 3'600 + season(day) * 1'900 / 1000;
  const std::int64_t shape = sine(minute - (noon_utc_min - daylight / 2), daylight);
  return peak * shape / 1000 * shape / 1000;  // squared: a low sun gives less than its height
}

std::int64_t hump(std::int64_t minute, std::int64_t from, std::int64_t until, std::int64_t height) {
  return height * sine(minute - from, until - from) / 1000;
}

}  // namespace

Result<HouseYear> HouseYear::read_csv(const std::filesystem::path& file) {
  std::error_code problem;
  if (std::filesystem::is_directory(file, problem))
    return fail(ErrorKind::invalid_input, file.string() + " is a directory",
                "name the CSV of the house's year in it");
  std::ifstream in(file);
  if (!in)
    return fail(ErrorKind::not_found, "cannot read the house's year from " + file.string(),
                "check the path");
  HouseYear year;
  year.load_w_.assign(half_hours, unknown_w);
  year.pv_w_.assign(half_hours, unknown_w);
  std::vector<bool> seen(half_hours);
  std::optional<Columns> columns;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (number > lines_max) return wrong(file, number, "more lines than a year has half hours");
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (number == 1 && line.rfind(byte_order_mark, 0) == 0) line.erase(0, byte_order_mark.size());
    if (number == 1) {
      columns = columns_of(line);
      if (!columns) return wrong(file, number, "the header lacks period_start_utc, load_w or pv_w");
      continue;
    }
    if (line.empty()) continue;
    const std::vector<std::string_view> cells = cells_of(line);
    if (cells.size() != columns->count) {
      return wrong(file, number,
                   std::to_string(cells.size()) + " cells where the header has " +
                       std::to_string(columns->count));
    }
    const auto start = parse_time(cells[columns->start], ZoneOffsets());
    if (!start) return wrong(file, number, start.error().what);
    if (start->time_since_epoch() % minutes(30) != minutes(0)) {
      return wrong(file, number, "a period that does not start at a half hour");
    }
    const auto load = watts_of(cells[columns->load]);
    const auto pv = watts_of(cells[columns->pv]);
    if (!load || !pv) {
      const std::string_view cell = cells[load ? columns->pv : columns->load];
      return wrong(file, number, "\"" + std::string(cell) + "\" is no power of 0 to 1000000 W");
    }
    const auto place = own_slot(*start);
    if (!place) continue;  // 29 February
    if (seen[*place]) return wrong(file, number, "this half hour of the year is given twice");
    seen[*place] = true;
    year.load_w_[*place] = *load;
    year.pv_w_[*place] = *pv;
  }
  if (in.bad())
    return fail(ErrorKind::io, "reading " + file.string() + " failed", "check the disk");
  if (!columns) return wrong(file, 1, "the file is empty");
  if (!carry_forward(year.load_w_) || !carry_forward(year.pv_w_)) {
    return wrong(file, 1, "not one load or not one PV value in the file");
  }
  return year;
}

HouseYear HouseYear::generate(std::uint64_t seed) {
  HouseYear year;
  year.load_w_.reserve(half_hours);
  year.pv_w_.reserve(half_hours);
  Seeded random(seed);
  for (std::int64_t day = 0; day < 365; ++day) {
    // A third of the days clear, a third broken, a third grey; winter is greyer.
    const std::int64_t sky = random.between(0, 299) - season(day) * 40 / 1000;
    const std::int64_t light = sky < 100   ? 950
                               : sky < 200 ? random.between(450, 800)
                                           : random.between(80, 350);
    const std::int64_t unrest = sky < 100 ? 30 : sky < 200 ? 350 : 60;
    const std::int64_t morning = random.between(500, 1'100);
    const std::int64_t evening = random.between(1'000, 2'000) - season(day) * 400 / 1000;
    const std::int64_t base = random.between(220, 320) - season(day) * 60 / 1000;
    for (std::int64_t slot_of_day = 0; slot_of_day < static_cast<std::int64_t>(half_hours_a_day);
         ++slot_of_day) {
      const std::int64_t minute = slot_of_day * 30 + 15;
      const std::int64_t share =
          std::clamp<std::int64_t>(light + random.between(-unrest, unrest), 30, 1'000);
      year.pv_w_.push_back(static_cast<std::int32_t>(clear_sky_w(day, minute) * share / 1000));
      const bool kettle =
          random.between(0, 19) == 0;  // a washing machine or an oven, about twice a day
      const std::int64_t appliance = kettle ? random.between(800, 2'200) : 0;
      const std::int64_t load = base + random.between(0, 120) + hump(minute, 270, 510, morning) +
                                hump(minute, 870, 1'320, evening) + appliance;
      year.load_w_.push_back(static_cast<std::int32_t>(load));
    }
  }
  return year;
}

Watts HouseYear::load_at(UtcTime time) const { return Watts(load_w_.at(slot(time))); }

Watts HouseYear::pv_at(UtcTime time) const { return Watts(pv_w_.at(slot(time))); }

}  // namespace wattledger::simulator
