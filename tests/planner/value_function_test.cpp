// Functions on a few dozen cells, against their values one by one.
#include "coordinator/policy/value_function.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <random>

using namespace wattledger::policy;

namespace {

using Values = std::map<std::int64_t, std::int64_t>;

Values values_of(const PiecewiseLinear& function) {
  Values values;
  for (const Run& run : function.runs) {
    std::int64_t at = run.begin;
    auto value = static_cast<std::int64_t>(run.value);
    values.emplace(at, value);
    for (std::size_t i = run.first; i < run.first + run.count; ++i)
      for (std::int64_t k = 0; k < function.segments[i].length; ++k)
        values.emplace(++at, value += function.segments[i].slope);
  }
  return values;
}

// Runs convex, in order, none on another's cells.
bool well_made(const PiecewiseLinear& function) {
  std::int64_t end = std::numeric_limits<std::int64_t>::min();
  for (const Run& run : function.runs) {
    if (run.begin <= end) return false;
    end = run.begin;
    for (std::size_t i = run.first; i < run.first + run.count; ++i) {
      if (function.segments[i].length <= 0) return false;
      if (i > run.first && function.segments[i].slope < function.segments[i - 1].slope)
        return false;
      end += function.segments[i].length;
    }
    if (end != run.end) return false;
  }
  return true;
}

// Any function on a stretch of cells, cut into runs where it must be.
PiecewiseLinear any_function(std::mt19937_64& engine) {
  PiecewiseLinear function;
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(high - low + 1));
  };
  std::int64_t value = between(-20, 20);
  begin_run(function, between(-10, 10), value);
  for (std::int64_t i = between(0, 6); i > 0; --i) {
    const std::int64_t length = between(1, 5), slope = between(-6, 6);
    const bool falls = function.runs.back().count > 0 && function.segments.back().slope > slope;
    const bool jumps = falls || between(0, 3) == 0;
    value += jumps ? slope + (between(0, 1) == 0 ? between(-9, 9) : 0) : 0;
    if (jumps) begin_run(function, function.runs.back().end + 1, value);
    add_segment(function, jumps ? length - 1 : length, slope);
    value += slope * (jumps ? length - 1 : length);
  }
  return function;
}

Values summed(const PiecewiseLinear& next, const PiecewiseLinear& step, CellRange range) {
  Values least;
  for (const auto& [at, value] : values_of(next))
    for (const auto& [change, cost] : values_of(step)) {
      if (at - change < range.begin || at - change > range.end) continue;
      const auto [place, is_new] = least.emplace(at - change, value + cost);
      place->second = std::min(place->second, value + cost);
    }
  return least;
}

}  // namespace

TEST_SUITE("planner/value_function") {
  TEST_CASE("the cheapest way to the next function is the least of all ways, cell by cell") {
    Convolution convolve;
    int not_convex = 0;
    CHECK(rc::check("fifty pairs from one seed", [&] {
      std::mt19937_64 engine(
          *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
      for (int i = 0; i < 50; ++i) {
        const PiecewiseLinear next = any_function(engine), step = any_function(engine);
        const CellRange range{static_cast<std::int64_t>(engine() % 20) - 15,
                              static_cast<std::int64_t>(engine() % 30)};
        PiecewiseLinear out;
        convolve(next, step, range, out);
        RC_ASSERT(well_made(next));
        RC_ASSERT(well_made(out));
        RC_ASSERT(values_of(out) == summed(next, step, range));
        not_convex += next.runs.size() > 1 && step.runs.size() > 1;
      }
    }));
    CHECK(not_convex > 1'000);
  }

  TEST_CASE("the choice from a place is one of the cheapest, and the largest of those") {
    CHECK(rc::check("fifty places from one seed", [] {
      std::mt19937_64 engine(
          *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
      for (int i = 0; i < 50; ++i) {
        const PiecewiseLinear next = any_function(engine), step = any_function(engine);
        const std::int64_t at = static_cast<std::int64_t>(engine() % 30) - 15;
        const Values after = values_of(next);
        Choice expected;
        for (const auto& [change, cost] : values_of(step)) {
          const auto there = after.find(at + change);
          if (there == after.end()) continue;
          const std::int64_t value = there->second + cost;
          const bool larger = std::abs(change) > std::abs(expected.change);
          if (!expected.found || value < expected.value || (value == expected.value && larger))
            expected = {true, change, value};
        }
        Choice choice;
        choose_least(next, step, at, choice);
        RC_ASSERT(choice.found == expected.found);
        if (!choice.found) continue;
        RC_ASSERT(static_cast<std::int64_t>(choice.value) ==
                  static_cast<std::int64_t>(expected.value));
        // On a level stretch across 0 the two ends may be told apart by their size only.
        RC_ASSERT(std::abs(choice.change) == std::abs(expected.change));
      }
    }));
  }

  TEST_CASE("the lower of two, a stretch of one, and one with fewer points") {
    CHECK(rc::check("fifty pairs from one seed", [] {
      std::mt19937_64 engine(
          *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
      for (int i = 0; i < 50; ++i) {
        const PiecewiseLinear a = any_function(engine), b = any_function(engine);
        PiecewiseLinear out;
        lower_of(a, b, out);
        Values expected = values_of(a);
        for (const auto& [at, value] : values_of(b)) {
          const auto [place, is_new] = expected.emplace(at, value);
          place->second = std::min(place->second, value);
        }
        RC_ASSERT(well_made(out));
        RC_ASSERT(values_of(out) == expected);
        const CellRange range{-3, 5};
        PiecewiseLinear part;
        restrict_to(a, range, part);
        Values within = values_of(a);
        std::erase_if(within, [&](const auto& each) { return each.first < -3 || each.first > 5; });
        RC_ASSERT(values_of(part) == within);
        const PiecewiseLinear thin = thinned(out, 2);
        RC_ASSERT(well_made(thin));
        for (const auto& [at, value] : expected) RC_ASSERT(values_of(thin).count(at) == 1U);
        RC_ASSERT(values_of(thin).size() == expected.size());
      }
    }));
  }

  TEST_CASE("the slope beside a cell") {
    PiecewiseLinear function;  // 10 7 4 | 4 3
    begin_run(function, 0, 10);
    add_segment(function, 2, -3);
    begin_run(function, 3, 4);
    add_segment(function, 1, -1);
    std::int64_t slope = 0;
    CHECK((slope_after(function, 0, slope) && slope == -3));
    CHECK((slope_before(function, 2, slope) && slope == -3));
    CHECK((slope_after(function, 2, slope) && slope == -1));
    CHECK((slope_before(function, 3, slope) && slope == -3));
    CHECK((slope_after(function, 3, slope) && slope == -1));
    CHECK_FALSE(slope_before(function, 0, slope));
    CHECK_FALSE(slope_after(function, 4, slope));
  }
}
