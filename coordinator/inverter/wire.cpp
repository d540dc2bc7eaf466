#include "coordinator/inverter/wire.hpp"

#include <modbus/modbus.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace wattledger::inverter {
namespace {

// What libmodbus itself opens and closes.
class OpenedWire : public Wire {
 public:
  explicit OpenedWire(ModbusOptions options) : options_(std::move(options)) {}
  ~OpenedWire() override { close(); }
  OpenedWire(const OpenedWire&) = delete;
  OpenedWire& operator=(const OpenedWire&) = delete;

  int connect() override {
    // Made once, and only now, as it prints a line about options that it does not like. Over TCP
    // its transaction numbers go on from connection to connection, so that an answer which a
    // gateway carries over into the next one does not fit there.
    if (context_ == nullptr) context_ = prepared(make_context(), options_);
    if (context_ == nullptr) return EINVAL;
    errno = 0;
    connected_ = modbus_connect(context_.get()) == 0;
    if (connected_) return 0;
    return errno == 0 || errno == EINPROGRESS ? ETIMEDOUT : errno;
  }
  [[nodiscard]] bool connected() const override { return connected_; }

  int exchange(const Request& request) override {
    modbus_flush(context_.get());  // dongles send bytes after their answers
    errno = 0;
    return request(context_.get());
  }

 protected:
  [[nodiscard]] virtual Context make_context() const = 0;
  [[nodiscard]] const ModbusOptions& options() const { return options_; }
  void close() {
    if (connected_) modbus_close(context_.get());
    connected_ = false;
  }

 private:
  ModbusOptions options_;
  Context context_;
  bool connected_ = false;
};

class TcpWire final : public OpenedWire {
 public:
  using OpenedWire::OpenedWire;

  // A late answer dies with its connection.
  void distrust(int) override { close(); }

 private:
  // The name-resolving backend: it takes host names and both families.
  [[nodiscard]] Context make_context() const override {
    return Context(
        modbus_new_tcp_pi(options().host.c_str(), std::to_string(options().port).c_str()));
  }
};

// RTU has no transaction numbers, and a line cannot be changed for another: after a request without
// an answer a timeout passes, in which a late one may come and be thrown away.
class SerialWire final : public OpenedWire {
 public:
  using OpenedWire::OpenedWire;

  int exchange(const Request& request) override {
    std::this_thread::sleep_until(quiet_from_);  // long past, after an answer
    return OpenedWire::exchange(request);
  }

  void distrust(int error) override {
    quiet_from_ = std::chrono::steady_clock::now() + options().timeout;
    // Opening a device anew moves its control lines, which some adapters take amiss: only where it
    // is gone.
    if (error != ETIMEDOUT && error < MODBUS_ENOBASE) close();
  }

 private:
  [[nodiscard]] Context make_context() const override {
    return Context(
        modbus_new_rtu(options().device.c_str(), static_cast<int>(options().baud), 'N', 8, 1));
  }

  std::chrono::steady_clock::time_point quiet_from_{};
};

}  // namespace

void FreeContext::operator()(modbus_t* context) const { modbus_free(context); }

Context prepared(Context context, const ModbusOptions& options) {
  if (context == nullptr) return context;
  const auto ms = options.timeout.count() > 0 ? options.timeout.count() : 1;
  modbus_set_response_timeout(context.get(), static_cast<std::uint32_t>(ms / 1000),
                              static_cast<std::uint32_t>(ms % 1000 * 1000));
  // No limit between bytes: then the response timeout holds for the whole answer, and a trickle
  // cannot stretch it.
  modbus_set_byte_timeout(context.get(), 0, 0);
  modbus_set_slave(context.get(), options.unit);
  return context;
}

std::unique_ptr<Wire> make_wire(const ModbusOptions& options) {
  switch (options.transport) {
    case Transport::tcp:
      break;
    case Transport::udp:
      return make_udp_wire(options);
    case Transport::serial:
      return std::make_unique<SerialWire>(options);
  }
  return std::make_unique<TcpWire>(options);
}

std::string wire_name(const ModbusOptions& options) {
  if (options.transport == Transport::serial)
    return options.device + " at " + std::to_string(options.baud) + " baud";
  const bool v6 = options.host.find(':') != std::string::npos;
  return (v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port) +
         (options.transport == Transport::udp ? " over UDP" : "");
}

}  // namespace wattledger::inverter
