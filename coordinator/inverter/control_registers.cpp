#include "coordinator/inverter/control_registers.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/inverter/setting_writes.hpp"

namespace wattledger::inverter {
namespace {

Range range_of(const Write& write) {
  return {write.address, static_cast<std::uint16_t>(write.words.size())};
}

}  // namespace

// False when the inverter has no such registers.
Result<bool> ControlRegisters::offered(std::uint16_t start, std::span<std::uint16_t> words) {
  const auto done = link_.read(start, words);
  if (done.has_value()) return true;
  if (done.error().kind == ErrorKind::unsupported) return false;
  return Failure(done.error());
}

Result<Controls> ControlRegisters::read(const Platform& platform) {
  Controls controls;
  controls.is_745 = platform.is_745;
  WATTLEDGER_TRY(link_.read(work_mode_address, std::span(&controls.work_mode, 1)));
  const auto limits = offered(limits_address, controls.limits);
  WATTLEDGER_TRY(limits);
  if (!*limits) controls.limits = {0xFFFF, 0xFFFF, ems_auto, 0};
  if (known_) {
    WATTLEDGER_TRY(read_groups(controls));
  } else {
    const auto found = find_groups(controls);
    WATTLEDGER_TRY(found);
    known_ = *found;
  }
  controls.groups = known_->groups;
  controls.has_fast = known_->fast;
  std::uint16_t word = 0;
  if (controls.groups == GroupKind::none && controls.has_fast) {
    const auto power = offered(fast_power_address, std::span(&word, 1));
    WATTLEDGER_TRY(power);
    if (*power) controls.fast_power = word;
  }
  if (platform.is_745 && controls.groups != GroupKind::none) {
    const auto tou = offered(tou_address, std::span(&word, 1));
    WATTLEDGER_TRY(tou);
    if (*tou) controls.tou = word;
  }
  return controls;
}

Result<void> ControlRegisters::read_bounds(Controls& controls) {
  for (std::size_t i = 0; i < bound_addresses.size(); ++i) {
    std::uint16_t word = 0;
    const auto there = offered(bound_addresses.at(i), std::span(&word, 1));
    WATTLEDGER_TRY(there);
    controls.bounds.at(i) = *there ? std::optional(word) : std::nullopt;
  }
  return {};
}

Result<void> ControlRegisters::read_groups(Controls& controls) {
  switch (known_->groups) {
    case GroupKind::v2:
      return link_.read(fast_address, controls.fast);
    case GroupKind::v1:
      return link_.read(eco_v1_addresses[0], controls.v1);
    case GroupKind::none:
      break;
  }
  if (!known_->fast) return {};
  return link_.read(fast_address, std::span(controls.fast).first(2));
}

Result<ControlRegisters::Known> ControlRegisters::find_groups(Controls& controls) {
  const auto second = link_.read(fast_address, controls.fast);
  if (second) return Known{GroupKind::v2, /*fast=*/true};
  const bool silent = second.error().kind == ErrorKind::timed_out;
  if (!silent && second.error().kind != ErrorKind::unsupported) return Failure(second.error());
  const auto first = offered(eco_v1_addresses[0], controls.v1);
  if (!first) return Failure(silent ? second.error() : first.error());
  if (silent) {
    const auto again = link_.read(fast_address, controls.fast);
    if (again) return Known{GroupKind::v2, /*fast=*/true};
    if (again.error().kind != ErrorKind::timed_out) return Failure(again.error());
  }
  if (*first) return Known{GroupKind::v1, /*fast=*/false};
  if (silent) return Known{};
  const auto fast = offered(fast_address, std::span(controls.fast).first(2));
  WATTLEDGER_TRY(fast);
  return Known{GroupKind::none, *fast};
}

Result<RegisterWords> ControlRegisters::settings(const Platform& platform) {
  const auto controls = read(platform);  // which groups to ask for
  WATTLEDGER_TRY(controls);
  std::vector<Range> ranges = {{45252, 1}, {45356, 1},
                               {45358, 1}, {work_mode_address, 1},
                               {47500, 1}, {limits_address, limits_words}};
  if (controls->groups == GroupKind::v1) ranges.push_back({eco_v1_addresses[0], v1_words});
  if (controls->has_fast) {
    const bool groups = controls->groups == GroupKind::v2;
    ranges.push_back({fast_address, groups ? fast_words : static_cast<std::uint16_t>(2)});
    ranges.push_back({fast_power_address, 1});
  }
  if (controls->groups == GroupKind::v2) ranges.push_back({tou_address, 1});
  RegisterWords found;
  for (const Range range : ranges) {
    std::vector<std::uint16_t> words(range.count);
    const auto there = offered(range.start, words);
    WATTLEDGER_TRY(there);
    if (*there) found.emplace_back(range.start, std::move(words));
  }
  return found;
}

Result<RegisterWords> ControlRegisters::standing(std::span<const Write> writes) {
  RegisterWords found;
  for (const Write& each : writes) {
    if (!reads_back(each)) continue;
    const Range range = range_of(each);
    std::vector<std::uint16_t> words(range.count);
    const auto there = offered(range.start, words);
    WATTLEDGER_TRY(there);
    if (*there) found.emplace_back(range.start, std::move(words));
  }
  return found;
}

Result<void> ControlRegisters::write(std::span<const Write> writes) {
  for (const Write& each : writes) WATTLEDGER_TRY(link_.write(each.address, each.words));
  return {};
}

Result<ControlRegisters::Difference> ControlRegisters::difference(std::span<const Write> writes) {
  Difference left;
  for (const Write& each : writes) {
    if (!reads_back(each)) continue;
    std::vector<std::uint16_t> words(each.words.size());
    WATTLEDGER_TRY(link_.read(each.address, words));
    if (says_the_same(each, words)) continue;
    if (left.writes.empty()) left.text = differs(each.address, each.words, words);
    left.writes.push_back(each);
  }
  return left;
}

Result<void> ControlRegisters::change(std::span<const Write> writes) {
  WATTLEDGER_TRY(write(writes));
  auto left = difference(writes);
  if (!left) return Failure(left.error());
  if (left->writes.empty()) return {};
  WATTLEDGER_TRY(write(left->writes));
  left = difference(left->writes);
  if (!left) return Failure(left.error());
  if (left->writes.empty()) return {};
  return not_applied(left->text);
}

}  // namespace wattledger::inverter
