// The simulated house that lives inside wattledgerd for the demo and for --simulate: physics,
// Modbus server and the weather and habits that drive them. A real house lives on while its daemon
// does not; this one goes on from a file of its own, which is no fact and may be deleted: then from
// what the log last read, to a whole percent.
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
  // Keeps the state in `file`, anew after each write of a register: between two writes a house that
  // is advanced by the same steps gets to the same state. A file that cannot be written is said.
  void keep_state(const std::filesystem::path& file, std::chrono::seconds step);
  // Where the house was at a time, as the log has it.
  struct Seen {
    const fb::ReadingRecordedT& reading;
    UtcTime at;
  };
  // Becomes what the file tells, advanced to `at`. False, and nothing is changed, without such a
  // file, or where it is not of the house that the log saw.
  [[nodiscard]] bool resume(const std::filesystem::path& file, const Seen& seen, UtcTime at);
  // Takes over charge and counters of the last reading; the day's too if it was of the same day.
  void go_on_from(const fb::ReadingRecordedT& reading, bool same_day);
  void advance(UtcTime to) { house_->advance(to); }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  [[nodiscard]] bool shows(const Seen& seen) const;

  ZoneOffsets zone_;
  std::unique_ptr<simulator::House> house_;
  std::unique_ptr<simulator::ModbusServer> server_;
};

}  // namespace wattledger::daemon
