#include "coordinator/inverter/platform.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace wattledger::inverter {
namespace {

using Tags = std::span<const std::string_view>;

constexpr auto single_phase_tags = std::to_array<std::string_view>(
    {"EHU", "EHR", "HSB", "ESN", "EMN", "ERN", "EBN", "HLB", "HMB", "HBB", "SPN"});
constexpr auto four_string_tags = std::to_array<std::string_view>({"HSB", "25KET", "29K9ET"});
constexpr auto two_battery_tags = std::to_array<std::string_view>({"25KET", "29K9ET"});
constexpr auto tags_745 = std::to_array<std::string_view>(
    {"ESN", "EBN", "EMN", "SPN", "ERN", "ESC", "HLB", "HMB", "HBB", "EOA",  // low voltage
     "ETT", "HTA", "HUB", "AEB", "SPB", "CUB", "EUB", "HEB", "ERB", "BTT",
     "ETF", "ARB", "URB", "EBR", "NAH"});

constexpr std::int64_t large_w = 15'000;
constexpr std::int64_t two_batteries_w = 25'000;
constexpr std::int64_t wide_above_w = 32'000;

bool has_tag(std::string_view serial, Tags tags) {
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view tag) {
    return serial.find(tag) != std::string_view::npos;
  });
}

}  // namespace

Platform platform_of(std::string_view serial, Watts rated) {
  const bool large = rated.count() >= large_w;
  Platform platform;
  platform.single_phase = has_tag(serial, single_phase_tags);
  platform.is_745 = has_tag(serial, tags_745);
  platform.four_strings = large || has_tag(serial, four_string_tags);
  platform.two_batteries = rated.count() >= two_batteries_w || has_tag(serial, two_battery_tags);
  platform.long_meter = large || platform.is_745;
  platform.many_trackers = large || platform.is_745;
  platform.wide = rated.count() > wide_above_w;
  return platform;
}

std::vector<Block> blocks_of(const Platform& platform) {
  std::vector<Block> blocks{Block::device_info, Block::running, Block::battery};
  if (platform.two_batteries) {
    blocks.push_back(Block::battery2_power);
    blocks.push_back(Block::battery2);
  }
  blocks.push_back(platform.long_meter ? Block::meter_125 : Block::meter);
  if (platform.many_trackers) blocks.push_back(Block::mppt);
  return blocks;
}

bool is_shown(const Register& entry, const Platform& platform) {
  const std::string_view name = entry.name;
  const bool of_string = name.find("pv") != std::string_view::npos;
  if (of_string && !platform.four_strings && entry.block == Block::running &&
      (name.find("pv3") != std::string_view::npos || name.find("pv4") != std::string_view::npos))
    return false;
  if (!platform.single_phase || of_string) return true;
  const bool measured = entry.block == Block::running || entry.block == Block::meter ||
                        entry.block == Block::meter_58 || entry.block == Block::meter_125;
  return !measured || !(name.ends_with('2') || name.ends_with('3'));
}

}  // namespace wattledger::inverter
