#include "coordinator/inverter/block_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "coordinator/inverter/blocks.hpp"
#include "coordinator/inverter/register_map.hpp"

namespace wattledger::inverter {
namespace {

// Smaller pieces are not tried: half a number says nothing.
constexpr std::uint16_t piece_words_min = 2;
// A register that every unit answers for.
constexpr std::uint16_t probe_address = 47000;

// Registers one by one would take minutes: neighbours of the map are asked for together.
std::vector<Range> runs_of(Block block) {
  std::vector<Range> runs;
  for (const Register& entry : register_map) {
    if (entry.block != block || entry.access == Access::write) continue;
    if (runs.empty() || entry.address > runs.back().start + runs.back().count) {
      runs.push_back({entry.address, entry.words});
    } else {
      Range& run = runs.back();
      run.count = static_cast<std::uint16_t>(
          std::max(run.start + run.count, entry.address + entry.words) - run.start);
    }
  }
  return runs;
}

bool is_settings(Block block) {
  return block == Block::settings || block == Block::settings_arm19 ||
         block == Block::settings_arm22 || block == Block::bms;
}

// What the registers within the range say when they are not there.
void put_absent_in(Range range, std::span<std::uint16_t> words) {
  for (const Register& entry : register_map) {
    if (entry.address < range.start || entry.address + entry.words > range.start + range.count)
      continue;
    put_absent(entry,
               words.subspan(static_cast<std::size_t>(entry.address - range.start), entry.words));
  }
}

}  // namespace

Range range_of(Block block) {
  switch (block) {
    case Block::device_info:
      return device_info_range;
    case Block::running:
      return running_range;
    case Block::battery:
      return battery_range;
    case Block::battery2_power:
      return battery2_power_range;
    case Block::battery2:
      return battery2_range;
    case Block::meter:
      return meter_range;
    case Block::meter_58:
      return meter_58_range;
    case Block::meter_125:
      return meter_125_range;
    case Block::mppt:
      return mppt_range;
    case Block::settings:
    case Block::settings_arm19:
    case Block::settings_arm22:
    case Block::bms:
      break;
  }
  const auto runs = runs_of(block);
  return {runs.front().start,
          static_cast<std::uint16_t>(runs.back().start + runs.back().count - runs.front().start)};
}

Result<Device> BlockReader::identify() {
  std::array<std::uint16_t, device_info_range.count> words{};
  WATTLEDGER_TRY(link_.read(device_info_range.start, words));
  auto device = decode_device(words);
  if (!device) return device;
  platform_ = platform_of(device->serial, device->rated_power);
  meter_ = platform_.long_meter ? Block::meter_125 : Block::meter;
  pieces_.clear();
  identified_ = true;
  answered_whole_ = false;
  return device;
}

// False when the unit has no such registers.
Result<bool> BlockReader::offered(Range range, std::span<std::uint16_t> words) {
  const auto done = link_.read(range.start, words);
  if (done) return true;
  if (done.error().kind == ErrorKind::unsupported) return false;
  return Failure(done.error());
}

Result<std::vector<BlockWords>> BlockReader::read(std::span<const Block> wanted) {
  const std::vector<Block> all = blocks_of(platform_);
  std::vector<BlockWords> read;
  for (const Block block : wanted.empty() ? std::span<const Block>(all) : wanted) {
    if (is_settings(block)) {
      for (const Range run : runs_of(block)) {
        auto words = read_range(block, run);
        if (!words) return Failure(words.error());
        if (*words) read.push_back(**std::move(words));
      }
      continue;
    }
    auto words = read_one(block);
    if (!words) return Failure(words.error());
    if (*words) read.push_back(**std::move(words));
  }
  return read;
}

Result<std::optional<BlockWords>> BlockReader::read_one(Block block) {
  if (block == Block::meter || block == Block::meter_58 || block == Block::meter_125)
    return read_meter();
  if (block != Block::running) return read_range(block, range_of(block));
  BlockWords running{block, running_range.start, std::vector<std::uint16_t>(running_range.count)};
  WATTLEDGER_TRY(read_running(running.words));
  return std::optional(std::move(running));
}

Result<std::optional<BlockWords>> BlockReader::read_range(Block block, Range range) {
  BlockWords read{block, range.start, std::vector<std::uint16_t>(range.count)};
  const auto there = offered(range, read.words);
  if (!there) return Failure(there.error());
  return *there ? std::optional(std::move(read)) : std::nullopt;
}

// The longest answer that the unit gives is remembered.
Result<std::optional<BlockWords>> BlockReader::read_meter() {
  while (true) {
    auto read = read_range(meter_, range_of(meter_));
    if (!read || *read || meter_ == Block::meter) return read;
    meter_ = meter_ == Block::meter_125 ? Block::meter_58 : Block::meter;
  }
}

Result<void> BlockReader::read_running(std::span<std::uint16_t> words) {
  if (pieces_.empty()) {
    const auto whole = link_.read(running_range.start, words);
    answered_whole_ = answered_whole_ || whole;
    if (whole || whole.error().kind != ErrorKind::timed_out || !identified_ || answered_whole_)
      return whole;
    // Silent altogether, or for these registers only?
    std::uint16_t probe = 0;
    if (!link_.read(probe_address, std::span(&probe, 1))) return whole;
    put_absent_in(running_range, words);
    return find_pieces(running_range, words);
  }
  put_absent_in(running_range, words);
  for (const Range piece : pieces_)
    WATTLEDGER_TRY(link_.read(
        piece.start,
        words.subspan(static_cast<std::size_t>(piece.start - running_range.start), piece.count)));
  return {};
}

// Halves what is not answered, until the silent registers are alone.
Result<void> BlockReader::find_pieces(Range range, std::span<std::uint16_t> words) {
  const auto half = static_cast<std::uint16_t>(range.count / 2);
  for (const Range part :
       {Range{range.start, half}, Range{static_cast<std::uint16_t>(range.start + half),
                                        static_cast<std::uint16_t>(range.count - half)}}) {
    std::vector<std::uint16_t> read(part.count);
    const auto answered = link_.read(part.start, read);
    if (answered) {
      pieces_.push_back(part);
      std::copy(read.begin(), read.end(), words.begin() + (part.start - running_range.start));
    } else if (answered.error().kind != ErrorKind::timed_out) {
      pieces_.clear();
      return answered;
    } else if (part.count > piece_words_min) {
      WATTLEDGER_TRY(find_pieces(part, words));
    }
  }
  return {};
}

}  // namespace wattledger::inverter
