// Series over one time axis, drawn as block characters for a terminal and as SVG for a page. Pure:
// the same chart gives the same text everywhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/time.hpp"

namespace wattledger::tool {

// values[i] holds over [start + i * step, start + (i + 1) * step); absent where nothing is known.
struct ChartSeries {
  enum class Form { steps, line, bars };
  std::string name;
  std::string unit;
  Form form = Form::steps;
  int decimals = 1;
  std::vector<std::optional<double>> values;
  // The scale's ends; else the least and the greatest value, of bars zero too.
  std::optional<double> low, high;
};

struct Chart {
  UtcTime start;
  std::chrono::seconds step{900};
  std::vector<ChartSeries> series;  // one panel each, in this order
  std::string marks;                // a letter a slot, or empty; a space says nothing
  std::optional<UtcTime> now;       // marked on the axis, …
  std::string decided = "decided";  // … so
  char decimal_point = '.';         // of a text
};

// Lines of at most `columns`, each ended; of more slots than fit, neighbours are taken together:
// their mean, and the first mark that is none of '.' and ' '. Bars are drawn by their size, the
// marks say which way. With `colour` in ANSI colours.
[[nodiscard]] std::string chart_text(const Chart& chart, const ZoneOffsets& zone,
                                     std::size_t columns, bool colour);

// How a chart is drawn as SVG.
struct SvgForm {
  double width = 800;
  double panel = 90;     // height of each
  bool in_page = false;  // inside HTML, which knows the namespace
  std::string says;      // for whoever does not see it
  char decimal_point = '.';
  // A strip below the panels, named so, with the class of each letter of Chart::marks.
  std::string strip;
  std::vector<std::pair<char, std::string>> classes;
  // Names of the local days, instead of hours; lines stand at midnight.
  std::vector<std::string> days;
};
// An <svg> of its own, which grows with its place; colours by chart_style()'s classes.
[[nodiscard]] std::string chart_svg(const Chart& chart, const ZoneOffsets& zone,
                                    const SvgForm& form);
// 800 wide, without a strip.
[[nodiscard]] std::string chart_svg(const Chart& chart, const ZoneOffsets& zone);
// CSS for light and dark.
[[nodiscard]] std::string chart_style();

// For HTML and SVG: & < > " as entities.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace wattledger::tool
