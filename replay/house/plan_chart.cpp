#include "replay/house/plan_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

namespace wattledger::tool {
namespace {

constexpr std::size_t columns_max = 48;
constexpr int tick_hours = 6;

// Several slots that share a column.
struct Column {
  std::string start;          // of the first, "2025-11-29T02:00:00+01:00"
  double price = 0, soc = 0;  // sums
  int prices = 0, socs = 0;
  std::array<int, 4> actions{};  // slots of charge, hold, sell, anything else
};

int two_digits(const std::string& text, std::size_t at) {
  return text.size() < at + 2 ? 0 : (text[at] - '0') * 10 + text[at + 1] - '0';
}

int hour_of(const std::string& time) { return two_digits(time, 11); }

// So that a column begins with an hour of the clock, or a half.
std::int64_t second_of_day(const std::string& time) {
  return hour_of(time) * 3'600 + two_digits(time, 14) * 60;
}

std::size_t action_of(const std::string& name) {
  if (name == "charge") return 0;
  if (name == "hold") return 1;
  return name == "sell" ? 2 : 3;
}

// Of an hour, a half, … so that no line gets too long.
std::vector<Column> columns_of(const PlanHours& hours) {
  if (hours.step_s <= 0) return {};
  std::size_t slots = 1;
  for (const std::int64_t each : {900, 1'800, 3'600, 7'200, 14'400, 28'800}) {
    slots = static_cast<std::size_t>(std::max<std::int64_t>(1, each / hours.step_s));
    if (hours.at.size() <= slots * columns_max) break;
  }
  const std::int64_t wide = hours.step_s * static_cast<std::int64_t>(slots);
  std::vector<Column> columns;
  for (std::size_t i = 0; i < std::min(hours.at.size(), slots * columns_max); ++i) {
    if (i == 0 || second_of_day(hours.at[i]) % wide == 0)
      columns.emplace_back().start = hours.at[i];
    Column& column = columns.back();
    const auto add = [i](const std::vector<std::optional<double>>& values, double& sum,
                         int& count) {
      if (i >= values.size() || !values[i]) return;
      sum += *values[i];
      ++count;
    };
    add(hours.price, column.price, column.prices);
    add(hours.soc_pct, column.soc, column.socs);
    ++column.actions[i < hours.actions.size() ? action_of(hours.actions[i]) : 3];
  }
  return columns;
}

struct Band {
  std::string bars;
  double lowest = 0, highest = 0;
  bool known = false;
};

// A bar for each value between the lowest and the highest; a blank where none is known.
Band band_of(const std::vector<std::optional<double>>& values) {
  static constexpr std::array bars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  Band band;
  for (const auto& value : values) {
    if (!value) continue;
    band.lowest = band.known ? std::min(band.lowest, *value) : *value;
    band.highest = band.known ? std::max(band.highest, *value) : *value;
    band.known = true;
  }
  const double span = band.highest - band.lowest;
  for (const auto& value : values) {
    const auto level =
        value && span > 0 ? static_cast<std::size_t>((*value - band.lowest) / span * 7.999) : 0;
    band.bars += value ? bars[std::min<std::size_t>(level, 7)] : " ";
  }
  return band;
}

// What most of the column's slots do; what is done by the battery goes before serving the house.
char sign_of(const Column& column) {
  static constexpr std::array signs = {'+', '=', '-'};
  const auto most = std::max_element(column.actions.begin(), column.actions.begin() + 3);
  return *most == 0 ? '.' : signs[static_cast<std::size_t>(most - column.actions.begin())];
}

// "18    00    06": where an hour of these begins.
std::string ticks(const std::vector<Column>& columns) {
  std::string line(columns.size() + 2, ' ');
  int before = -1;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int hour = hour_of(columns[i].start);
    if (i != 0 && hour / tick_hours != before / tick_hours)
      line.replace(i, 2, fmt::format("{:02}", hour));
    before = hour;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::string plan_chart(const PlanHours& hours, const std::string& currency) {
  const std::vector<Column> columns = columns_of(hours);
  if (columns.empty()) return {};
  std::vector<std::optional<double>> price, soc;
  std::string signs;
  for (const Column& each : columns) {
    price.push_back(each.prices > 0 ? std::optional(each.price / each.prices) : std::nullopt);
    soc.push_back(each.socs > 0 ? std::optional(each.soc / each.socs) : std::nullopt);
    signs += sign_of(each);
  }
  const Band prices = band_of(price);
  const Band charge = band_of(soc);
  std::string text;
  const auto line = [&](const char* name, const std::string& what) {
    if (!what.empty()) text += fmt::format("{:<13}{:<7}{}\n", "", name, what);
  };
  if (prices.known) line("price", prices.bars);
  if (charge.known) line("charge", charge.bars);
  line("plan", signs);
  line("hour", ticks(columns));
  std::string legend;
  if (prices.known)
    legend += fmt::format("price {:.2f} to {:.2f} {}", prices.lowest, prices.highest, currency);
  if (charge.known)
    legend += fmt::format("{}charge {:.0f} to {:.0f} %", legend.empty() ? "" : ", ", charge.lowest,
                          charge.highest);
  if (!legend.empty()) text += fmt::format("{:<13}{}\n", "", legend);
  text += fmt::format("{:<13}+ charge, = hold, - sell, . serve the house\n", "");
  return text;
}

}  // namespace wattledger::tool
