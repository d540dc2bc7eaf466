// Reads whole blocks, as a unit has them: blocks that answer "illegal address" are left out, the
// meter is asked for less, and a unit that never answers for the 125 running registers at once is
// asked piece by piece. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "coordinator/inverter/inverter.hpp"
#include "coordinator/inverter/modbus_link.hpp"
#include "coordinator/inverter/platform.hpp"
#include "coordinator/inverter/sensors.hpp"

namespace wattledger::inverter {

class BlockReader {
 public:
  // `link` outlives it.
  explicit BlockReader(ModbusLink& link) : link_(link) {}

  // Device info, and by it what kind of unit this is. Forgets what was found missing. Errors:
  // decode_device's and the link's.
  Result<Device> identify();
  [[nodiscard]] const Platform& platform() const { return platform_; }

  // The blocks named, or of none: all that such a unit has. Those that it does not have are left
  // out. identify() comes first.
  Result<std::vector<BlockWords>> read(std::span<const Block> wanted);
  // The same for one; nullopt: the unit has no such block.
  Result<std::optional<BlockWords>> read_one(Block block);

  // The running block into 125 words. What a unit never answers for reads as "not present": found
  // once, if it has never given the whole block since identify(), with a wait for each silent half.
  Result<void> read_running(std::span<std::uint16_t> words);

 private:
  Result<bool> offered(Range range, std::span<std::uint16_t> words);
  Result<std::optional<BlockWords>> read_range(Block block, Range range);
  Result<std::optional<BlockWords>> read_meter();
  Result<void> find_pieces(Range range, std::span<std::uint16_t> words);

  ModbusLink& link_;
  Platform platform_;
  Block meter_ = Block::meter;  // how much of it is asked for
  std::vector<Range> pieces_;   // of the running block; none: it is read whole
  bool identified_ = false, answered_whole_ = false;
};

// Where a block stands; settings: from their first to their last register, which no unit answers as
// one.
[[nodiscard]] Range range_of(Block block);

}  // namespace wattledger::inverter
