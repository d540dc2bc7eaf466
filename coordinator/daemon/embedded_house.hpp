// The simulated house that lives inside wattledgerd for the demo and for --simulate: physics,
// Modbus server and the weather and habits that drive them. It goes on from what the log last read,
// so that a restart does not refill the battery.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "coordinator/simulator/simulator.hpp"
#include "events/result.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::daemon {

struct EmbeddedHouseOptions {
  std::filesystem::path house_csv;  // empty: a seeded year
  std::uint64_t seed = 1;
};

class EmbeddedHouse {
 public:
  static Result<std::unique_ptr<EmbeddedHouse>> start(const EmbeddedHouseOptions& options,
                                                      const fold::PolicySettings& battery,
                                                      const ZoneOffsets& zone, UtcTime at);
  // Takes over charge and counters of the last reading; the day's too if it was of the same day.
  void go_on_from(const fb::ReadingRecordedT& reading, bool same_day);
  void advance(UtcTime to) { house_->advance(to); }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  std::unique_ptr<simulator::House> house_;
  std::unique_ptr<simulator::ModbusServer> server_;
};

}  // namespace wattledger::daemon
