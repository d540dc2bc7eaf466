// Which slots are chosen, against an oracle that tries every set of them.
#include "coordinator/policy/cheapest_slots.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <bit>

#include "tests/policy/judged_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;

SlotChoice choose(const std::vector<std::int64_t>& values, const fold::PolicySettings& settings,
                  BasisPoints soc = BasisPoints(5'000), UtcTime now = noon) {
  ToldHouse house;
  house.tell(noon, warsaw()).tell(noon, adopted(settings));
  house.tell(noon, prices(series(noon, values)));
  return choose_slots(house.state(), settings, soc, now);
}

std::vector<bool> chosen(const SlotChoice& choice) {
  std::vector<bool> result;
  for (const KnownSlot& slot : choice.slots) result.push_back(slot.charge);
  return result;
}

// A slot may be used if it is not too dear and some later one pays for the losses.
std::vector<bool> allowed(const std::vector<std::int64_t>& values,
                          const fold::PolicySettings& settings) {
  std::vector<bool> result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = i + 1; j < values.size(); ++j)
      if (values[i] <= settings.charge_price_max.count() &&
          values[i] * 100'000'000 < values[j] * settings.charge_efficiency.count() *
                                        settings.discharge_efficiency.count())
        result[i] = true;
  return result;
}

// The least sum of prices over every set of exactly `count` allowed slots; of equal sums the set
// whose slots come earliest.
std::vector<bool> oracle(const std::vector<std::int64_t>& values, const std::vector<bool>& may,
                         std::size_t count) {
  std::vector<bool> best;
  std::int64_t best_sum = 0;
  for (unsigned set = 0; set < (1U << values.size()); ++set) {
    if (static_cast<std::size_t>(std::popcount(set)) != count) continue;
    std::vector<bool> slots(values.size());
    std::int64_t sum = 0;
    bool fits = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
      slots[i] = ((set >> i) & 1U) != 0;
      fits = fits && (!slots[i] || may[i]);
      if (slots[i]) sum += values[i];
    }
    if (!fits) continue;
    if (best.empty() || sum < best_sum || (sum == best_sum && slots > best)) {
      best = slots;
      best_sum = sum;
    }
  }
  return best;
}

}  // namespace

TEST_SUITE("policy/cheapest slots") {
  TEST_CASE("the cheapest set that fills the battery, the earlier of equals") {
    CHECK(rc::check("small horizons by brute force", [] {
      const auto count = *rc::gen::inRange<std::size_t>(1, 11);
      const auto values = *rc::gen::container<std::vector<std::int64_t>>(
          count, rc::gen::inRange<std::int64_t>(-20, 60));
      fold::PolicySettings settings = plain_settings();
      settings.charge_efficiency = BasisPoints(*rc::gen::inRange<std::int64_t>(8'000, 10'001));
      settings.discharge_efficiency = BasisPoints(*rc::gen::inRange<std::int64_t>(8'000, 10'001));
      settings.charge_price_max = PriceE8(*rc::gen::inRange<std::int64_t>(-10, 70));
      const BasisPoints soc(*rc::gen::inRange<std::int64_t>(0, 10'001));
      const SlotChoice choice = choose(values, settings, soc);

      const std::int64_t missing = std::max<std::int64_t>(0, 9'000 - soc.count()) * 10'000'000;
      const std::int64_t needed =
          (missing + settings.charge_efficiency.count() - 1) / settings.charge_efficiency.count();
      RC_ASSERT(choice.needed == MilliwattHours(needed));
      const std::vector<bool> may = allowed(values, settings);
      const auto usable = static_cast<std::size_t>(std::count(may.begin(), may.end(), true));
      const auto wanted = static_cast<std::size_t>((needed + 1'249'999) / 1'250'000);
      const std::size_t expected = std::min(usable, wanted);
      RC_ASSERT(choice.chosen == static_cast<std::int64_t>(expected));
      RC_ASSERT(chosen(choice) == oracle(values, may, expected));
    }));
  }

  TEST_CASE("ties go to the earlier slot") {
    fold::PolicySettings settings = plain_settings();
    CHECK(chosen(choose({10, 10, 10, 10, 90}, settings, BasisPoints(6'500))) ==
          std::vector<bool>{true, true, false, false, false});
  }

  TEST_CASE("a dear slot that is over does not justify a later charge") {
    CHECK(choose({90, 10, 10}, plain_settings()).chosen == 0);
    CHECK(choose({90, 10, 11}, plain_settings()).chosen == 1);
  }

  TEST_CASE("losses must be paid for") {
    fold::PolicySettings settings = plain_settings();
    settings.charge_efficiency = BasisPoints(9'000);
    settings.discharge_efficiency = BasisPoints(9'000);
    CHECK(choose({8'100, 10'000}, settings).chosen == 0);
    CHECK(choose({8'099, 10'000}, settings).chosen == 1);
  }

  TEST_CASE("what is left of the slot that has begun counts, no more") {
    const auto late = noon + minutes(14);
    CHECK(choose({1, 2, 3, 90}, plain_settings(), BasisPoints(7'750), noon).chosen == 1);
    CHECK(choose({1, 2, 3, 90}, plain_settings(), BasisPoints(7'750), late).chosen == 2);
  }

  TEST_CASE("no power, nothing missing, no prices: no slot") {
    fold::PolicySettings settings = plain_settings();
    CHECK(choose({1, 90}, settings, BasisPoints(9'000)).chosen == 0);
    CHECK(choose({1, 90}, settings, BasisPoints(10'000)).needed == MilliwattHours(0));
    CHECK(choose({}, settings).slots.empty());
    settings.charge_power_max = Watts(0);
    CHECK(choose({1, 90}, settings).chosen == 0);
  }

  TEST_CASE("the mean is rounded down, below zero too") {
    CHECK(choose({1, 2}, plain_settings()).mean == PriceE8(1));
    CHECK(choose({-1, -2}, plain_settings()).mean == PriceE8(-2));
  }

  TEST_CASE("the horizon ends what is looked at, over midnight and the clock change") {
    fold::PolicySettings settings = plain_settings();
    settings.horizon = hours(2);
    CHECK(choose(std::vector<std::int64_t>(96, 5), settings).slots.size() == 8);
    // The last slot counts when any of it lies inside.
    CHECK(choose(std::vector<std::int64_t>(96, 5), settings, {}, noon + minutes(1)).slots.size() ==
          9);
    settings.horizon = hours(24);
    settings.tariff_zones = fold::g12_zones();
    const UtcTime evening = utc("2025-10-25T21:00:00Z");  // 23:00 in summer time
    ToldHouse house;
    house.tell(evening, warsaw()).tell(evening, adopted(settings));
    house.tell(evening, prices(series(evening, std::vector<std::int64_t>(96, 0))));
    const SlotChoice choice = choose_slots(house.state(), settings, BasisPoints(5'000), evening);
    REQUIRE(choice.slots.size() == 96);
    // Night until 07:00 winter time, nine hours away: 36 slots, then day.
    CHECK(choice.slots[35].price == PriceE8(7'490'000));
    CHECK(choice.slots[36].start == utc("2025-10-26T06:00:00Z"));
    CHECK(choice.slots[36].price == PriceE8(35'660'000));
  }

  TEST_CASE("a slot of the grid longer than the market's has the mean price, or none") {
    fold::PolicySettings settings = plain_settings();
    settings.slot = hours(1);
    const SlotChoice choice = choose({1, 2, 3, 5, 7, 7, 7}, settings);
    REQUIRE(choice.slots.size() == 1);
    CHECK(choice.slots[0].price == PriceE8(3));  // 2.75, rounded up
    settings.slot = minutes(15);
    ToldHouse house;
    house.tell(noon, adopted(settings)).tell(noon, prices(series(noon, {8}, 3600)));
    const SlotChoice fine = choose_slots(house.state(), settings, {}, noon + minutes(20));
    REQUIRE(fine.slots.size() == 3);
    CHECK(fine.slots[0].start == noon + minutes(15));
  }

  TEST_CASE("a slot starts on the grid, before 1970 too") {
    const seconds quarter{900};
    CHECK(slot_start(noon, quarter) == noon);
    CHECK(slot_start(noon + minutes(14), quarter) == noon);
    CHECK(slot_start(noon - std::chrono::microseconds(1), quarter) == noon - minutes(15));
    CHECK(slot_start(utc_from_us(-1), quarter) == utc_from_us(-900'000'000));
  }
}

}  // namespace wattledger::policy
