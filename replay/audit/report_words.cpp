#include "replay/audit/report_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "replay/display.hpp"
#include "replay/rule_words.hpp"

namespace wattledger::tool {
namespace {

constexpr std::array<const char*, 12> months_english{
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<const char*, 12> months_polish{
    "styczeń", "luty",     "marzec",   "kwiecień",    "maj",      "czerwiec",
    "lipiec",  "sierpień", "wrzesień", "październik", "listopad", "grudzień"};
constexpr std::array<const char*, 7> days_english{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 7> days_polish{"nd", "pn", "wt", "śr", "cz", "pt", "sb"};

}  // namespace

std::string_view ReportWords::operator()(Say id) const {
  const auto texts = report_texts();
  const auto text = std::find_if(texts.begin(), texts.end(),
                                 [&](const ReportText& each) { return each.id == id; });
  if (text == texts.end()) return "?";
  return language_ == fold::Language::polish ? text->polish : text->english;
}

std::string ReportWords::filled(Say id, const std::vector<std::string>& values) const {
  const std::string_view text = (*this)(id);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool place = text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}';
    const auto index = place ? static_cast<std::size_t>(text[i + 1] - '0') : values.size();
    if (index >= values.size()) {
      result += text[i];
      continue;
    }
    result += values[index];
    i += 2;
  }
  return result;
}

std::string ReportWords::rule(fb::Rule rule) const {
  for (const RuleName& each : rule_names())
    if (each.rule == rule) return language_ == fold::Language::polish ? each.polish : each.english;
  return spaced(fb::EnumNameRule(rule));
}

std::string ReportWords::action(fb::Action action) const {
  switch (action) {
    case fb::Action::self_use:
      return say(Say::act_self_use);
    case fb::Action::charge:
      return say(Say::act_charge);
    case fb::Action::hold:
      return say(Say::act_hold);
    case fb::Action::sell:
      return say(Say::act_sell);
    case fb::Action::stop:
      return say(Say::act_stop);
  }
  return "?";
}

std::string ReportWords::happening(HappeningKind kind) const {
  switch (kind) {
    case HappeningKind::fault_raised:
      return say(Say::fault_raised);
    case HappeningKind::fault_cleared:
      return say(Say::fault_cleared);
    case HappeningKind::alert_raised:
      return say(Say::alert_raised);
    case HappeningKind::alert_ended:
      return say(Say::alert_ended);
    case HappeningKind::override_requested:
      return say(Say::override_requested);
    case HappeningKind::override_ended:
      return say(Say::override_ended);
    case HappeningKind::correction:
      return say(Say::correction);
    case HappeningKind::source_failed:
      return say(Say::source_failed);
    case HappeningKind::foreign_change:
      return say(Say::foreign_change);
  }
  return "?";
}

std::string ReportWords::number(double value, int decimals) const {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  const bool nothing = text.find_first_of("123456789") == std::string::npos;
  if (text.front() == '-') text = (nothing ? "" : "−") + text.substr(1);
  if (language_ == fold::Language::polish) std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

std::string ReportWords::month(const Month& month) const {
  const auto& names = language_ == fold::Language::polish ? months_polish : months_english;
  return fmt::format("{} {}", names[month.month - 1], month.year);
}

std::string ReportWords::short_day(std::int32_t day) const {
  const auto& names = language_ == fold::Language::polish ? days_polish : days_english;
  const std::chrono::local_days date{std::chrono::days(day)};
  return fmt::format("{} {}", names[std::chrono::weekday(date).c_encoding()],
                     static_cast<unsigned>(std::chrono::year_month_day(date).day()));
}

std::string day_text(std::int32_t day) { return date_text(LocalTime(std::chrono::days(day))); }

std::string minute_text(UtcTime at, const ZoneOffsets& zone) {
  return local_text(at, zone).substr(0, 16);
}

}  // namespace wattledger::tool
