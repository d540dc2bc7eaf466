// Quantities are types: Watts + MilliwattHours does not compile. All are integers.
//
// Signs, once and for all: grid power + = export, battery power + = discharge (as the inverter and the legacy tables have
// it); PV and load are never negative.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace wattledger {

template <class Unit, class Rep = std::int64_t>
class Quantity {
 public:
  using rep = Rep;
  constexpr Quantity() = default;
  constexpr explicit Quantity(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep count() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator-() const { return Quantity(-value_); }
  constexpr Quantity& operator+=(Quantity other) { value_ += other.value_; return *this; }
  constexpr Quantity& operator-=(Quantity other) { value_ -= other.value_; return *this; }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator*(Quantity a, Rep k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator/(Quantity a, Rep k) { return Quantity(a.value_ / k); }

 private:
  Rep value_ = 0;
};

using Watts = Quantity<struct WattsUnit>;
using MilliwattHours = Quantity<struct MilliwattHoursUnit>;
using Millivolts = Quantity<struct MillivoltsUnit>;
using Milliamperes = Quantity<struct MilliamperesUnit>;
using MilliCelsius = Quantity<struct MilliCelsiusUnit>;
using BasisPoints = Quantity<struct BasisPointsUnit>;  // 10 000 = the whole: SOC, efficiency
using PriceE8 = Quantity<struct PriceE8Unit>;          // 1e-8 of a currency unit per kWh
using MoneyE8 = Quantity<struct MoneyE8Unit>;          // 1e-8 of a currency unit

// The one bridge from power to energy, rounded toward zero.
[[nodiscard]] constexpr MilliwattHours energy(Watts power, std::chrono::seconds time) {
  return MilliwattHours(power.count() * 1000 * time.count() / 3600);
}

// The one bridge from energy and price to money, rounded toward zero, in 128 bits inside.
[[nodiscard]] constexpr MoneyE8 cost(MilliwattHours energy, PriceE8 price) {
  __extension__ using Wide = __int128;
  return MoneyE8(static_cast<std::int64_t>(static_cast<Wide>(energy.count()) * price.count() / 1'000'000));
}

}  // namespace wattledger
