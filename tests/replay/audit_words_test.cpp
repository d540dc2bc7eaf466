// The table of sentences about rules, and the charts of an explanation.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "replay/audit/chart.hpp"
#include "replay/rule_words.hpp"
#include "replay/wording.hpp"
#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

std::set<std::string> places(std::string_view text) {
  std::set<std::string> found;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1))
    found.insert(std::string(text.substr(at, 4)));
  return found;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char letter : text) {
    if (letter == '\n')
      lines.emplace_back();
    else if ((static_cast<unsigned char>(letter) & 0xC0U) != 0x80U)
      lines.back() += static_cast<unsigned char>(letter) > 0x7FU ? '#' : letter;  // one a character
  }
  return lines;
}

tool::Chart chart_with(std::size_t slots) {
  tool::Chart chart;
  chart.start = at_s(0);
  tool::ChartSeries series{"Price", "per kWh", tool::ChartSeries::Form::steps, 2, {}, {}, {}};
  for (std::size_t i = 0; i < slots; ++i) series.values.emplace_back(static_cast<double>(i));
  chart.series.push_back(std::move(series));
  chart.marks = std::string(slots, '.');
  return chart;
}

}  // namespace

TEST_SUITE("replay/audit words") {
  TEST_CASE("both languages tell the same numbers, and none that need not be there") {
    for (const tool::RuleSentence& each : tool::rule_sentences()) {
      CAPTURE(std::string(each.english));
      CHECK(places(each.english) == places(each.polish));
      for (const std::string& place : places(each.english)) {
        CHECK(place.back() == '}');
        CHECK(std::string("%pmWdtcnfo").find(place[2]) != std::string::npos);
        CHECK(static_cast<std::size_t>(place[1] - '0') < each.needs);
      }
      for (const int index : {each.left, each.right})
        CHECK((index < 0 || static_cast<std::size_t>(index) < each.needs));
    }
  }

  TEST_CASE("a rule in Polish; one that carries less than it should tells its numbers") {
    fb::TriedRuleT tried;
    tried.rule = fb::Rule::emergency_charge;
    tried.outcome = fb::Outcome::chosen;
    tried.numbers = {450, 500};
    const ZoneOffsets zone;
    const std::string currency = "PLN";
    CHECK(tool::rule_words(tried, {zone, currency, fold::Language::polish}) ==
          "Bateria ma 4,5%, mniej niż granica awaryjna 5,0%; cena nie ma znaczenia.");
    tried.numbers = {450};
    CHECK(tool::rule_words(tried, {zone, currency}) == "450");
  }

  TEST_CASE("a sentence of two languages has each its order, numbers and forms of words") {
    const tool::Wording english(fold::Language::english), polish(fold::Language::polish);
    const auto told = [](const tool::Wording& say, const std::string& count) {
      return say("{1}: {0} {0|slot|slots}", "{0} {0|okres|okresy|okresów}, {1}", {count, "plan"});
    };
    CHECK(told(english, "1") == "plan: 1 slot");
    CHECK(told(english, "2") == "plan: 2 slots");
    CHECK(told(polish, "1") == "1 okres, plan");
    CHECK(told(polish, "22") == "22 okresy, plan");
    CHECK(told(polish, "12") == "12 okresów, plan");
    CHECK(told(polish, "0") == "0 okresów, plan");
    CHECK(english("{0}", "{0}", {"a {1} b"}) == "a {1} b");
    CHECK(english("{2}", "", {"a"}) == "?");
    CHECK(polish.quantity("-0.250 PLN") == "-0,250 PLN");
    CHECK(polish.quantity("64.0 %") == "64,0%");
    CHECK(english.quantity("64.0 %") == "64.0 %");
  }

  TEST_CASE("a chart keeps to its columns, however many slots it has") {
    for (const std::size_t slots : {1U, 7U, 24U, 67U, 68U, 69U, 96U, 100U, 137U, 672U}) {
      CAPTURE(slots);
      for (const std::string& line :
           lines_of(tool::chart_text(chart_with(slots), ZoneOffsets(), 80, false)))
        CHECK(line.size() <= 80);
    }
    CHECK(tool::chart_text(chart_with(0), ZoneOffsets(), 80, false).empty());
  }

  TEST_CASE("what is not known is blank, the least value is not") {
    tool::Chart chart = chart_with(4);
    chart.series[0].values[2] = std::nullopt;
    const auto lines = lines_of(tool::chart_text(chart, ZoneOffsets(), 80, false));
    const std::string& lowest = lines[4];
    // 17 columns a slot behind the scale.
    CHECK(lowest.substr(10, 17) == std::string(17, '#'));
    CHECK(lowest.substr(10 + 34, 17) == std::string(17, ' '));
    CHECK(lowest.substr(10 + 51, 17) == std::string(17, '#'));
    const std::string svg = tool::chart_svg(chart, ZoneOffsets());
    const std::size_t path = svg.find("class=\"steps\"");
    REQUIRE(path != std::string::npos);
    const std::string drawn = svg.substr(path, svg.find("/>", path) - path);
    CHECK(std::count(drawn.begin(), drawn.end(), 'M') == 2);  // begun anew behind the gap
  }

  TEST_CASE("names are no markup") {
    tool::Chart chart = chart_with(2);
    chart.series[0].name = "<b>&\"";
    CHECK(tool::chart_svg(chart, ZoneOffsets()).find("&lt;b&gt;&amp;&quot;") != std::string::npos);
  }
}
