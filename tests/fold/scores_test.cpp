#include "projections/fold/scores.hpp"

#include <rapidcheck.h>

#include <map>

#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::fold;
using namespace std::chrono_literals;

namespace {

const UtcTime noon = std::chrono::sys_days(std::chrono::year(2025) / 6 / 1) + 12h;
const Quarter at_noon = quarter_of(noon);

PowerSeries flat(UtcTime start, std::int64_t watts, std::size_t quarters) {
  return {start, 15min, std::vector<std::optional<Watts>>(quarters, Watts(watts))};
}

// A board, and the sums of whom it judged.
struct Sheet {
  ScoreBoard board;
  std::map<std::pair<std::string, std::size_t>, Score> sums;

  bool issue(std::string_view source, UtcTime at, const PowerSeries& power) {
    return board.issue(source, at, power);
  }
  void came(Quarter quarter, Watts power) {
    for (const Judged& each : board.came(quarter, power))
      sums[{each.source, each.horizon}].add(each.forecast, each.actual);
  }
  bool operator==(const Sheet&) const = default;
};

Score score(const Sheet& sheet, const std::string& source, std::size_t horizon) {
  const auto found = sheet.sums.find({source, horizon});
  return found == sheet.sums.end() ? Score{} : found->second;
}

}  // namespace

TEST_SUITE("fold/scores") {
  TEST_CASE("told 1000 W, came 900 and 1300: 200 W off, 100 W too little") {
    Sheet board;
    CHECK(board.issue("model", noon, flat(noon, 1'000, 2)));
    board.came(at_noon, Watts(900));
    board.came(at_noon + Quarters(1), Watts(1'300));
    const Score first = score(board, "model", 0);
    CHECK(first.count == 2);
    CHECK(first.mean_absolute_error() == Watts(200));
    CHECK(first.bias() == Watts(-100));
    CHECK_FALSE(score(board, "model", 1).mean_absolute_error());
  }

  TEST_CASE("each quarter counts in the class of how far ahead it was told, from 0 to 48 h") {
    Sheet board;
    board.issue("model", noon, flat(noon, 0, 300));
    for (int i = -5; i < 300; ++i) board.came(at_noon + Quarters(i), Watts(1));
    const std::array<std::uint64_t, 6> counts{4, 8, 12, 24, 48, 96};
    for (std::size_t i = 0; i < counts.size(); ++i)
      CHECK(score(board, "model", i).count == counts[i]);
  }

  TEST_CASE("what a source repeats within a class does not count, and a quarter is scored once") {
    Sheet board;
    board.issue("model", noon - 50min, flat(noon, 100, 1));
    board.issue("model", noon - 10min, flat(noon, 500, 1));
    board.came(at_noon, Watts(100));
    board.came(at_noon, Watts(700));
    CHECK(score(board, "model", 0) == Score{1, 0, 0});
  }

  TEST_CASE(
      "the past is not forecast, absent slots are not scored, hours are told to their quarters") {
    Sheet board;
    PowerSeries hours{noon, 1h, {Watts(400), std::nullopt, Watts(800)}};
    board.issue("model", noon + 20min, hours);
    for (int i = 0; i < 12; ++i) board.came(at_noon + Quarters(i), Watts(0));
    CHECK(score(board, "model", 0) == Score{2, 800, 800});      // 12:30 and 12:45
    CHECK(score(board, "model", 1) == Score{4, 3'200, 3'200});  // 14:00 to 15:00
  }

  TEST_CASE("a ninth source is not scored, and says so") {
    Sheet board;
    for (int i = 0; i < 8; ++i) CHECK(board.issue("s" + std::to_string(i), noon, flat(noon, 1, 1)));
    CHECK_FALSE(board.issue("s8", noon, flat(noon, 1, 1)));
    CHECK(board.issue("s3", noon, flat(noon, 1, 1)));
    CHECK(board.board.sources.size() == 8);
  }

  TEST_CASE("what is no longer waited for is judged by nothing") {
    Sheet board;
    board.issue("model", noon, flat(noon, 100, 2));
    board.board.forget_before(at_noon + Quarters(1));
    board.came(at_noon, Watts(0));
    board.came(at_noon + Quarters(1), Watts(0));
    CHECK(score(board, "model", 0) == Score{1, 100, 100});
  }

  TEST_CASE("the order of sources does not matter, and a board in two halves is the whole board") {
    CHECK(rc::check("order and halves", [] {
      struct Made {
        std::string source;
        int quarter;
        int watts;
      };
      std::vector<Made> made;
      for (int i = *rc::gen::inRange(0, 12); i > 0; --i)
        made.push_back({*rc::gen::element<std::string>("a", "b", "c"), *rc::gen::inRange(0, 400),
                        *rc::gen::inRange(0, 5'000)});
      const auto run = [&](std::vector<Made> order) {
        Sheet board;
        for (int quarter = 0; quarter < 600; ++quarter) {
          for (const Made& each : order)
            if (each.quarter == quarter)
              board.issue(each.source, at_noon + Quarters(quarter),
                          flat(at_noon + Quarters(quarter), each.watts, 150));
          board.came(at_noon + Quarters(quarter), Watts(quarter));
          if (quarter == 300) board.board = ScoreBoard(board.board);
        }
        return board;
      };
      auto sorted = made;
      std::stable_sort(sorted.begin(), sorted.end(),
                       [](const Made& a, const Made& b) { return a.source > b.source; });
      RC_ASSERT((run(made) == run(sorted)));
      for (const auto& [whose, sum] : run(made).sums)
        RC_ASSERT(std::abs(sum.error_sum_w) <= sum.absolute_sum_w);
    }));
  }
}
