#include "events/units.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <type_traits>

using namespace wattledger;
using std::chrono::seconds;

namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};

static_assert(Addable<Watts, Watts>);
static_assert(!Addable<Watts, MilliwattHours>);
static_assert(!Addable<PriceE8, MoneyE8>);
static_assert(!std::is_convertible_v<std::int64_t, Watts>);

}  // namespace

TEST_SUITE("events/units") {
  TEST_CASE("a quantity is added, scaled and compared with its own kind") {
    CHECK(Watts(3) + Watts(4) == Watts(7));
    CHECK(Watts(3) - Watts(4) == -Watts(1));
    CHECK(Watts(3) * 4 == Watts(12));
    CHECK(Watts(-7) / 2 == Watts(-3));
    CHECK(Watts(-1) < Watts(0));
    Watts sum(1);
    sum += Watts(5);
    sum -= Watts(2);
    CHECK(sum.count() == 4);
  }

  TEST_CASE("power over time is energy, rounded toward zero") {
    CHECK(energy(Watts(1'000), seconds(3'600)) == MilliwattHours(1'000'000));
    CHECK(energy(Watts(1), seconds(1)) == MilliwattHours(0));
    CHECK(energy(Watts(-7), seconds(900)) == MilliwattHours(-1'750));
    CHECK(energy(Watts(-1), seconds(4)) == MilliwattHours(-1));
  }

  TEST_CASE("energy at a price is money, without overflow inside") {
    CHECK(cost(MilliwattHours(1'000'000), PriceE8(65'000'000)) ==
          MoneyE8(65'000'000));  // 1 kWh at 0.65
    CHECK(cost(MilliwattHours(-500'000), PriceE8(3)) == MoneyE8(-1));
    CHECK(cost(MilliwattHours(1'000'000'000'000), PriceE8(1'000'000'000'000)) ==
          MoneyE8(1'000'000'000'000'000'000));
  }
}
