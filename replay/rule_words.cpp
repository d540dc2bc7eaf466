#include "replay/rule_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "coordinator/policy/planner.hpp"
#include "projections/fold/reason.hpp"
#include "replay/display.hpp"
#include "replay/wording.hpp"

namespace wattledger::tool {
namespace {

using fold::Language;

unsigned bit_of(fb::Outcome outcome) {
  switch (outcome) {
    case fb::Outcome::not_applicable:
      return RuleSentence::passed;
    case fb::Outcome::rejected:
      return RuleSentence::rejected;
    case fb::Outcome::chosen:
      return RuleSentence::chosen;
  }
  return 0;
}

bool fits(const RuleSentence& sentence, const fb::TriedRuleT& tried) {
  const auto& numbers = tried.numbers;
  if (sentence.rule != tried.rule || (sentence.outcomes & bit_of(tried.outcome)) == 0 ||
      numbers.size() < sentence.needs)
    return false;
  if (sentence.left == RuleSentence::none) return true;
  const std::int64_t than = sentence.right == RuleSentence::none
                                ? sentence.above
                                : numbers[static_cast<std::size_t>(sentence.right)];
  return numbers[static_cast<std::size_t>(sentence.left)] > than;
}

std::string fault_text(std::int64_t number, Language language) {
  const bool known = number >= 0 && number <= static_cast<std::int64_t>(fb::Fault::MAX);
  return fold::fault_text(known ? static_cast<fb::Fault>(number) : fb::Fault::unknown, language);
}

std::string value_text(std::int64_t value, char kind, const WordsContext& context) {
  const Wording say(context.language);
  switch (kind) {
    case '%':
      return say.quantity(percent_text(value));
    case 'p':
      return say.quantity(price_text(value));
    case 'm':
      return say.quantity(
          fmt::format("{:.2f} {}", static_cast<double>(value) / 1e8, context.currency));
    case 'W':
      return say.quantity(fmt::format("{:.1f} kW", static_cast<double>(value) / 1e3));
    case 'd':
      return say.quantity(fmt::format("{:.1f} °C", static_cast<double>(value) / 1e3));
    case 't':
      return short_duration(std::chrono::seconds(value));
    case 'c':
      return local_text(UtcTime(std::chrono::seconds(value)), context.zone).substr(11, 5);
    case 'f':
      return fault_text(value, context.language);
    case 'o':
      return obstacle_text(value, context.language);
    default:
      return std::to_string(value);
  }
}

// Whether `rejected` says that it would have decided, had nothing been sold.
bool gives_way(fb::Rule rule) {
  using fb::Rule;
  return rule != Rule::owner_override && rule != Rule::emergency_charge &&
         rule != Rule::anti_flap && rule != Rule::plan_kept && rule != Rule::critical_wait &&
         rule != Rule::cheapest_slots;
}

// Fills "{0%}" and the like.
std::string filled(std::string_view text, const std::vector<std::int64_t>& numbers,
                   const WordsContext& context) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      result += text[i];
      continue;
    }
    const auto index = static_cast<std::size_t>(text[i + 1] - '0');
    result += index < numbers.size() ? value_text(numbers[index], text[i + 2], context) : "?";
    i += 3;
  }
  return result;
}

}  // namespace

std::string obstacle_text(std::int64_t number, Language language) {
  using policy::PlanObstacle;
  if (number < 0 || number > static_cast<std::int64_t>(PlanObstacle::numbers)) return "?";
  const bool polish = language == Language::polish;
  switch (static_cast<PlanObstacle>(number)) {
    case PlanObstacle::import_limit:
      return polish ? "pobór z sieci" : "what may be taken from the grid";
    case PlanObstacle::export_limit:
      return polish ? "oddawanie do sieci" : "what may be fed in";
    case PlanObstacle::charge_limit:
      return polish ? "moc ładowania" : "the charging power";
    case PlanObstacle::discharge_limit:
      return polish ? "moc rozładowania" : "the discharging power";
    case PlanObstacle::stored_min:
      return polish ? "najniższy stan baterii" : "the least charge";
    case PlanObstacle::stored_max:
      return polish ? "najwyższy stan baterii" : "the most charge";
    case PlanObstacle::sale_floor:
      return polish ? "dno sprzedaży" : "the floor of a sale";
    case PlanObstacle::numbers:
      return polish ? "liczba spoza zakresu" : "a number out of range";
  }
  return "?";
}

std::string short_duration(std::chrono::seconds duration) {
  std::string text = duration_text(duration);
  for (const std::string_view nothing : {" 0 min", " 0 h"})
    if (text.size() > nothing.size() &&
        text.compare(text.size() - nothing.size(), nothing.size(), nothing) == 0)
      text.resize(text.size() - nothing.size());
  return text;
}

std::string spaced(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string rule_words(const fb::TriedRuleT& tried, const WordsContext& context) {
  for (const RuleSentence& sentence : rule_sentences())
    if (fits(sentence, tried))
      return filled(context.language == Language::polish ? sentence.polish : sentence.english,
                    tried.numbers, context);
  // Of an older engine that told less, or a newer one.
  std::string numbers;
  for (const std::int64_t number : tried.numbers) numbers += fmt::format(" {}", number);
  return numbers.empty() ? "-" : numbers.substr(1);
}

std::string_view outcome_words(const fb::TriedRuleT& tried, Language language) {
  const bool polish = language == Language::polish;
  const bool of_sale = tried.rule >= fb::Rule::sale_limits && tried.rule < fb::Rule::sale;
  switch (tried.outcome) {
    case fb::Outcome::chosen:
      return polish ? "decyduje" : "decides";
    case fb::Outcome::rejected:
      if (of_sale) return polish ? "zabrania" : "forbids";
      if (gives_way(tried.rule)) return polish ? "odłożona" : "set aside";
      return polish ? "nie" : "no";
    case fb::Outcome::not_applicable:
      return polish ? "nie" : "no";
  }
  return "";
}

}  // namespace wattledger::tool
