// The same decision in every language: a sentence for whatever can be decided, with the same
// numbers. tests/golden/fold/reasons.txt has chosen ones to read; WATTLEDGER_UPDATE_GOLDEN=1
// writes it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "projections/fold/reason.hpp"
#include "projections/fold/reason_words.hpp"
#include "tests/support/places.hpp"

namespace wattledger::fold {
namespace {

using fb::Action;
using fb::Rule;
using Numbers = std::vector<std::int64_t>;

// Warsaw's winter.
const ZoneOffsets warsaw({{utc_from_us(0), std::chrono::hours(1)}});
constexpr std::int64_t c = 1'000'000;             // a hundredth of a currency unit, e8
constexpr std::int64_t at_02_00 = 1'764'291'600;  // 2025-11-28T01:00:00Z

fb::DecisionMadeT decided(Action action, Rule rule, Numbers numbers) {
  fb::DecisionMadeT fact;
  fact.action = action;
  fact.rule = rule;
  auto tried = std::make_unique<fb::TriedRuleT>();
  tried->rule = rule;
  tried->outcome = fb::Outcome::chosen;
  tried->numbers = std::move(numbers);
  fact.tried.push_back(std::move(tried));
  return fact;
}

std::string english(const fb::DecisionMadeT& fact) {
  return reason_text(fact, warsaw, Language::english);
}
std::string polish(const fb::DecisionMadeT& fact) {
  return reason_text(fact, warsaw, Language::polish);
}
std::string polish(Action action, Rule rule, Numbers numbers) {
  return polish(decided(action, rule, std::move(numbers)));
}

bool is_digit(char ch) { return ch >= '0' && ch <= '9'; }

// "0.4521", "02:15", "-1", each as often as it is there, sorted.
std::vector<std::string> numbers_in(const std::string& text, char decimal_mark) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) continue;
    std::string number = i > 0 && text[i - 1] == '-' ? "-" : "";
    for (; i < text.size(); ++i) {
      const bool mark = (text[i] == decimal_mark || text[i] == ':') && i + 1 < text.size() &&
                        is_digit(text[i + 1]);
      if (!is_digit(text[i]) && !mark) break;
      number += text[i] == decimal_mark ? '.' : text[i];
    }
    found.push_back(number);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// What is wrong with the two sentences; empty if nothing is.
std::string amiss(const std::string& one, const std::string& other) {
  for (const std::string& text : {one, other}) {
    if (text.size() < 10 || text.back() != '.') return "no sentence: " + text;
    if (text.find_first_of("{}|") != std::string::npos) return "a placeholder: " + text;
    if (text.find("  ") != std::string::npos || text.find(" ,") != std::string::npos)
      return "a gap: " + text;
  }
  if (one == other) return "not translated: " + one;
  if (numbers_in(one, '.') != numbers_in(other, ',')) return "other numbers: " + one + other;
  return {};
}

// Numbers that lead each rule into each of its sentences: comparisons either way, zero, below zero,
// one and many, faults and obstacles that there are and that there are not.
std::vector<Numbers> number_sets() {
  std::vector<Numbers> sets = {
      {450, 500, 200, 300, 4, 6, 7, 8},           {60 * c, 50 * c, 54 * c, 43'200, 21, 3, 1, 1},
      {50 * c, 60 * c, 1, 84, -5, 6, 7, 8},       {60 * c, 50 * c, 1, 1, -5, 6, 7, 8},
      {-500, 200, 60 * c, 70 * c, -50, 1, 2, 3},  {500, 200, 60 * c, 70 * c, 150, 1, 2, 3},
      {900, 1'200, 150 * c, 120 * c, 0, 0, 0, 0}, {900, 1'200, at_02_00, 1'250, 1, 2, 3, 4},
      {0, 2'000, 4'100, 4'000, 1, 2, 3, 4},       {0, 2'000, 0, 4'000, 2, 2, 3, 4},
      {9'000, 8'000, 0, 0, 0, 0, 0, 0},           {8'600, 9'000, 8'500, 1, 2, 3, 4, 5},
      {-1, -7'410'000, 1, 1, 1, 1, 1, 1},         {22, 0, 5, 1, 1, 1, 1, 1}};
  for (std::int64_t i = 0; i <= static_cast<std::int64_t>(fb::Fault::MAX) + 1; ++i)
    sets.push_back({i, at_02_00, 7'200, 1'250, 150, 2, 1, 0});
  return sets;
}

// The values whose text is shown; "{count|charge|charges}" only chooses a word.
std::set<std::string> values_of(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find_first_of("|}", at);
    if (text[end] == '}') names.emplace(text.substr(at + 1, end - at - 1));
  }
  return names;
}

struct Chosen {
  Action action;
  Rule rule;
  Numbers numbers;
  std::optional<std::int64_t> price_e8 = std::nullopt;
};

// One for each rule, and the ways of those that owners meet most.
std::vector<Chosen> chosen() {
  using A = Action;
  using R = Rule;
  return {
      {A::self_use, R::data_missing, {}},
      {A::self_use, R::data_stale, {240, 180}},
      {A::self_use, R::data_implausible, {}},
      {A::stop, R::latched_safety, {static_cast<std::int64_t>(fb::Fault::battery_temperature)}},
      {A::self_use, R::latched_safety, {static_cast<std::int64_t>(fb::Fault::clock_unreliable)}},
      {A::charge, R::emergency_charge, {450, 500}},
      {A::hold, R::emergency_charge, {450, 500}},
      {A::hold, R::owner_override, {1'234}},
      {A::self_use, R::operator_limit, {3}},
      {A::self_use, R::operator_limit, {2}},
      {A::charge, R::anti_flap, {120, 900}},
      {A::charge, R::cheapest_slots, {33'120'000, 35'004'900, 9, 84}},
      {A::charge, R::cheapest_slots, {-5'000, 1, 1, 84}},
      {A::self_use, R::battery_full, {9'100, 9'000}},
      {A::self_use, R::battery_full, {8'600, 9'000, 8'500}},
      {A::self_use, R::serve_house, {55'120'000, 35'000'000, 9, 84}},
      {A::self_use, R::serve_house, {}},
      {A::self_use, R::no_price, {}},
      {A::self_use, R::planned, {50 * c, 54'740'000, 21'050'000, 43'200}, 60 * c},
      {A::charge, R::planned, {50 * c, 321 * c, 71'050'000, 79'200}, 45'210'000},
      {A::sell, R::planned, {50 * c, 321 * c, 71'050'000, 18'000}, 145'210'000},
      {A::hold, R::plan_kept, {2'890'000, 10 * c, 54'740'000}, 52 * c},
      {A::hold, R::plan_kept, {-7'410'000, 10 * c, 54'830'000}, 62'980'000},
      {A::hold, R::planned, {50 * c, 321 * c, 54 * c, 18'000, 71 * c}, 82 * c},
      {A::hold, R::plan_kept, {2'890'000, 10 * c, 54 * c, 41 * c}, 82 * c},
      {A::sell, R::planned, {50 * c, 321 * c, 71 * c, 18'000, 114 * c}, 145 * c},
      {A::sell, R::plan_kept, {2'890'000, 10 * c, 71 * c, 70 * c}, 145 * c},
      {A::self_use, R::connection_limit, {8'000, 7'800}},
      {A::self_use, R::plan_infeasible, {0, at_02_00}},
      {A::self_use, R::price_too_high, {111 * c, 110 * c}},
      {A::charge, R::charge_goes_on, {40 * c, 110 * c}},
      {A::charge, R::no_sun, {-500, 200, 60 * c, 70 * c, -50}},
      {A::charge, R::no_sun, {100, 200, 60 * c, 70 * c, 150}},
      {A::charge, R::critical_charge, {900, 1'200, 50 * c, 120 * c}},
      {A::charge, R::critical_charge, {900, 1'200, 150 * c, 120 * c}},
      {A::self_use, R::critical_wait, {150 * c, 105 * c, at_02_00}},
      {A::self_use, R::critical_wait, {150 * c, 0, at_02_00, 1'250}},
      {A::charge, R::zone_ending, {3'600, 3'001}},
      {A::charge, R::before_peak, {60 * c, 70 * c}},
      {A::charge, R::near_cheapest, {46 * c, 40 * c}},
      {A::self_use, R::price_above_cheapest, {60 * c, 40 * c}},
      {A::charge, R::session_goes_on, {6'000, 9'000}},
      {A::self_use, R::session_limit, {4, 4}},
      {A::self_use, R::recently_full, {8'250, 9'000}},
      {A::charge, R::cheap_price, {40 * c, 50 * c}},
      {A::self_use, R::cheap_price, {60 * c, 50 * c}},
      {A::charge, R::super_cheap, {10 * c, 20 * c}},
      {A::self_use, R::sale_limits, {22, 5'000}},
      {A::self_use, R::sale_floor, {7'900, 8'000}},
      {A::self_use, R::sale_cap, {2'000, 2'000, 2'000, 4'000, 1, 2}},
      {A::self_use, R::sale_cap, {0, 2'000, 0, 4'000, 5, 5}},
      {A::self_use, R::sale_price, {60 * c, 80 * c}},
      {A::self_use, R::sale_buy_back, {90 * c, 120 * c}},
      {A::self_use, R::sale_buy_back, {90 * c}},
      {A::self_use, R::sale_timing, {90 * c, 120 * c}},
      {A::self_use, R::sale_sun, {900, 600}},
      {A::sell, R::sale, {150 * c, 80 * c}}};
}

std::string page() {
  std::string text;
  for (const Chosen& each : chosen()) {
    fb::DecisionMadeT fact = decided(each.action, each.rule, each.numbers);
    if (each.price_e8) fact.price_e8 = *each.price_e8;
    if (each.action == Action::charge || each.action == Action::sell) {
      fact.power_w = 4'700;
      fact.until_us = at_02_00 * 1'000'000;
      fact.target_soc_bp = static_cast<std::uint16_t>(each.action == Action::sell ? 5'000 : 9'000);
    }
    text += english(fact) + "\n" + polish(fact) + "\n\n";
  }
  return text;
}

}  // namespace

TEST_SUITE("fold/reason in two languages") {
  TEST_CASE("whatever is decided has a sentence in each language, with the same numbers in it") {
    std::size_t walked = 0;
    for (int rule = 0; rule <= static_cast<int>(Rule::MAX) + 1; ++rule)
      for (int action = 0; action <= static_cast<int>(Action::MAX) + 1; ++action)
        for (const Numbers& numbers : number_sets())
          for (std::size_t count = 0; count <= numbers.size(); ++count)
            for (const bool more : {false, true}) {
              fb::DecisionMadeT fact = decided(
                  static_cast<Action>(action), static_cast<Rule>(rule),
                  Numbers(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(count)));
              if (more) {
                fact.power_w = -4'750;
                fact.until_us = at_02_00 * 1'000'000;
                fact.target_soc_bp = std::uint16_t{1'250};
                fact.price_e8 = 52 * c;
              }
              const std::string wrong = amiss(english(fact), polish(fact));
              // Not a CHECK each: the message alone costs more than all the rest.
              if (!wrong.empty()) FAIL_CHECK(fb::EnumNameRule(fact.rule), ": ", wrong);
              ++walked;
            }
    CHECK(walked > 40'000);
  }

  TEST_CASE("every phrase shows the same values in each language") {
    for (std::size_t i = 0; i < phrase_count; ++i) {
      CAPTURE(english_texts()[i].text);
      CHECK(values_of(english_texts()[i].text) == values_of(polish_texts()[i].text));
    }
  }

  TEST_CASE("in English the sentence is the one that projections have") {
    for (const Chosen& each : chosen()) {
      const fb::DecisionMadeT fact = decided(each.action, each.rule, each.numbers);
      CHECK(english(fact) == reason_text(fact, warsaw));
    }
  }

  TEST_CASE("Polish counts one, a few and many") {
    struct Row {
      std::int64_t count;
      const char* charges;
    };
    for (const Row& row : std::vector<Row>{{0, "było już 0 ładowań"},
                                           {1, "było już 1 ładowanie"},
                                           {2, "były już 2 ładowania"},
                                           {4, "były już 4 ładowania"},
                                           {5, "było już 5 ładowań"},
                                           {11, "było już 11 ładowań"},
                                           {12, "było już 12 ładowań"},
                                           {14, "było już 14 ładowań"},
                                           {21, "było już 21 ładowań"},
                                           {22, "były już 22 ładowania"},
                                           {25, "było już 25 ładowań"},
                                           {101, "było już 101 ładowań"},
                                           {103, "były już 103 ładowania"},
                                           {112, "było już 112 ładowań"}})
      CHECK(polish(Action::self_use, Rule::session_limit, {row.count, 4}) ==
            "Zasilanie domu: dziś " + std::string(row.charges) + ", a może być 4.");
  }

  TEST_CASE(
      "Polish numbers have a decimal comma, per cent without a space, and the house's clock") {
    fb::DecisionMadeT fact = decided(Action::charge, Rule::price_too_high, {45'210'000, -5'000});
    fact.power_w = 4'700;
    fact.until_us = at_02_00 * 1'000'000;
    fact.target_soc_bp = std::uint16_t{1'250};
    CHECK(polish(fact) ==
          "Ładowanie z mocą 4,7 kW do godziny 02:00, do poziomu 12,5%: cena 0,4521 za kWh "
          "przekracza -0,0001.");
  }

  TEST_CASE("a language has its code, and no other") {
    for (const Language language : {Language::english, Language::polish})
      CHECK(language_of(language_code(language)) == language);
    CHECK(language_code(Language::polish) == "pl");
    for (const char* code : {"", "PL", "polish", "de", "pl_PL"}) CHECK_FALSE(language_of(code));
  }

  TEST_CASE("the chosen sentences read as they did") {
    const auto file = testing::golden_directory() / "fold" / "reasons.txt";
    if (std::getenv("WATTLEDGER_UPDATE_GOLDEN") != nullptr) {
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << page();
    }
    std::ifstream stored(file, std::ios::binary);
    std::ostringstream golden;
    golden << stored.rdbuf();
    CHECK_MESSAGE(golden.str() == page(),
                  "run test_fold with WATTLEDGER_UPDATE_GOLDEN=1 and look at what changed");
  }
}

}  // namespace wattledger::fold
