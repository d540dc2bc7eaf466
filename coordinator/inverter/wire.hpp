// What requests travel over: Modbus/TCP, RTU frames in UDP datagrams, or RTU on a serial line.
// libmodbus makes and checks the frames of all three; a wire sees to it that a request meets
// nothing left over by an earlier one. Which errors are tried again, and when, is ModbusLink's. One
// thread. Internal to this room.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "coordinator/inverter/inverter.hpp"

// libmodbus's handle; its header stays in .cpp files.
struct _modbus;

namespace wattledger::inverter {

class Wire {
 public:
  // One of libmodbus's calls: its result, or -1 and errno. A wire may make it more than once for
  // one exchange: its result must hang on the context alone.
  using Request = std::function<int(_modbus*)>;

  Wire() = default;
  virtual ~Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // 0, or why not, as errno. ECONNREFUSED for an unknown name, as libmodbus has it; EINVAL for
  // options that can be no wire. Tcp waits for at most a timeout for each address of the host, the
  // others not at all; the name's look-up takes what the system's resolver takes.
  [[nodiscard]] virtual int connect() = 0;
  [[nodiscard]] virtual bool connected() const = 0;
  // Asks and waits for the answer, as connected(). Tcp and udp take at most a timeout, serial two.
  [[nodiscard]] virtual int exchange(const Request& request) = 0;
  // The last exchange brought no answer, only `error`: a late one must not be taken for another's.
  virtual void distrust(int error) = 0;
};

[[nodiscard]] std::unique_ptr<Wire> make_wire(const ModbusOptions& options);
// "192.168.1.50:502", "192.168.1.50:8899 over UDP", "/dev/ttyUSB0 at 9600 baud"
[[nodiscard]] std::string wire_name(const ModbusOptions& options);

// For the wires themselves.
struct FreeContext {
  void operator()(_modbus* context) const;
};
using Context = std::unique_ptr<_modbus, FreeContext>;
// Unit and waits; the context may be none.
[[nodiscard]] Context prepared(Context context, const ModbusOptions& options);
[[nodiscard]] std::unique_ptr<Wire> make_udp_wire(const ModbusOptions& options);

}  // namespace wattledger::inverter
