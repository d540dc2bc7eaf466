#include "coordinator/inverter/steering.hpp"

#include <algorithm>
#include <array>

namespace wattledger::inverter {
namespace {

using std::chrono::minutes;

// The inverter's clock may lag a little; a window that begins before now is open at once all the
// same.
constexpr minutes start_before{5};
constexpr minutes ahead_max{60};
constexpr int hold_permille = -10;

Failure cannot(std::string what, std::string remedy) {
  return fail(ErrorKind::invalid_input, std::move(what), std::move(remedy));
}

// The latest instant until which a window of wall-clock minutes opened now means what it says.
// Before a clock change the window ends; before a repeated hour it ends where the hour begins, for
// in the second pass it would open again.
Result<UtcTime> last_sure_instant(UtcTime now, const ZoneOffsets& zone) {
  for (const ZoneOffsets::Transition& transition : zone.transitions()) {
    if (transition.at <= now) continue;
    const auto before = zone.offset_at(transition.at - std::chrono::microseconds(1));
    const UtcTime sure =
        transition.at - std::max(before - transition.offset, std::chrono::seconds(0));
    if (sure > now) return sure;
    return cannot(
        "the wall clock will repeat this hour, so a forced mode would start again by itself",
        "wait until " + utc_text(transition.at));
  }
  return now + ahead_max;
}

// What every forced mode must be, by whatever means.
Result<void> check(const Wish& wish, UtcTime now) {
  if (wish.until <= now) {
    return cannot("a forced mode until " + utc_text(wish.until) + ", which is past",
                  "wish a later end");
  }
  if (wish.until > now + ahead_max) {
    return cannot("a forced mode until " + utc_text(wish.until) + ", more than 60 minutes ahead",
                  "wish an earlier end and renew it");
  }
  if (wish.target_soc < BasisPoints(0) || wish.target_soc > BasisPoints(10'000)) {
    return cannot("a target SOC of " + std::to_string(wish.target_soc.count()) + " basis points",
                  "wish 0 to 10000");
  }
  if (wish.mode != fb::InverterMode::hold && wish.power.count() <= 0) {
    return cannot("a forced mode of " + std::to_string(wish.power.count()) + " W",
                  "wish a power above 0 W");
  }
  return {};
}

// So many of `whole` parts of the rated power, never none.
std::int64_t parts_of(Watts power, Watts rated, std::int64_t whole) {
  return std::clamp<std::int64_t>(power.count() * whole / rated.count(), 1, whole);
}

// In the unit of the group's type.
std::int16_t signed_power(const Wish& wish, Watts rated, std::uint8_t type) {
  const bool tenths = type == eco_745_type;
  if (wish.mode == fb::InverterMode::hold)
    return static_cast<std::int16_t>(tenths ? hold_permille : hold_permille / 10);
  std::int64_t parts = parts_of(wish.power, rated, tenths ? 1000 : 100);
  // The weakest charge would read as a hold.
  const std::int64_t hold_parts = tenths ? -hold_permille : -hold_permille / 10;
  if (wish.mode == fb::InverterMode::charge && parts == hold_parts) ++parts;
  return static_cast<std::int16_t>(wish.mode == fb::InverterMode::charge ? -parts : parts);
}

// Whole percent, rounded toward the limit's inside: a charge stops no later, a discharge no deeper
// than wished.
std::uint16_t soc_percent(const Wish& wish) {
  const std::int64_t up = wish.mode == fb::InverterMode::discharge ? 99 : 0;
  return static_cast<std::uint16_t>((wish.target_soc.count() + up) / 100);
}

std::string word_differs(std::uint16_t address, std::uint16_t wished, std::uint16_t found) {
  return differs(address, std::span(&wished, 1), std::span(&found, 1));
}

bool same(const EcoGroup& group, const Controls& found) {
  return as_kept(group, found.groups) == as_kept(found.group(0), found.groups);
}

void put_ems_and_fast(const Controls& found, std::vector<Write>& writes) {
  if (found.fast_charging()) writes.push_back({fast_address, {0}});
  if (found.limits[2] != ems_auto || found.limits[3] != 0)
    writes.push_back({ems_address, {ems_auto, 0}});
}

std::string difference_in_ems(const Controls& found) {
  return found.ems_mode() == ems_auto ? "" : word_differs(ems_address, ems_auto, found.ems_mode());
}

fb::InverterMode mode_of(const EcoGroup& group) {
  if (group.permille() == hold_permille) return fb::InverterMode::hold;
  if (group.power < 0) return fb::InverterMode::charge;
  return group.power > 0 ? fb::InverterMode::discharge : fb::InverterMode::other;
}

void describe_eco(const Controls& found, UtcTime now, const ZoneOffsets& zone, Watts rated,
                  ControlState& state) {
  const LocalTime wall = zone.to_local(now);
  state.mode = fb::InverterMode::general;  // eco mode outside every window serves the house
  if (found.tou_off()) return;
  for (std::size_t i = 0; i < eco_group_addresses.size(); ++i) {
    const EcoGroup group = found.group(i);
    if (!group.holds(wall)) continue;
    state.mode = mode_of(group);
    if (rated.count() > 0) state.power = Watts(std::abs(group.permille()) * rated.count() / 1000);
    if (found.groups == GroupKind::v2 && group.soc_percent <= 100)
      state.target_soc = BasisPoints(group.soc_percent * 100);
    const LocalTime end = LocalTime(std::chrono::floor<std::chrono::days>(wall)) +
                          std::chrono::hours(group.end_hour) + minutes(group.end_minute);
    state.until = zone.to_utc(end, zone.in_second_pass(now));
    return;
  }
}

}  // namespace

std::uint8_t group_type(const Controls& found) {
  if (!found.is_745 || found.groups != GroupKind::v2) return eco_type;
  return found.group(0).type == eco_type ? eco_type : eco_745_type;
}

Result<EcoGroup> group_for(const Wish& wish, UtcTime now, const ZoneOffsets& zone, Watts rated,
                           std::uint8_t type) {
  WATTLEDGER_TRY(check(wish, now));
  const auto sure = last_sure_instant(now, zone);
  WATTLEDGER_TRY(sure);

  const LocalTime wall = zone.to_local(now);
  const LocalTime day(std::chrono::floor<std::chrono::days>(wall));
  // The offset in force now, on purpose: an end at a clock change is read on the clock before the
  // change.
  const LocalTime wished(std::min(wish.until, *sure).time_since_epoch() + zone.offset_at(now));
  const LocalTime end = std::min(std::chrono::floor<minutes>(wished),
                                 std::chrono::floor<minutes>(day + minutes(24 * 60 - 1)));
  const LocalTime start =
      std::max(std::chrono::floor<minutes>(wall - start_before), std::chrono::floor<minutes>(day));
  if (end <= wall) {
    return cannot("no whole minute is left until " + iso_text(end) +
                      " local time, where this forced mode must end",
                  "wait until then");
  }
  const auto clock = [&](LocalTime at) {
    return std::chrono::hh_mm_ss(std::chrono::floor<minutes>(at - day));
  };
  EcoGroup group;
  group.start_hour = static_cast<std::uint8_t>(clock(start).hours().count());
  group.start_minute = static_cast<std::uint8_t>(clock(start).minutes().count());
  group.end_hour = static_cast<std::uint8_t>(clock(end).hours().count());
  group.end_minute = static_cast<std::uint8_t>(clock(end).minutes().count());
  group.enabled = true;
  const unsigned weekday =
      std::chrono::weekday(std::chrono::floor<std::chrono::days>(day)).c_encoding();
  group.days = static_cast<std::uint8_t>(1U << weekday);
  group.type = type;
  group.power = signed_power(wish, rated, type);
  group.soc_percent = soc_percent(wish);
  if (type == eco_745_type) group.months = 0x0FFF;  // as such units write it themselves
  return group;
}

Result<FastCharge> fast_charge_for(const Wish& wish, UtcTime now, Watts rated) {
  WATTLEDGER_TRY(check(wish, now));
  return FastCharge{soc_percent(wish),
                    static_cast<std::uint16_t>(parts_of(wish.power, rated, 100))};
}

Result<void> check_mode(fb::InverterMode mode) {
  switch (mode) {
    case fb::InverterMode::general:
    case fb::InverterMode::charge:
    case fb::InverterMode::hold:
    case fb::InverterMode::discharge:
      return {};
    case fb::InverterMode::unknown:
    case fb::InverterMode::other:
      break;
  }
  return cannot(std::string("\"") + fb::EnumNameInverterMode(mode) + "\" is no mode to wish for",
                "wish general, charge, hold or discharge");
}

Result<Target> target_for(const Wish& wish, const Controls& found, UtcTime now,
                          const ZoneOffsets& zone, Watts rated) {
  WATTLEDGER_TRY(check_mode(wish.mode));
  if (wish.mode == fb::InverterMode::general) return Target{};
  Target target;
  if (found.groups != GroupKind::none) {
    auto group = group_for(wish, now, zone, rated, group_type(found));
    if (!group) return Failure(group.error());
    target.group = *group;
    return target;
  }
  if (wish.mode != fb::InverterMode::charge || !found.has_fast) {
    return fail(ErrorKind::unsupported,
                std::string("the inverter's firmware has no eco groups (registers 47515 or 47547), "
                            "so it cannot be made to ") +
                    fb::EnumNameInverterMode(wish.mode),
                "update its ARM firmware to 19 or newer, or set control.mode: advise");
  }
  auto fast = fast_charge_for(wish, now, rated);
  if (!fast) return Failure(fast.error());
  target.fast = *fast;
  return target;
}

std::vector<Write> writes_for_group(const EcoGroup& group, const Controls& found) {
  std::vector<Write> writes;
  if (!same(group, found))
    writes.push_back({found.group_address(0), words_of(group, found.groups)});
  for (std::size_t i = 1; i < eco_group_addresses.size(); ++i) {
    const std::uint16_t word = found.switch_word(i);
    if (is_on(word)) writes.push_back({found.switch_address(i), {switched_off(word)}});
  }
  if (found.tou_off()) writes.push_back({tou_address, {1}});
  if (found.work_mode != work_mode_eco) writes.push_back({work_mode_address, {work_mode_eco}});
  put_ems_and_fast(found, writes);
  return writes;
}

std::vector<Write> writes_for_fast_charge(const FastCharge& fast, const Controls& found) {
  std::vector<Write> writes;
  if (found.fast[1] != fast.soc) writes.push_back({fast_soc_address, {fast.soc}});
  if (found.fast_power && *found.fast_power != fast.power)
    writes.push_back({fast_power_address, {fast.power}});
  if (found.work_mode != work_mode_general)
    writes.push_back({work_mode_address, {work_mode_general}});
  if (found.limits[2] != ems_auto || found.limits[3] != 0)
    writes.push_back({ems_address, {ems_auto, 0}});
  if (!found.fast_charging()) writes.push_back({fast_address, {1}});
  return writes;
}

std::vector<Write> writes_for_general(const Controls& found) {
  std::vector<Write> writes;
  const bool change = found.work_mode != work_mode_general;
  if (change) writes.push_back({work_mode_address, {work_mode_general}});
  put_ems_and_fast(found, writes);
  if (change) writes.push_back({clear_address, {1}});
  if (found.groups == GroupKind::none) return writes;
  // Else the window would open again next week, should anybody choose eco mode.
  const std::uint16_t word = found.switch_word(0);
  if (is_on(word)) writes.push_back({found.switch_address(0), {switched_off(word)}});
  return writes;
}

std::vector<Write> writes_for(const Target& target, const Controls& found) {
  if (target.group) return writes_for_group(*target.group, found);
  return target.fast ? writes_for_fast_charge(*target.fast, found) : writes_for_general(found);
}

std::string difference_from_group(const EcoGroup& group, const Controls& found) {
  if (!same(group, found))
    return differs(found.group_address(0), words_of(group, found.groups), found.words(0));
  for (std::size_t i = 1; i < eco_group_addresses.size(); ++i) {
    const std::uint16_t word = found.switch_word(i);
    if (is_on(word)) return word_differs(found.switch_address(i), switched_off(word), word);
  }
  if (found.tou_off()) return word_differs(tou_address, 1, 0);
  if (found.work_mode != work_mode_eco)
    return word_differs(work_mode_address, work_mode_eco, found.work_mode);
  if (found.fast_charging()) return word_differs(fast_address, 0, 1);
  return difference_in_ems(found);
}

std::string difference_from_fast_charge(const FastCharge& fast, const Controls& found) {
  if (found.fast[1] != fast.soc) return word_differs(fast_soc_address, fast.soc, found.fast[1]);
  if (found.fast_power && *found.fast_power != fast.power)
    return word_differs(fast_power_address, fast.power, *found.fast_power);
  if (found.work_mode != work_mode_general)
    return word_differs(work_mode_address, work_mode_general, found.work_mode);
  if (!found.fast_charging()) return word_differs(fast_address, 1, found.fast[0]);
  return difference_in_ems(found);
}

std::string difference_from_general(const Controls& found) {
  if (found.work_mode != work_mode_general)
    return word_differs(work_mode_address, work_mode_general, found.work_mode);
  if (found.groups != GroupKind::none && is_on(found.switch_word(0))) {
    const std::uint16_t word = found.switch_word(0);
    return word_differs(found.switch_address(0), switched_off(word), word);
  }
  if (found.fast_charging()) return word_differs(fast_address, 0, 1);
  return difference_in_ems(found);
}

std::string difference_from(const Target& target, const Controls& found) {
  if (target.group) return difference_from_group(*target.group, found);
  return target.fast ? difference_from_fast_charge(*target.fast, found)
                     : difference_from_general(found);
}

ControlState state_of(const Controls& found, UtcTime now, const ZoneOffsets& zone, Watts rated) {
  constexpr std::uint16_t self_use_745 = 5;
  ControlState state;
  state.words = found.all();
  if (const auto& floor = found.bounds[0]; floor && *floor <= 100)
    state.soc_floor = BasisPoints(*floor * 100);
  state.mode = fb::InverterMode::other;
  if (found.fast_charging()) {
    state.mode = fb::InverterMode::charge;
    if (found.fast[1] <= 100) state.target_soc = BasisPoints(found.fast[1] * 100);
    if (found.fast_power && *found.fast_power <= 100 && rated.count() > 0)
      state.power = Watts(*found.fast_power * rated.count() / 100);
  } else if (found.ems_mode() > ems_auto) {
    state.mode = fb::InverterMode::other;
  } else if (found.work_mode == work_mode_general || found.work_mode == self_use_745) {
    state.mode = fb::InverterMode::general;
  } else if (found.work_mode == work_mode_eco && found.groups != GroupKind::none) {
    describe_eco(found, now, zone, rated, state);
  }
  return state;
}

}  // namespace wattledger::inverter
