#include "coordinator/daemon/effect.hpp"

#include <algorithm>

namespace wattledger::daemon {
namespace {

constexpr std::int64_t least_w = 100;
constexpr std::int64_t least_share = 10;  // of the power wished
constexpr std::int64_t hold_max_w = 300;
constexpr std::int64_t across_max_w = 500;
constexpr std::int64_t at_limit_w = 200;
constexpr std::int64_t near_target_bp = 100;
constexpr std::int64_t nearly_full_bp = 9'500;
constexpr std::int64_t nearly_empty_bp = 1'500;

using Verdict = Effect::Verdict;

std::string battery_text(std::int64_t power) {
  if (power == 0) return "the battery stands still";
  return std::string("the battery ") + (power > 0 ? "gives " : "takes ") +
         std::to_string(std::abs(power)) + " W";
}

Effect judged(bool fits, std::int64_t power) {
  if (fits) return {Verdict::fits, {}};
  return {Verdict::contradicts, battery_text(power)};
}

bool charge_is_over(const inverter::Wish& wish, const fb::ReadingRecordedT& reading) {
  if (reading.battery_charge_limit_ma && *reading.battery_charge_limit_ma == 0) return true;
  if (!reading.battery_soc_bp) return false;
  const std::int64_t soc = *reading.battery_soc_bp;
  return soc + near_target_bp >= std::min(wish.target_soc.count(), nearly_full_bp + near_target_bp);
}

bool discharge_is_over(const inverter::Wish& wish, const fb::ReadingRecordedT& reading,
                       BasisPoints floor) {
  if (reading.battery_discharge_limit_ma && *reading.battery_discharge_limit_ma == 0) return true;
  if (reading.export_limit_w && reading.grid_power_w &&
      *reading.grid_power_w + at_limit_w >= *reading.export_limit_w)
    return true;
  if (!reading.battery_soc_bp) return false;
  return std::int64_t{*reading.battery_soc_bp} - near_target_bp <=
         std::max(wish.target_soc, floor).count();
}

Effect of_general(const fb::ReadingRecordedT& reading, std::int64_t power) {
  if (!reading.grid_power_w) return {};
  const std::int64_t grid = *reading.grid_power_w;
  const bool refills = reading.battery_soc_bp && *reading.battery_soc_bp < nearly_empty_bp;
  const bool from_grid = power < -across_max_w && grid < -across_max_w && !refills;
  const bool to_grid = power > across_max_w && grid > across_max_w;
  Effect effect = judged(!from_grid && !to_grid, power);
  if (from_grid) effect.found += " and the house draws " + std::to_string(-grid) + " W";
  if (to_grid) effect.found += " and the house exports " + std::to_string(grid) + " W";
  return effect;
}

}  // namespace

Effect effect_of(const inverter::Wish& wish, const fb::ReadingRecordedT& reading,
                 std::optional<BasisPoints> floor) {
  if (!reading.battery_power_w) return {};
  const std::int64_t power = *reading.battery_power_w;
  const std::int64_t least = std::max(least_w, wish.power.count() / least_share);
  switch (wish.mode) {
    case fb::InverterMode::charge:
      return judged(power <= -least || charge_is_over(wish, reading), power);
    case fb::InverterMode::discharge:
      return judged(
          power >= least || discharge_is_over(wish, reading, floor.value_or(BasisPoints(0))),
          power);
    case fb::InverterMode::hold:
      return judged(power <= hold_max_w, power);
    case fb::InverterMode::general:
      return of_general(reading, power);
    case fb::InverterMode::unknown:
    case fb::InverterMode::other:
      break;
  }
  return {};
}

}  // namespace wattledger::daemon
