// A Modbus/TCP connection that mends itself: connects when first asked, empties the socket before
// each request (dongles send bytes after their answers), closes after anything but an exception
// answer, tries again `retries` times. No call lasts longer than (1 + retries) * 2 * timeout.
// Internal to this room.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "coordinator/inverter/inverter.hpp"

// libmodbus's handle; its header stays in modbus_link.cpp.
struct _modbus;

namespace wattledger::inverter {

class ModbusLink {
 public:
  explicit ModbusLink(ModbusOptions options);
  ~ModbusLink();
  ModbusLink(const ModbusLink&) = delete;
  ModbusLink& operator=(const ModbusLink&) = delete;

  // Function 3. `unsupported` is the answer "illegal address", `rejected` any other exception; then
  // timed_out, io, corrupt.
  Result<void> read(std::uint16_t address, std::span<std::uint16_t> words);
  // Function 6 for one word, 16 for more.
  Result<void> write(std::uint16_t address, std::span<const std::uint16_t> words);
  // Write requests sent, repeated ones too: each may wear the inverter's flash.
  [[nodiscard]] std::uint32_t writes() const { return writes_; }

 private:
  Result<void> ensure_connected();
  void close();
  [[nodiscard]] Failure failure(int error, std::string_view act, std::uint16_t address,
                                std::size_t count) const;
  template <class Request>
  Result<void> attempt(std::string_view act, std::uint16_t address, std::size_t count,
                       Request request);

  ModbusOptions options_;
  std::string where_;
  _modbus* context_ = nullptr;
  std::uint32_t writes_ = 0;
};

}  // namespace wattledger::inverter
