#include "coordinator/inverter/controls.hpp"

#include <cstdio>

namespace wattledger::inverter {
namespace {

constexpr std::uint16_t whole_year = 0x0FFF;
constexpr std::uint16_t v1_switch_offset = 3;  // behind the power

}  // namespace

std::uint16_t Controls::group_address(std::size_t index) const {
  return groups == GroupKind::v1 ? eco_v1_addresses.at(index) : eco_group_addresses.at(index);
}

std::span<const std::uint16_t> Controls::words(std::size_t index) const {
  const std::uint16_t address = group_address(index);
  if (groups == GroupKind::v1)
    return std::span(v1).subspan(static_cast<std::size_t>(address - eco_v1_addresses[0]),
                                 eco_v1_words);
  return std::span(fast).subspan(static_cast<std::size_t>(address - fast_address), eco_group_words);
}

EcoGroup Controls::group(std::size_t index) const {
  return groups == GroupKind::v1 ? decode_eco_v1(words(index).first<eco_v1_words>())
                                 : decode_eco(words(index).first<eco_group_words>());
}

std::uint16_t Controls::switch_address(std::size_t index) const {
  const std::uint16_t offset = groups == GroupKind::v1 ? v1_switch_offset : eco_switch_offset;
  return static_cast<std::uint16_t>(group_address(index) + offset);
}

std::uint16_t Controls::switch_word(std::size_t index) const {
  return words(index)[static_cast<std::size_t>(switch_address(index) - group_address(index))];
}

RegisterWords Controls::all() const {
  RegisterWords runs;
  const auto add = [&](std::uint16_t address, std::span<const std::uint16_t> run) {
    runs.emplace_back(address, std::vector<std::uint16_t>(run.begin(), run.end()));
  };
  add(work_mode_address, std::span(&work_mode, 1));
  add(limits_address, limits);
  if (groups == GroupKind::v1) add(eco_v1_addresses[0], v1);
  if (groups == GroupKind::v2) add(fast_address, fast);
  if (groups == GroupKind::none && has_fast) add(fast_address, std::span(fast).first(2));
  if (fast_power) add(fast_power_address, std::span(&*fast_power, 1));
  if (tou) add(tou_address, std::span(&*tou, 1));
  for (std::size_t i = 0; i < bounds.size(); ++i)
    if (const auto& bound = bounds.at(i)) add(bound_addresses.at(i), std::span(&*bound, 1));
  return runs;
}

std::vector<std::uint16_t> words_of(const EcoGroup& group, GroupKind kind) {
  if (kind == GroupKind::v1) {
    const auto words = encode_v1(group);
    return {words.begin(), words.end()};
  }
  const EcoWords words = encode(group);
  return {words.begin(), words.end()};
}

EcoGroup as_kept(EcoGroup group, GroupKind kind) {
  if (kind == GroupKind::v1) return decode_eco_v1(encode_v1(group));
  if (group.months == whole_year) group.months = 0;
  return group;
}

std::string hex_words(std::span<const std::uint16_t> words) {
  std::string text;
  for (const std::uint16_t word : words) {
    std::array<char, 8> four{};
    std::snprintf(four.data(), four.size(), "%04x", static_cast<unsigned>(word));
    text += (text.empty() ? "" : " ") + std::string(four.data());
  }
  return text;
}

std::string differs(std::uint16_t address, std::span<const std::uint16_t> wished,
                    std::span<const std::uint16_t> found) {
  return "register " + std::to_string(address) + " reads " + hex_words(found) + ", wished " +
         hex_words(wished);
}

}  // namespace wattledger::inverter
