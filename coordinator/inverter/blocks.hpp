// From the words of a poll to a ReadingRecorded, by the register map. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "coordinator/inverter/inverter.hpp"

namespace wattledger::inverter {

using Words = std::span<const std::uint16_t>;

// Model, serial number, firmware, rated power. corrupt when there is no serial number or no rated
// power to read.
[[nodiscard]] Result<Device> decode_device(Words device_info);

// What a poll read; an empty span is a block that the inverter did not give.
struct PolledBlocks {
  Words running;
  Words battery;
  Words battery2_power;
  Words battery2;
  Words meter;
  bool has_meter = true;  // false: the inverter has none, so its own counters stand for it
  bool wide = false;      // rated above 32 kW
};

// Every value in the schema's units and signs. What is marked "not present" is absent; what cannot
// be (SOC above 100 %, 900 Hz) is absent and makes the quality implausible; a missing block or core
// value makes it partial.
[[nodiscard]] fb::ReadingRecordedT decode_poll(const PolledBlocks& blocks, UtcTime now,
                                               const ZoneOffsets& zone);

}  // namespace wattledger::inverter
