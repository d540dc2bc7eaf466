// A Modbus connection that mends itself, over any wire: connects when first asked, lets a request
// meet nothing left over (dongles send bytes after their answers, and answers late), does not trust
// the wire after anything but an exception answer, tries again `retries` times.
//
// No call lasts longer than (1 + retries) * 2 * timeout, apart from the look-up of a host's name
// and further addresses of that name. Where connecting fails twice running, calls fail at once
// until it is time to try again: after 1, 2, 4, … s, at most `backoff_max`. Only tries to connect
// count, not answers that fail to come: udp connects to whom it can send, serial to a device that
// opens. Internal to this room.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "coordinator/inverter/inverter.hpp"
#include "coordinator/inverter/wire.hpp"

namespace wattledger::inverter {

class ModbusLink {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // `now` is the clock of the pauses between tries to connect.
  explicit ModbusLink(ModbusOptions options,
                      std::function<SteadyTime()> now = std::chrono::steady_clock::now);

  // Function 3. `unsupported` is the answer "illegal address", `rejected` any other exception; then
  // timed_out, io, corrupt. invalid_input: the options name no inverter.
  Result<void> read(std::uint16_t address, std::span<std::uint16_t> words);
  // Function 6 for one word, 16 for more.
  Result<void> write(std::uint16_t address, std::span<const std::uint16_t> words);
  // Write requests sent, repeated ones too: each may wear the inverter's flash.
  [[nodiscard]] std::uint32_t writes() const { return writes_; }
  // The next call connects though it is not yet time: for what cannot be asked again later.
  void connect_at_once() { connect_from_ = SteadyTime::min(); }

 private:
  Result<void> ensure_connected();
  Result<void> refused(int error);
  [[nodiscard]] bool held_off() const { return now_() < connect_from_; }
  [[nodiscard]] Failure failure(int error, std::string_view act, std::uint16_t address,
                                std::size_t count) const;
  struct Attempt {
    std::string_view act;
    std::uint16_t address;
    std::size_t count;
    std::uint32_t* sent;  // counts requests, repeated ones too
  };
  Result<void> attempt(const Attempt& what, const Wire::Request& request);

  ModbusOptions options_;
  std::function<SteadyTime()> now_;
  std::string where_;
  std::unique_ptr<Wire> wire_;
  std::uint32_t writes_ = 0;
  std::uint32_t refusals_ = 0;  // of connections, running
  Error refusal_;               // the last one
  SteadyTime connect_from_ = SteadyTime::min();
};

}  // namespace wattledger::inverter
