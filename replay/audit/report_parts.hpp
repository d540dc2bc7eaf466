// The parts of a report's page, as HTML. Pure.
#pragma once

#include <string>

#include "replay/audit/report_words.hpp"

namespace wattledger::tool {

// <h2> and what follows; nothing for nothing.
[[nodiscard]] std::string part(const ReportWords& words, Say name, const std::string& content);
[[nodiscard]] std::string paragraph(const std::string& text, const char* css = "");

// report_chart.cpp
[[nodiscard]] std::string daily_savings(const Report& report, const ReportWords& words);
[[nodiscard]] std::string week_charts(const Report& report, const ReportWords& words);
[[nodiscard]] std::string day_charts(const Report& report, const ReportWords& words);
[[nodiscard]] std::string report_chart_style();

// report_tables.cpp
[[nodiscard]] std::string days_table(const Report& report, const ReportWords& words);
[[nodiscard]] std::string ways_part(const Report& report, const ReportWords& words);
[[nodiscard]] std::string sessions_table(const Report& report, const ReportWords& words);
[[nodiscard]] std::string forecasts_table(const Report& report, const ReportWords& words);
[[nodiscard]] std::string happenings_table(const Report& report, const ReportWords& words);
[[nodiscard]] std::string rules_table(const Report& report, const ReportWords& words);

// What is written where nothing is known.
inline constexpr const char* unknown_text = "–";

}  // namespace wattledger::tool
