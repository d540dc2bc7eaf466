#include "replay/audit/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace wattledger::tool {
namespace {

using std::chrono::hours;

// Left of a text's panel: a value of the scale.
constexpr std::size_t scale_columns = 10;
constexpr int panel_rows = 4;
constexpr int eighths = 8;

struct Scale {
  double low = 0, high = 1;
  [[nodiscard]] double share(double value) const {
    return std::clamp((value - low) / (high - low), 0.0, 1.0);
  }
};

Scale scale_of(const ChartSeries& series, bool by_size) {
  std::optional<double> low, high;
  for (const auto& value : series.values) {
    if (!value) continue;
    const double here = by_size ? std::abs(*value) : *value;
    low = low ? std::min(*low, here) : here;
    high = high ? std::max(*high, here) : here;
  }
  if (series.form == ChartSeries::Form::bars) {
    low = std::min(low.value_or(0), 0.0);
    high = std::max(high.value_or(0), 0.0);
  }
  Scale scale{series.low.value_or(low.value_or(0)), series.high.value_or(high.value_or(1))};
  if (scale.high <= scale.low) scale.high = scale.low + 1;
  return scale;
}

std::size_t slots_of(const Chart& chart) {
  std::size_t slots = chart.marks.size();
  for (const ChartSeries& each : chart.series) slots = std::max(slots, each.values.size());
  return slots;
}

// Which slots a column shows.
struct Columns {
  std::size_t slots, count, width;  // width: columns of one slot, where they are more than slots
  Columns(std::size_t slots_, std::size_t room) : slots(slots_), count(slots_), width(1) {
    if (slots == 0) return;
    width = std::max<std::size_t>(room / slots, 1);
    count = std::min(slots * width, room);
  }
  [[nodiscard]] std::size_t first(std::size_t column) const {
    return width > 1 ? column / width : column * slots / count;
  }
  [[nodiscard]] std::size_t end(std::size_t column) const {
    return width > 1 ? column / width + 1
                     : std::max((column + 1) * slots / count, first(column) + 1);
  }
};

std::optional<double> mean(const ChartSeries& series, std::size_t first, std::size_t end,
                           bool by_size) {
  double sum = 0;
  int known = 0;
  for (std::size_t i = first; i < std::min(end, series.values.size()); ++i) {
    if (!series.values[i]) continue;
    sum += by_size ? std::abs(*series.values[i]) : *series.values[i];
    ++known;
  }
  if (known == 0) return std::nullopt;
  return sum / known;
}

constexpr std::array<const char*, 9> blocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string right(const std::string& text, std::size_t columns) {
  return text.size() >= columns ? text : std::string(columns - text.size(), ' ') + text;
}

std::string without_end_spaces(std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

std::string panel_text(const ChartSeries& series, const Columns& columns, const char* colour,
                       char decimal_point) {
  const bool by_size = series.form == ChartSeries::Form::bars;
  const Scale scale = scale_of(series, by_size);
  std::vector<int> levels;
  for (std::size_t column = 0; column < columns.count; ++column) {
    const auto value = mean(series, columns.first(column), columns.end(column), by_size);
    // What is known shows, however little it is; of bars nothing is nothing.
    const int least = by_size && value && *value <= 0 ? 0 : 1;
    levels.push_back(
        value ? std::max(static_cast<int>(std::lround(scale.share(*value) * panel_rows * eighths)),
                         least)
              : 0);
  }
  std::string text = fmt::format("{} ({})\n", series.name, series.unit);
  for (int row = panel_rows - 1; row >= 0; --row) {
    std::string line;
    if (row == panel_rows - 1) line = fmt::format("{:.{}f}", scale.high, series.decimals);
    if (row == 0) line = fmt::format("{:.{}f}", scale.low, series.decimals);
    std::replace(line.begin(), line.end(), '.', decimal_point);
    line = right(line, scale_columns - 1) + " ";
    std::string drawn;
    for (const int level : levels)
      drawn += blocks[static_cast<std::size_t>(std::clamp(level - row * eighths, 0, eighths))];
    while (!drawn.empty() && drawn.back() == ' ') drawn.pop_back();
    if (*colour != '\0' && !drawn.empty()) drawn = colour + drawn + "\033[0m";
    text += without_end_spaces(line + drawn);
  }
  return text;
}

std::string marks_text(const Chart& chart, const Columns& columns) {
  std::string line(scale_columns, ' ');
  for (std::size_t column = 0; column < columns.count; ++column) {
    char mark = ' ';
    for (std::size_t i = columns.first(column);
         i < std::min(columns.end(column), chart.marks.size()); ++i) {
      if (mark == ' ') mark = chart.marks[i];
      if (chart.marks[i] != '.' && chart.marks[i] != ' ') {
        mark = chart.marks[i];
        break;
      }
    }
    line += mark;
  }
  return without_end_spaces(line);
}

int local_minute(UtcTime time, const ZoneOffsets& zone) {
  const LocalTime local = zone.to_local(time);
  return static_cast<int>(
      std::chrono::floor<std::chrono::minutes>(local - std::chrono::floor<std::chrono::days>(local))
          .count());
}

// Every how many hours a label stands, so that `most` of them are enough.
int hours_between(UtcTime start, UtcTime end, int most) {
  for (const int each : {1, 2, 3, 6, 12})
    if ((end - start) / hours(each) <= most) return each;
  return 24;
}

std::string axis_text(const Chart& chart, const ZoneOffsets& zone, const Columns& columns) {
  std::string line(scale_columns, ' ');
  line.resize(scale_columns + columns.count + 2, ' ');
  const auto at = [&](std::size_t column) {
    return chart.start + chart.step * static_cast<std::int64_t>(columns.first(column));
  };
  const UtcTime end = chart.start + chart.step * static_cast<std::int64_t>(columns.slots);
  const int between = hours_between(chart.start, end, static_cast<int>(columns.count) / 4 + 1);
  std::optional<int> before;
  std::size_t free = 0;
  for (std::size_t column = 0; column < columns.count; ++column) {
    const int hour = local_minute(at(column), zone) / 60;
    const bool begins = before ? hour != *before : local_minute(at(column), zone) % 60 == 0;
    before = hour;
    if (!begins || hour % between != 0 || column < free) continue;
    line.replace(scale_columns + column, 2, fmt::format("{:02}", hour));
    free = column + 3;
  }
  return without_end_spaces(line);
}

std::string now_text(const Chart& chart, const Columns& columns) {
  if (!chart.now || *chart.now < chart.start) return "";
  for (std::size_t column = 0; column < columns.count; ++column) {
    const UtcTime end = chart.start + chart.step * static_cast<std::int64_t>(columns.end(column));
    if (*chart.now < end)
      return std::string(scale_columns + column, ' ') + "^ " + chart.decided + "\n";
  }
  return "";
}

// SVG. Panels stand under each other, with the scale at their left.
constexpr double left = 60, top = 18, gap = 26, strip_height = 12;

// Where things stand.
struct Frame {
  double width, panel;
  std::size_t slots;
  char decimal_point;
  [[nodiscard]] double x(std::size_t slot) const { return x(static_cast<double>(slot)); }
  [[nodiscard]] double x(double slot) const {
    return left + (width - left) * slot / static_cast<double>(std::max<std::size_t>(slots, 1));
  }
};

std::string bars_svg(const ChartSeries& series, const Scale& scale, double y0, const Frame& frame) {
  std::string svg;
  const double zero = y0 + frame.panel * (1 - scale.share(0));
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!series.values[i] || *series.values[i] == 0) continue;
    const double y = y0 + frame.panel * (1 - scale.share(*series.values[i]));
    const double x = frame.x(i);
    svg += fmt::format(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)",
                       *series.values[i] < 0 ? "in" : "out", x, std::min(y, zero),
                       frame.x(i + 1) - x, std::abs(y - zero));
  }
  return svg +
         fmt::format(R"(<path class="grid" d="M{:.1f} {:.1f}H{:.0f}"/>)", left, zero, frame.width);
}

// A path with a gap wherever nothing is known.
std::string path_svg(const ChartSeries& series, const Scale& scale, double y0, const Frame& frame) {
  std::string path;
  bool drawing = false;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!series.values[i]) {
      drawing = false;
      continue;
    }
    const double y = y0 + frame.panel * (1 - scale.share(*series.values[i]));
    if (series.form == ChartSeries::Form::line) {
      path += fmt::format("{}{:.1f} {:.1f}", drawing ? "L" : "M", frame.x(i + 1), y);
    } else {
      if (!drawing) path += fmt::format("M{:.1f} {:.1f}", frame.x(i), y);
      path += fmt::format("V{:.1f}H{:.1f}", y, frame.x(i + 1));
    }
    drawing = true;
  }
  return fmt::format(R"(<path class="{}" d="{}"/>)",
                     series.form == ChartSeries::Form::line ? "line" : "steps", path);
}

std::string scale_text(double value, const ChartSeries& series, const Frame& frame) {
  std::string text = fmt::format("{:.{}f}", value, series.decimals);
  std::replace(text.begin(), text.end(), '.', frame.decimal_point);
  return text;
}

std::string panel_svg(const ChartSeries& series, double y0, const Frame& frame) {
  const Scale scale = scale_of(series, false);
  std::string svg = fmt::format(
      R"(<text x="{:.0f}" y="{:.0f}">{} ({})</text><path class="grid" d="M{:.0f} {:.0f}H{:.0f}M{:.0f} {:.0f}H{:.0f}"/>)",
      left, y0 - 5, escaped(series.name), escaped(series.unit), left, y0, frame.width, left,
      y0 + frame.panel, frame.width);
  svg += fmt::format(
      R"(<text class="end" x="{:.0f}" y="{:.0f}">{}</text><text class="end" x="{:.0f}" y="{:.0f}">{}</text>)",
      left - 6, y0 + 5, scale_text(scale.high, series, frame), left - 6, y0 + frame.panel + 4,
      scale_text(scale.low, series, frame));
  return svg + (series.form == ChartSeries::Form::bars ? bars_svg(series, scale, y0, frame)
                                                       : path_svg(series, scale, y0, frame));
}

// Neighbours of one mark are one rectangle.
std::string strip_svg(const Chart& chart, const SvgForm& form, double y0, const Frame& frame) {
  std::string svg =
      fmt::format(R"(<text x="{:.0f}" y="{:.0f}">{}</text>)", left, y0 - 5, escaped(form.strip));
  for (std::size_t i = 0; i < chart.marks.size();) {
    const char mark = chart.marks[i];
    std::size_t end = i + 1;
    while (end < chart.marks.size() && chart.marks[end] == mark) ++end;
    for (const auto& each : form.classes)
      if (each.first == mark)
        svg += fmt::format(
            R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.0f}"/>)",
            each.second, frame.x(i), y0, frame.x(end) - frame.x(i), strip_height);
    i = end;
  }
  return svg;
}

std::string hours_svg(const Chart& chart, const ZoneOffsets& zone, const Frame& frame, double y) {
  const UtcTime end = chart.start + chart.step * static_cast<std::int64_t>(frame.slots);
  const int between = hours_between(chart.start, end, frame.width < 600 ? 8 : 16);
  std::string svg;
  for (std::size_t i = 0; i < frame.slots; ++i) {
    const UtcTime at = chart.start + chart.step * static_cast<std::int64_t>(i);
    const int minute = local_minute(at, zone);
    if (minute % 60 != 0 || minute / 60 % between != 0) continue;
    svg += fmt::format(R"(<text class="middle" x="{:.1f}" y="{:.0f}">{:02}:00</text>)", frame.x(i),
                       y, minute / 60);
  }
  return svg;
}

// Each day's name in its middle, and a line between two days.
std::string days_svg(const Chart& chart, const ZoneOffsets& zone, const SvgForm& form,
                     const Frame& frame, double y) {
  std::string svg;
  std::size_t begin = 0, day = 0;
  for (std::size_t i = 1; i <= frame.slots; ++i) {
    const UtcTime at = chart.start + chart.step * static_cast<std::int64_t>(i);
    if (i < frame.slots && local_minute(at, zone) != 0) continue;
    if (day < form.days.size())
      svg += fmt::format(R"(<text class="middle" x="{:.1f}" y="{:.0f}">{}</text>)",
                         frame.x(static_cast<double>(begin + i) / 2), y, escaped(form.days[day]));
    if (i < frame.slots)
      svg +=
          fmt::format(R"(<path class="grid" d="M{:.1f} {:.0f}V{:.0f}"/>)", frame.x(i), top, y - 12);
    begin = i;
    ++day;
  }
  return svg;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '&')
      result += "&amp;";
    else if (letter == '<')
      result += "&lt;";
    else if (letter == '>')
      result += "&gt;";
    else if (letter == '"')
      result += "&quot;";
    else
      result += letter;
  }
  return result;
}

std::string chart_text(const Chart& chart, const ZoneOffsets& zone, std::size_t columns,
                       bool colour) {
  constexpr std::array<const char*, 3> colours = {"\033[36m", "\033[32m", "\033[33m"};
  const std::size_t slots = slots_of(chart);
  if (slots == 0 || columns < scale_columns + 8 || chart.step.count() <= 0) return "";
  const Columns shown(slots, columns - scale_columns - 2);
  std::string text;
  for (std::size_t i = 0; i < chart.series.size(); ++i)
    text += panel_text(chart.series[i], shown, colour ? colours[i % colours.size()] : "",
                       chart.decimal_point);
  if (!chart.marks.empty()) text += marks_text(chart, shown);
  return text + axis_text(chart, zone, shown) + now_text(chart, shown);
}

std::string chart_svg(const Chart& chart, const ZoneOffsets& zone, const SvgForm& form) {
  const Frame frame{form.width, form.panel, slots_of(chart), form.decimal_point};
  if (frame.slots == 0 || chart.step.count() <= 0) return "";
  const double panels = top + static_cast<double>(chart.series.size()) * (form.panel + gap);
  const double height = panels + 4 + (form.strip.empty() ? 0 : strip_height + gap);
  std::string svg = fmt::format(
      R"(<svg class="chart"{} viewBox="0 0 {:.0f} {:.0f}" role="img"{}>)",
      form.in_page ? "" : R"( xmlns="http://www.w3.org/2000/svg")", form.width + 10, height,
      form.says.empty() ? "" : fmt::format(R"( aria-label="{}")", escaped(form.says)));
  for (std::size_t i = 0; i < chart.series.size(); ++i)
    svg +=
        panel_svg(chart.series[i], top + static_cast<double>(i) * (form.panel + gap), frame) + "\n";
  if (!form.strip.empty()) svg += strip_svg(chart, form, panels, frame) + "\n";
  svg += form.days.empty() ? hours_svg(chart, zone, frame, height - 8)
                           : days_svg(chart, zone, form, frame, height - 8);
  if (chart.now && *chart.now >= chart.start) {
    const double slot = std::chrono::duration<double>(*chart.now - chart.start) / chart.step;
    svg += fmt::format(R"(<path class="now" d="M{:.1f} {:.0f}V{:.0f}"/>)", frame.x(slot), top,
                       height - gap);
  }
  return svg + "</svg>\n";
}

std::string chart_svg(const Chart& chart, const ZoneOffsets& zone) {
  return chart_svg(chart, zone, SvgForm{});
}

std::string chart_style() {
  return ".chart{width:100%;height:auto;font:11px sans-serif}.chart text{fill:currentColor}"
         ".chart .end{text-anchor:end}.chart .middle{text-anchor:middle}"
         ".chart path{fill:none;stroke-width:1.5}.chart .grid{stroke:currentColor;opacity:.25;"
         "stroke-width:1}.chart .steps{stroke:#0b7285}.chart .line{stroke:#2b8a3e;stroke-width:2}"
         ".chart .in{fill:#1c7ed6}.chart .out{fill:#e8590c}"
         ".chart .now{stroke:currentColor;stroke-dasharray:3 3}"
         "@media(prefers-color-scheme:dark){.chart .steps{stroke:#66d9e8}"
         ".chart .line{stroke:#8ce99a}.chart .in{fill:#74c0fc}.chart .out{fill:#ffa94d}}";
}

}  // namespace wattledger::tool
