#include "replay/inverter/address.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/config/config.hpp"

namespace wattledger::tool {
namespace {

using inverter::ModbusOptions;
using inverter::Transport;

Result<void> check(const Address& address) {
  constexpr std::int64_t port_max = 65'535;
  constexpr std::int64_t unit_max = 247;
  const bool network = !address.host.empty() || address.port || address.udp;
  if (!address.serial.empty() && network)
    return fail(ErrorKind::invalid_input,
                "--serial names a line, --host, --port and --udp an inverter on the network",
                "give the one or the others");
  if (address.port && (*address.port < 1 || *address.port > port_max))
    return fail(ErrorKind::invalid_input, "--port is none", "give one from 1 to 65535");
  if (address.unit && (*address.unit < 1 || *address.unit > unit_max))
    return fail(ErrorKind::invalid_input, "--unit is none",
                "give one from 1 to 247; a GoodWe's is 247 unless somebody changed it");
  const auto& bauds = inverter::line_bauds;
  if (address.baud && std::find(bauds.begin(), bauds.end(), *address.baud) == bauds.end())
    return fail(ErrorKind::invalid_input, "--baud is none",
                fmt::format("give one of {}", fmt::join(bauds, ", ")));
  return {};
}

// A host or a device on the command line brings its transport: the configuration's may not fit it.
void choose_transport(const Address& address, ModbusOptions& options) {
  if (!address.serial.empty()) {
    options.transport = Transport::serial;
    options.device = address.serial;
  } else if (address.udp && options.transport != Transport::udp) {
    options.transport = Transport::udp;
    options.port = inverter::udp_port;
  } else if (!address.host.empty() && options.transport == Transport::serial) {
    options.transport = Transport::tcp;
    options.port = inverter::tcp_port;
  }
}

}  // namespace

void add_address(CLI::App& command, Address& address) {
  add_text(command, "--host", address.host, "The inverter's address (else the configuration's)")
      .type_name("ADDRESS");
  add_number(command, "--port", address.port, "Its port (502; with --udp 8899)").type_name("PORT");
  add_flag(command, "--udp", address.udp,
           "Over UDP, as GoodWe's Wi-Fi and LAN dongles speak, not Modbus/TCP");
  add_text(command, "--serial", address.serial, "On a serial line, by its device")
      .type_name("DEVICE");
  add_number(command, "--baud", address.baud, "The line's speed (9600)").type_name("N");
  add_number(command, "--unit", address.unit, "The inverter's unit number (247)").type_name("N");
}

Result<ModbusOptions> options_of(const Invocation& invocation, const Address& address) {
  WATTLEDGER_TRY(check(address));
  ModbusOptions options;
  if (!invocation.config.empty()) {
    const auto config = config::load(invocation.config);
    if (!config) return Failure(config.error());
    options = config->inverter;
  } else if (!address.given()) {
    return fail(ErrorKind::invalid_input, "which inverter was not said",
                "give --host ADDRESS or --serial DEVICE, or --config FILE with inverter.host or "
                "inverter.device");
  }
  choose_transport(address, options);
  const bool serial = options.transport == Transport::serial;
  if (serial && address.port)
    return fail(ErrorKind::invalid_input, "--port, and the inverter is on a serial line",
                "give --host, too, or leave it out");
  if (!serial && address.baud)
    return fail(ErrorKind::invalid_input, "--baud, and the inverter is on the network",
                "give --serial, too, or leave it out");
  if (!address.host.empty()) options.host = address.host;
  if (address.port) options.port = static_cast<std::uint16_t>(*address.port);
  if (address.unit) options.unit = static_cast<std::uint8_t>(*address.unit);
  if (address.baud) options.baud = static_cast<std::uint32_t>(*address.baud);
  return options;
}

std::optional<Place> polled_place(const Invocation& invocation, const Address& address,
                                  bool direct) {
  if (direct) return std::nullopt;
  if (address.given()) {
    // The configuration's own inverter, named again, is polled no less.
    const auto config =
        invocation.config.empty() ? Failure(Error{}) : config::load(invocation.config);
    const bool same = config && address.serial == config->inverter.device &&
                      address.host == config->inverter.host &&
                      (!address.port || *address.port == config->inverter.port);
    if (!same) return std::nullopt;
  }
  auto place = find_place(invocation);
  if (!place || !log::writer_lock_holder(place->log())) return std::nullopt;
  return *std::move(place);
}

}  // namespace wattledger::tool
