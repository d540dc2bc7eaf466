// One page without scripts and without anything from elsewhere.
#include <fmt/format.h>

#include <algorithm>

#include "replay/audit/explain_words.hpp"
#include "replay/rule_words.hpp"

namespace wattledger::tool {
namespace {

constexpr const char* page_style =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:54rem;"
    "margin:2rem auto;padding:0 1rem}h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}"
    ".why{font-size:1.15rem}.note{border-left:4px solid #e8590c;padding-left:.8rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;"
    "padding:.25rem .6rem .25rem 0;border-bottom:1px solid #8884}.number{text-align:right;"
    "white-space:nowrap}.decides td{font-weight:600}.wide{overflow-x:auto}small{opacity:.8}"
    "@media print{body{margin:0}}";

std::string cell(const std::string& text, const char* kind = "") {
  return fmt::format("<td{}>{}</td>", *kind == '\0' ? "" : fmt::format(" class=\"{}\"", kind),
                     escaped(text));
}

std::string section(const std::string& name, const std::string& content) {
  return "<h2>" + escaped(name) + "</h2>\n" + content;
}

std::string list_section(const std::string& name, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string items = "<ul>\n";
  for (const std::string& each : lines) items += "<li>" + escaped(each) + "</li>\n";
  return section(name, items + "</ul>\n");
}

std::string table(const std::string& rows) {
  return "<div class=\"wide\"><table>\n" + rows + "</table></div>\n";
}

// `numbers`: the columns that hold numbers.
std::string head(const std::vector<std::string>& names, const std::vector<std::size_t>& numbers) {
  std::string row = "<tr>";
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool number = std::find(numbers.begin(), numbers.end(), i) != numbers.end();
    row += fmt::format("<th{}>{}</th>", number ? " class=\"number\"" : "", escaped(names[i]));
  }
  return row + "</tr>\n";
}

SvgForm svg_form(const Explanation& explanation) {
  SvgForm form;
  if (explanation.language == fold::Language::polish) form.decimal_point = ',';
  return form;
}

std::string facts_table(const Explanation& explanation) {
  const Wording say(explanation.language);
  std::string rows = head({say("fact", "fakt"), say("record", "wpis"), say("age", "wiek"),
                           say("what it said", "co mówił")},
                          {1, 2});
  for (const FactShown& each : explanation.facts)
    rows += "<tr>" + cell(each.title) +
            cell(each.sequence.value == 0 ? "-" : std::to_string(each.sequence.value), "number") +
            cell(age_text(each), "number") + cell(each.words) + "</tr>\n";
  return table(rows);
}

std::string rules_table(const Explanation& explanation) {
  const Wording say(explanation.language);
  std::string rows =
      head({say("rule", "reguła"), say("outcome", "wynik"), say("why", "dlaczego")}, {});
  for (const RuleShown& each : explanation.rules)
    rows += (each.tried->outcome == fb::Outcome::chosen ? "<tr class=\"decides\">" : "<tr>") +
            cell(rule_title(each.tried->rule, explanation.language)) +
            cell(std::string(outcome_words(*each.tried, explanation.language))) + cell(each.words) +
            "</tr>\n";
  return table(rows);
}

std::string alternatives_table(const Explanation& explanation) {
  const AlternativeCells heading = alternative_heading(explanation);
  std::string rows = head({heading.begin(), heading.end()}, {1, 2, 3});
  const std::vector<AlternativeCells> all = alternative_rows(explanation);
  for (std::size_t index = 0; index < all.size(); ++index) {
    const AlternativeCells& row = all[index];
    rows += explanation.alternatives->each[index].chosen ? "<tr class=\"decides\">" : "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      rows += cell(row[i], i > 0 && i < 4 ? "number" : "");
    rows += "</tr>\n";
  }
  return table(rows) + "<p><small>" + escaped(alternative_remark(explanation)) + "</small></p>\n";
}

}  // namespace

std::string explain_html(const Explanation& explanation) {
  const auto heading = [&](Section section) { return heading_of(section, explanation); };
  const std::string title = title_of(explanation);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"" + std::string(fold::language_code(explanation.language)) +
      "\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>" +
      escaped(title) + "</title>\n<style>" + page_style + chart_style() +
      "</style></head><body>\n<h1>" + escaped(title) + "</h1>\n";
  if (!explanation.sentence.empty())
    page += "<p class=\"why\">" + escaped(explanation.sentence) + "</p>\n";
  for (const std::string& each : notice_lines(explanation))
    page += "<p class=\"note\">" + escaped(each) + "</p>\n";
  if (explanation.told.is_imported) return page + "</body></html>\n";
  if (explanation.plan)
    page += section(plan_line(explanation),
                    chart_svg(chart_of(explanation), explanation.zone, svg_form(explanation)));
  page += section(heading(Section::rules), rules_table(explanation));
  page += section(heading(Section::facts), facts_table(explanation));
  if (explanation.alternatives)
    page += section(heading(Section::alternatives), alternatives_table(explanation));
  page += list_section(heading(Section::commands), command_lines(explanation));
  page += list_section(heading(Section::happened), happened_lines(explanation));
  page += list_section(heading(Section::proof), proof_lines(explanation));
  return page + "</body></html>\n";
}

}  // namespace wattledger::tool
