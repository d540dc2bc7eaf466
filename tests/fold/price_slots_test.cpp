// Publications of prices: what is kept, what is replaced, what is not believed.
#include <rapidcheck.h>

#include <limits>

#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;

const UtcTime noon = at_s(12 * 3600);

// Market prices by quarter from `from` on; nothing where none is known.
std::vector<std::optional<std::int64_t>> quarters(const State& state, UtcTime from, int count) {
  std::vector<std::optional<std::int64_t>> result;
  for (int i = 0; i < count; ++i) {
    const PriceSlot* slot = price_at(state, from + minutes(15) * i);
    result.push_back(slot == nullptr ? std::nullopt
                                     : std::optional<std::int64_t>(slot->market.count()));
  }
  return result;
}

using Quarters = std::vector<std::optional<std::int64_t>>;
constexpr std::nullopt_t none = std::nullopt;

bool sorted_without_overlaps(const std::vector<PriceSlot>& slots) {
  for (std::size_t i = 1; i < slots.size(); ++i)
    if (slots[i - 1].start + slots[i - 1].length > slots[i].start) return false;
  return true;
}

}  // namespace

TEST_SUITE("fold/prices") {
  TEST_CASE("a slot holds from its start to just before its end") {
    ToldHouse house;
    house.tell(noon, prices(series(noon, {100})));
    CHECK(price_at(house.state(), noon - std::chrono::microseconds(1)) == nullptr);
    REQUIRE(price_at(house.state(), noon) != nullptr);
    CHECK(price_at(house.state(), noon + minutes(15) - std::chrono::microseconds(1)) != nullptr);
    CHECK(price_at(house.state(), noon + minutes(15)) == nullptr);
    CHECK(price_at(State{}, noon) == nullptr);
  }

  TEST_CASE("an absent value is missing, whatever number stands there, and zero is a price") {
    ToldHouse house;
    house.tell(noon, prices(series(noon, {1, -9999, 0, 4}, 900, {1})));
    CHECK(quarters(house.state(), noon, 5) == Quarters{1, none, 0, 4, none});
  }

  TEST_CASE("a suspect price is not used, in whichever series of the publication it stands") {
    fb::PricesPublishedT published = prices(series(noon, {1, 2}));
    published.prices_e8.push_back(series(noon + minutes(30), {3, 4}));
    published.suspect = {1, 2};
    ToldHouse house;
    house.tell(noon, prices(series(noon, {10, 20, 30, 40}))).tell(noon, published);
    CHECK(quarters(house.state(), noon, 4) == Quarters{1, 20, 30, 4});
  }

  TEST_CASE(
      "the operator's advice: a newer one replaces what it covers, what is absent is unknown") {
    const auto advice = [](std::unique_ptr<fb::SeriesT> codes) {
      fb::PeakHoursPublishedT fact;
      fact.codes.push_back(std::move(codes));
      return fact;
    };
    ToldHouse house;
    house.tell(noon, advice(series(noon, {0, 1, 2, 3, 4, -1}, 3600, {1})))
        .tell(noon, advice(series(noon + minutes(120), {1}, 3600)));
    const std::vector<PeakSlot> expected{{noon, seconds(3600), 0},
                                         {noon + minutes(120), seconds(3600), 1},
                                         {noon + minutes(180), seconds(3600), 3}};
    CHECK(house.state().peaks == expected);
    ToldHouse busy;
    busy.tell(noon,
              advice(series(noon - minutes(60) * 300, std::vector<std::int64_t>(400, 1), 3600)));
    CHECK(busy.state().peaks.size() == peak_slots_max);
    CHECK(busy.state().peaks.back().start == noon + minutes(60) * 99);
  }

  TEST_CASE("prices in another currency than the policy's are not known, nor after it changes") {
    PolicySettings settings;
    ToldHouse house;
    house.tell(noon, adopted(settings)).tell(noon, prices(series(noon, {1, 2})));
    const auto euros = [] {
      fb::PricesPublishedT fact = prices(series(noon, {7, 8}));
      fact.currency = "EUR";
      return fact;
    };
    house.tell(noon, euros());
    CHECK(quarters(house.state(), noon, 2) == Quarters{1, 2});
    settings.soc_min = BasisPoints(1'500);
    house.tell(noon, adopted(settings));
    CHECK(quarters(house.state(), noon, 2) == Quarters{1, 2});
    settings.currency = "EUR";
    house.tell(noon, adopted(settings));
    CHECK(quarters(house.state(), noon, 2) == Quarters{none, none});
    house.tell(noon, euros());
    CHECK(quarters(house.state(), noon, 2) == Quarters{7, 8});
  }

  TEST_CASE("a newer publication replaces what it covers, its absent slots replace nothing") {
    ToldHouse house;
    house.tell(noon, prices(series(noon, {1, 2, 3, 4})))
        .tell(noon, prices(series(noon + minutes(15), {20, 30}, 900, {1})));
    CHECK(quarters(house.state(), noon, 4) == Quarters{1, 20, 3, 4});
  }

  TEST_CASE("quarters replace the hour they stand in, also where they leave a gap") {
    ToldHouse house;
    house.tell(noon, prices(series(noon, {100, 200}, 3600)))
        .tell(noon, prices(series(noon, {1, 2, 3, 4}, 900, {2})));
    CHECK(quarters(house.state(), noon, 8) == Quarters{1, 2, none, 4, 200, 200, 200, 200});
  }

  TEST_CASE("an hour replaces every quarter in it and none beside it") {
    ToldHouse house;
    house.tell(noon, prices(series(noon - minutes(15), {1, 2, 3, 4, 5, 6})))
        .tell(noon, prices(series(noon, {100}, 3600)));
    CHECK(quarters(house.state(), noon - minutes(15), 6) == Quarters{1, 100, 100, 100, 100, 6});
  }

  TEST_CASE("series of one publication in any order; of two for one slot the one told first") {
    fb::PricesPublishedT fact = prices(series(noon + hours(1), {5}));
    fact.prices_e8.push_back(series(noon, {1, 2, 3, 4, 99}));
    fact.prices_e8.push_back(series(noon + minutes(30), {98}));
    ToldHouse house;
    house.tell(noon, std::move(fact));
    CHECK(quarters(house.state(), noon, 5) == Quarters{1, 2, 3, 4, 5});
    CHECK(sorted_without_overlaps(house.state().prices));
  }

  TEST_CASE("only day-ahead prices and a contract's fixed ones are kept, of a slot the newer") {
    ToldHouse house;
    for (const fb::PriceKind kind : fb::EnumValuesPriceKind())
      if (kind != fb::PriceKind::day_ahead && kind != fb::PriceKind::fixed)
        house.tell(noon, prices(series(noon, {1}), kind));
    CHECK(house.state().prices.empty());
    house.tell(noon, prices(series(noon, {7, 7}), fb::PriceKind::fixed));
    CHECK(quarters(house.state(), noon, 2) == Quarters{7, 7});
    house.tell(noon, prices(series(noon, {3})));
    CHECK(quarters(house.state(), noon, 2) == Quarters{3, 7});
  }

  TEST_CASE("slots that no market has are not believed") {
    struct Row {
      const char* name;
      std::int64_t start_us;
      std::uint32_t step_s;
      std::int64_t price;
    };
    const std::int64_t at = to_us(noon);
    constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    const std::vector<Row> rows = {
        {"no step", at, 0, 1},
        {"a step of a second", at, 1, 1},
        {"a step of years", at, std::numeric_limits<std::uint32_t>::max(), 1},
        {"a start beyond all calendars", huge, 900, 1},
        {"a start before 1970", std::numeric_limits<std::int64_t>::min(), 900, 1},
        {"a price that overflows", at, 900, huge},
        {"a negative price that overflows", at, 900, std::numeric_limits<std::int64_t>::min()},
    };
    for (const Row& row : rows) {
      ToldHouse house;
      house.tell(noon, prices(series(utc_from_us(row.start_us), {row.price}, row.step_s)));
      CHECK_MESSAGE(house.state().prices.empty(), row.name);
    }
  }

  TEST_CASE("at the bound the oldest go first") {
    ToldHouse house;
    for (int day = 0; day < 14; ++day)
      house.tell(noon + hours(24) * day,
                 prices(series(noon + hours(24) * day, std::vector<std::int64_t>(96, day))));
    CHECK(house.state().prices.size() == price_slots_max);
    CHECK(house.state().prices.back().market == PriceE8(13));
    CHECK(house.state().prices.back().start == noon + hours(24) * 14 - minutes(15));
  }

  TEST_CASE("a flood of slots far ahead does not push out today's") {
    ToldHouse house;
    house.tell(noon, prices(series(noon, std::vector<std::int64_t>(96, 7))))
        .tell(noon, prices(series(noon + hours(24 * 400), std::vector<std::int64_t>(90'000, 8))));
    CHECK(house.state().prices.size() == price_slots_max);
    CHECK(quarters(house.state(), noon, 96) == Quarters(96, 7));
  }

  TEST_CASE("sorted and without overlaps, whatever is published") {
    CHECK(rc::check("publications of random place, step and gaps", [] {
      ToldHouse house;
      const int publications = *rc::gen::inRange(1, 6);
      for (int i = 0; i < publications; ++i) {
        fb::PricesPublishedT fact;
        const int count = *rc::gen::inRange(1, 4);
        for (int j = 0; j < count; ++j) {
          const auto start = noon + seconds(*rc::gen::inRange(0, 40'000));
          const auto step = *rc::gen::element<std::uint32_t>(60, 300, 900, 1800, 3600, 7200);
          auto values = *rc::gen::container<std::vector<std::int64_t>>(
              rc::gen::inRange<std::int64_t>(-100, 100));
          auto absent = *rc::gen::container<std::vector<std::uint16_t>>(
              rc::gen::inRange<std::uint16_t>(0, 200));
          fact.prices_e8.push_back(series(start, std::move(values), step, std::move(absent)));
        }
        fact.kind = fb::PriceKind::day_ahead;
        house.tell(noon, std::move(fact));
        RC_ASSERT(sorted_without_overlaps(house.state().prices));
        RC_ASSERT(house.state().prices.size() <= price_slots_max);
      }
    }));
  }
}

}  // namespace wattledger::fold
