// The port to an inverter: what the daemon may ask of it, in our units. Adapters: modbus_inverter
// (a real GoodWe ET over Modbus). Not thread-safe: one thread owns an inverter.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/codec.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "events/units.hpp"

namespace wattledger::inverter {

struct Device {
  std::string model;
  std::string serial;
  std::string firmware;
  Watts rated_power;
};

// What we want the inverter to do. A forced mode (charge, hold, discharge) ends by itself, in the
// inverter, at `until`. A unit without any eco groups can only be charged, and ends that at
// `target_soc`, whenever that is.
struct Wish {
  fb::InverterMode mode = fb::InverterMode::general;
  Watts power;             // magnitude, for charge and discharge
  BasisPoints target_soc;  // charge: stop at; hold: keep at; discharge: floor
  UtcTime until;           // forced modes: at most an hour ahead, same local day
  bool operator==(const Wish&) const = default;
};

// Runs of registers by their first address: the shape of InverterSettingsFound.
using RegisterWords = std::vector<std::pair<std::uint16_t, std::vector<std::uint16_t>>>;

// What the control registers say now.
struct ControlState {
  fb::InverterMode mode = fb::InverterMode::unknown;
  std::optional<Watts> power;
  std::optional<BasisPoints> target_soc;
  std::optional<UtcTime> until;
  std::optional<BasisPoints> soc_floor;  // the unit's own, on the grid: no mode discharges below
  RegisterWords words;                   // address, words: for events and comparison
};

class Inverter {
 public:
  virtual ~Inverter() = default;
  // Device info; also (re)connects. Errors: timed_out, io, rejected, corrupt (an answer that cannot
  // be), unsupported.
  virtual Result<Device> identify() = 0;
  // One poll of the running, battery and meter blocks: a ReadingRecorded with whatever was
  // readable.
  virtual Result<fb::ReadingRecordedT> poll(UtcTime now, const ZoneOffsets& zone) = 0;
  virtual Result<ControlState> control_state(UtcTime now, const ZoneOffsets& zone) = 0;
  // The same as last read, without a word to the inverter; nullopt: nothing is known.
  [[nodiscard]] virtual std::optional<ControlState> known_state(UtcTime /*now*/,
                                                                const ZoneOffsets& /*zone*/) const {
    return std::nullopt;
  }
  // Every setting that we may ever write, as found: for InverterSettingsFound.
  virtual Result<RegisterWords> settings() = 0;
  // Writes limits before enables, reads back, writes once more what differs, returns what read
  // back; `rejected`, naming the register, when it still differs. `unsupported`: the unit cannot do
  // this.
  virtual Result<ControlState> apply(const Wish& wish, UtcTime now, const ZoneOffsets& zone) = 0;
  // The way down: general mode, in the fewest writes, no read-back needed.
  virtual Result<void> release() = 0;
  // Inverter's clock minus ours.
  virtual Result<std::chrono::seconds> clock_offset(UtcTime now, const ZoneOffsets& zone) = 0;
  virtual Result<void> set_clock(UtcTime now, const ZoneOffsets& zone) = 0;
  // Register writes since this object was made.
  [[nodiscard]] virtual std::uint32_t writes() const = 0;
};

// tcp: Modbus/TCP. udp: RTU frames in datagrams, as GoodWe's Wi-Fi and LAN dongles speak on port
// 8899. serial: RTU on a line of 8 data bits, no parity, one stop bit.
enum class Transport { tcp, udp, serial };

inline constexpr std::uint16_t tcp_port = 502;
inline constexpr std::uint16_t udp_port = 8899;
inline constexpr std::array<std::uint32_t, 8> line_bauds{1200,  2400,  4800,  9600,
                                                         19200, 38400, 57600, 115200};

struct ModbusOptions {
  Transport transport = Transport::tcp;
  std::string host = "127.0.0.1";  // tcp and udp: a name or an address
  std::uint16_t port = tcp_port;
  std::string device;         // serial: as /dev/ttyUSB0
  std::uint32_t baud = 9600;  // serial: one of line_bauds
  std::uint8_t unit = 247;
  std::chrono::milliseconds timeout{1000};
  std::uint32_t retries = 1;                      // of idempotent requests; all ours are
  std::chrono::milliseconds backoff_max{30'000};  // between tries to connect
};

// GoodWe ET/EH over Modbus (libmodbus). Connects lazily, reconnects by itself; where that fails,
// ever more rarely.
[[nodiscard]] std::unique_ptr<Inverter> make_modbus_inverter(const ModbusOptions& options);

}  // namespace wattledger::inverter
