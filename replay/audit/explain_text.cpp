#include <fmt/format.h>

#include <algorithm>

#include "replay/audit/explain_words.hpp"
#include "replay/rule_words.hpp"

namespace wattledger::tool {
namespace {

// Characters of UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char letter) {
    return (static_cast<unsigned char>(letter) & 0xC0U) != 0x80U;
  }));
}

std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t width = width_of(text);
  return width >= columns ? text : text + std::string(columns - width, ' ');
}

// A number keeps its unit.
std::size_t end_of_word(const std::string& text, std::size_t begin) {
  constexpr std::size_t unit_max = 3;
  const std::size_t end = std::min(text.find(' ', begin), text.size());
  if (end == begin || end == text.size() || text[end - 1] < '0' || text[end - 1] > '9') return end;
  const std::size_t next = std::min(text.find(' ', end + 1), text.size());
  return next - end - 1 <= unit_max ? next : end;
}

// `first`, then `text` broken between words; what follows stands under where it began.
std::string wrapped(const std::string& first, const std::string& text, std::size_t columns) {
  const std::size_t indent = width_of(first);
  std::string result = first;
  std::size_t at = indent;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = end_of_word(text, begin);
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (at > indent && at + 1 + width_of(word) > columns) {
      result += "\n" + std::string(indent, ' ');
      at = indent;
    }
    if (at > indent) {
      result += ' ';
      ++at;
    }
    result += word;
    at += width_of(word);
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result + "\n";
}

class Text {
 public:
  explicit Text(const TextForm& form) : form_(form) {}

  void heading(const std::string& words) {
    const std::string lines = wrapped("", words, form_.columns);
    text_ += "\n" + (form_.colour ? "\033[1m" + lines + "\033[0m" : lines);
  }
  void lines(const std::string& name, const std::vector<std::string>& all) {
    if (all.empty()) return;
    heading(name);
    for (const std::string& each : all) text_ += wrapped("  ", each, form_.columns);
  }
  void facts(const Explanation& explanation);
  void rules(const Explanation& explanation);
  void alternatives(const Explanation& explanation);
  void plain(const std::string& words) { text_ += wrapped("", words, form_.columns); }
  void raw(const std::string& words) { text_ += words; }
  [[nodiscard]] const std::string& all() const { return text_; }

 private:
  const TextForm& form_;
  std::string text_;
};

void Text::facts(const Explanation& explanation) {
  heading(heading_of(Section::facts, explanation));
  for (const FactShown& each : explanation.facts) {
    const std::string record = each.sequence.value == 0 ? "-" : std::to_string(each.sequence.value);
    text_ += wrapped(fmt::format("  {:<15} {:>8} {:>11}  ", each.title, record, age_text(each)),
                     each.words, form_.columns);
  }
}

// As wide as English needs, or the longest name.
std::size_t title_columns(const Explanation& explanation) {
  std::size_t columns = 19;
  for (const RuleShown& each : explanation.rules)
    columns = std::max(columns, width_of(rule_title(each.tried->rule, explanation.language)));
  return columns + 2;
}

void Text::rules(const Explanation& explanation) {
  heading(heading_of(Section::rules, explanation));
  const std::size_t columns = title_columns(explanation);
  for (const RuleShown& each : explanation.rules)
    text_ += wrapped("  " + padded(rule_title(each.tried->rule, explanation.language), columns) +
                         padded(std::string(outcome_words(*each.tried, explanation.language)), 11),
                     each.words, std::max<std::size_t>(form_.columns, 80));
}

void Text::alternatives(const Explanation& explanation) {
  if (!explanation.alternatives) return;
  heading(heading_of(Section::alternatives, explanation));
  std::vector<AlternativeCells> rows = alternative_rows(explanation);
  rows.insert(rows.begin(), alternative_heading(explanation));
  std::array<std::size_t, 5> widths{};
  for (const AlternativeCells& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  for (const AlternativeCells& row : rows) {
    std::string line = "  " + padded(row[0], widths[0]);
    for (std::size_t i = 1; i < 4; ++i)
      if (widths[i] > 0) line += "  " + std::string(widths[i] - width_of(row[i]), ' ') + row[i];
    if (!row[4].empty()) line += "  " + row[4];
    text_ += line + "\n";
  }
  text_ += wrapped("  ", alternative_remark(explanation), form_.columns);
}

}  // namespace

std::string explain_text(const Explanation& explanation, const TextForm& form) {
  Text text(form);
  text.plain(title_of(explanation));
  if (!explanation.sentence.empty()) text.plain(explanation.sentence);
  for (const std::string& each : notice_lines(explanation)) text.plain(each);
  if (explanation.told.is_imported) return text.all();
  text.facts(explanation);
  text.rules(explanation);
  if (explanation.plan) {
    text.heading(plan_line(explanation));
    text.raw(chart_text(chart_of(explanation), explanation.zone, form.columns, form.colour));
    text.plain(plan_legend(explanation));
  }
  text.alternatives(explanation);
  text.lines(heading_of(Section::commands, explanation), command_lines(explanation));
  text.lines(heading_of(Section::happened, explanation), happened_lines(explanation));
  text.lines(heading_of(Section::proof, explanation), proof_lines(explanation));
  return text.all();
}

}  // namespace wattledger::tool
