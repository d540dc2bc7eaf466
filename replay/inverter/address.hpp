// Where an inverter is, as the commands that talk to one are told: by options, else by the
// configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/inverter/inverter.hpp"
#include "replay/command.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

struct Address {
  std::string host, serial;
  bool udp = false;
  std::optional<std::int64_t> port, unit, baud;

  // Another inverter than the configuration's was named, or may have been.
  [[nodiscard]] bool given() const { return !host.empty() || !serial.empty(); }
};

// --host, --port, --udp, --serial, --baud, --unit. `address` outlives the command.
void add_address(CLI::App& command, Address& address);

// The configuration's options, where one is given, and over them the address's. Errors:
// invalid_input for options that contradict each other or name no inverter, which is the caller's
// wrong usage; config::load's.
[[nodiscard]] Result<inverter::ModbusOptions> options_of(const Invocation& invocation,
                                                         const Address& address);

// The place whose daemon polls that inverter; nullopt: none runs, another inverter was named, or
// the owner wants to go past it (`direct`).
[[nodiscard]] std::optional<Place> polled_place(const Invocation& invocation,
                                                const Address& address, bool direct);

}  // namespace wattledger::tool
