// An inverter that is only read: what would write to it is refused, whoever asks. For the daemon's
// safe mode.
#pragma once

#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {

class ReadingInverter : public inverter::Inverter {
 public:
  explicit ReadingInverter(inverter::Inverter& inverter) : inverter_(inverter) {}

  Result<inverter::Device> identify() override { return inverter_.identify(); }
  Result<fb::ReadingRecordedT> poll(UtcTime now, const ZoneOffsets& zone) override {
    return inverter_.poll(now, zone);
  }
  Result<inverter::ControlState> control_state(UtcTime now, const ZoneOffsets& zone) override {
    return inverter_.control_state(now, zone);
  }
  [[nodiscard]] std::optional<inverter::ControlState> known_state(
      UtcTime now, const ZoneOffsets& zone) const override {
    return inverter_.known_state(now, zone);
  }
  Result<inverter::RegisterWords> settings() override { return inverter_.settings(); }
  Result<inverter::ControlState> apply(const inverter::Wish&, UtcTime,
                                       const ZoneOffsets&) override {
    return refused();
  }
  Result<void> release() override { return refused(); }
  Result<std::chrono::seconds> clock_offset(UtcTime now, const ZoneOffsets& zone) override {
    return inverter_.clock_offset(now, zone);
  }
  Result<void> set_clock(UtcTime, const ZoneOffsets&) override { return refused(); }
  [[nodiscard]] std::uint32_t writes() const override { return inverter_.writes(); }

 private:
  static Failure refused() {
    return fail(ErrorKind::rejected, "nothing is written to the inverter in safe mode",
                "start wattledgerd without --safe-mode");
  }
  inverter::Inverter& inverter_;
};

}  // namespace wattledger::daemon
