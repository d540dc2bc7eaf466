#include "coordinator/inverter/steering.hpp"

#include <algorithm>
#include <cstdio>

namespace wattledger::inverter {
namespace {

using std::chrono::minutes;

// The inverter's clock may lag a little; a window that begins before now is open at once all the
// same.
constexpr minutes start_before{5};
constexpr minutes ahead_max{60};
constexpr std::uint16_t whole_year = 0x0FFF;
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

Result<std::int16_t> signed_percent(const Wish& wish, Watts rated) {
  if (wish.mode == fb::InverterMode::hold) return static_cast<std::int16_t>(-1);
  if (wish.power.count() <= 0) {
    return cannot("a forced mode of " + std::to_string(wish.power.count()) + " W",
                  "wish a power above 0 W");
  }
  const std::int64_t percent =
      std::clamp<std::int64_t>(wish.power.count() * 100 / rated.count(), 1, 100);
  return static_cast<std::int16_t>(wish.mode == fb::InverterMode::charge ? -percent : percent);
}

// Whole percent, rounded toward the limit's inside: a charge stops no later, a discharge no deeper
// than wished.
std::uint16_t soc_percent(const Wish& wish) {
  const std::int64_t up = wish.mode == fb::InverterMode::discharge ? 99 : 0;
  return static_cast<std::uint16_t>((wish.target_soc.count() + up) / 100);
}

std::string hex(std::uint16_t word) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04x", static_cast<unsigned>(word));
  return text.data();
}

template <class Range>
std::string hex_words(const Range& words) {
  std::string text;
  for (const std::uint16_t word : words) text += (text.empty() ? "" : " ") + hex(word);
  return text;
}

std::string differs(std::uint16_t address, const std::string& wished, const std::string& found) {
  return "register " + std::to_string(address) + " reads " + found + ", wished " + wished;
}

// 0 and 0x0FFF both mean every month; firmware may turn one into the other.
EcoGroup comparable(EcoGroup group) {
  if (group.months == whole_year) group.months = 0;
  return group;
}

bool same(const EcoGroup& a, const EcoGroup& b) { return comparable(a) == comparable(b); }

std::uint16_t switch_address(std::size_t index) {
  return static_cast<std::uint16_t>(eco_group_addresses.at(index) + eco_switch_offset);
}

void put_ems_and_fast(const Controls& found, std::vector<Write>& writes) {
  if (found.fast_charging()) writes.push_back({fast_address, {0}});
  if (found.limits[2] != ems_auto || found.limits[3] != 0)
    writes.push_back({ems_address, {ems_auto, 0}});
}

std::string difference_in_ems(const Controls& found) {
  if (found.fast_charging()) return differs(fast_address, "0000", "0001");
  if (found.ems_mode() != ems_auto)
    return differs(ems_address, hex(ems_auto), hex(found.ems_mode()));
  return "";
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
  for (std::size_t i = 0; i < eco_group_addresses.size(); ++i) {
    const EcoGroup group = decode_eco(found.group(i));
    if (!group.holds(wall)) continue;
    state.mode = mode_of(group);
    if (rated.count() > 0) state.power = Watts(std::abs(group.permille()) * rated.count() / 1000);
    if (group.soc_percent <= 100) state.target_soc = BasisPoints(group.soc_percent * 100);
    const LocalTime end = LocalTime(std::chrono::floor<std::chrono::days>(wall)) +
                          std::chrono::hours(group.end_hour) + minutes(group.end_minute);
    state.until = zone.to_utc(end, zone.in_second_pass(now));
    return;
  }
}

}  // namespace

EcoWords Controls::group(std::size_t index) const {
  EcoWords words{};
  std::copy_n(fast.begin() + (eco_group_addresses.at(index) - fast_address), eco_group_words,
              words.begin());
  return words;
}

Result<EcoGroup> group_for(const Wish& wish, UtcTime now, const ZoneOffsets& zone, Watts rated) {
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
  const auto percent = signed_percent(wish, rated);
  WATTLEDGER_TRY(percent);
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
  group.power = *percent;
  group.soc_percent = soc_percent(wish);
  return group;
}

std::vector<Write> writes_for_group(const EcoGroup& group, const Controls& found) {
  std::vector<Write> writes;
  if (!same(decode_eco(found.group(0)), group)) {
    const EcoWords words = encode(group);
    writes.push_back({eco_group_addresses[0], {words.begin(), words.end()}});
  }
  for (std::size_t i = 1; i < eco_group_addresses.size(); ++i) {
    const std::uint16_t word = found.group(i)[eco_switch_offset];
    if (is_on(word)) writes.push_back({switch_address(i), {switched_off(word)}});
  }
  if (found.work_mode != work_mode_eco) writes.push_back({work_mode_address, {work_mode_eco}});
  put_ems_and_fast(found, writes);
  return writes;
}

std::vector<Write> writes_for_general(const Controls& found) {
  std::vector<Write> writes;
  const bool change = found.work_mode != work_mode_general;
  if (change) writes.push_back({work_mode_address, {work_mode_general}});
  put_ems_and_fast(found, writes);
  if (change) writes.push_back({clear_address, {1}});
  if (!found.has_groups) return writes;
  // Else the window would open again next week, should anybody choose eco mode.
  const std::uint16_t word = found.group(0)[eco_switch_offset];
  if (is_on(word)) writes.push_back({switch_address(0), {switched_off(word)}});
  return writes;
}

std::string difference_from_group(const EcoGroup& group, const Controls& found) {
  const EcoWords first = found.group(0);
  if (!same(decode_eco(first), group)) {
    return differs(eco_group_addresses[0], hex_words(encode(group)), hex_words(first));
  }
  for (std::size_t i = 1; i < eco_group_addresses.size(); ++i) {
    const std::uint16_t word = found.group(i)[eco_switch_offset];
    if (is_on(word)) return differs(switch_address(i), hex(switched_off(word)), hex(word));
  }
  if (found.work_mode != work_mode_eco) {
    return differs(work_mode_address, hex(work_mode_eco), hex(found.work_mode));
  }
  return difference_in_ems(found);
}

std::string difference_from_general(const Controls& found) {
  if (found.work_mode != work_mode_general) {
    return differs(work_mode_address, hex(work_mode_general), hex(found.work_mode));
  }
  if (found.has_groups && is_on(found.group(0)[eco_switch_offset])) {
    const std::uint16_t word = found.group(0)[eco_switch_offset];
    return differs(switch_address(0), hex(switched_off(word)), hex(word));
  }
  return difference_in_ems(found);
}

ControlState state_of(const Controls& found, UtcTime now, const ZoneOffsets& zone, Watts rated) {
  ControlState state;
  state.words.emplace_back(work_mode_address, std::vector<std::uint16_t>{found.work_mode});
  state.words.emplace_back(limits_address,
                           std::vector<std::uint16_t>(found.limits.begin(), found.limits.end()));
  if (found.has_groups) {
    state.words.emplace_back(fast_address,
                             std::vector<std::uint16_t>(found.fast.begin(), found.fast.end()));
  }
  constexpr std::uint16_t self_use_745 = 5;
  state.mode = fb::InverterMode::other;
  if (found.fast_charging()) {
    state.mode = fb::InverterMode::charge;
    if (found.fast[1] <= 100) state.target_soc = BasisPoints(found.fast[1] * 100);
  } else if (found.ems_mode() > ems_auto) {
    state.mode = fb::InverterMode::other;
  } else if (found.work_mode == work_mode_general || found.work_mode == self_use_745) {
    state.mode = fb::InverterMode::general;
  } else if (found.work_mode == work_mode_eco && found.has_groups) {
    describe_eco(found, now, zone, rated, state);
  }
  return state;
}

}  // namespace wattledger::inverter
