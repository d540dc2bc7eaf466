// What a rule that was tried found, in a sentence with its numbers. Reads what
// coordinator/policy/README.md says of each rule's numbers; the sentences stand in rule_table.cpp,
// each in both languages.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "events/codec.hpp"
#include "events/time.hpp"
#include "projections/fold/language.hpp"

namespace wattledger::tool {

// A sentence for a rule of one of these outcomes that carries at least `needs` numbers and, where
// `left` is an index, whose numbers[left] is above numbers[right] or the constant `above`. The
// first that fits is said. In its text {0%} is a share in basis points, p a price, m money, W a
// power in watts, d a temperature in thousandths of a degree, t a time in seconds, c a clock in
// seconds since 1970, n a number, f a fault, o a planner's obstacle.
struct RuleSentence {
  static constexpr unsigned passed = 1, rejected = 2, chosen = 4;
  static constexpr int none = -1;

  fb::Rule rule;
  unsigned outcomes;
  std::size_t needs;
  int left, right;
  std::int64_t above;  // where `right` is none
  const char* english;
  const char* polish;
};
[[nodiscard]] std::span<const RuleSentence> rule_sentences();

struct WordsContext {
  const ZoneOffsets& zone;
  const std::string& currency;
  fold::Language language = fold::Language::english;
};

[[nodiscard]] std::string rule_words(const fb::TriedRuleT& tried, const WordsContext& context);
// "decides"; "no"; "set aside" for a rule that held and gave way to a sale; "forbids" for one that
// forbids a sale.
[[nodiscard]] std::string_view outcome_words(const fb::TriedRuleT& tried, fold::Language language);
// As display.hpp's duration_text(), but "12 h", not "12 h 0 min".
[[nodiscard]] std::string short_duration(std::chrono::seconds duration);
// What keeps a plan from being, by policy::PlanObstacle's number: "the charging power"
[[nodiscard]] std::string obstacle_text(std::int64_t number, fold::Language language);
// "cheapest slots"
[[nodiscard]] std::string spaced(std::string_view name);

}  // namespace wattledger::tool
