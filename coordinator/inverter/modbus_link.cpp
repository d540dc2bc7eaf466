#include "coordinator/inverter/modbus_link.hpp"

#include <modbus/modbus.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace wattledger::inverter {
namespace {

// What went wrong decides what we do next.
ErrorKind kind_of(int error) {
  switch (error) {
    case EMBXILADD:
      return ErrorKind::unsupported;
    case EMBXILFUN:
    case EMBXILVAL:
    case EMBXSFAIL:
    case EMBXACK:
    case EMBXSBUSY:
    case EMBXNACK:
    case EMBXMEMPAR:
    case EMBXGPATH:
    case EMBXGTAR:
      return ErrorKind::rejected;
    case EMBBADCRC:
    case EMBBADDATA:
    case EMBBADEXC:
    case EMBUNKEXC:
    case EMBMDATA:
    case EMBBADSLAVE:
      return ErrorKind::corrupt;
    case ETIMEDOUT:
      return ErrorKind::timed_out;
    default:  // libmodbus's own, as of an exception that the protocol does not know
      return error >= MODBUS_ENOBASE ? ErrorKind::corrupt : ErrorKind::io;
  }
}

// An exception is an answer: the connection is sound.
bool is_answer(ErrorKind kind) {
  return kind == ErrorKind::unsupported || kind == ErrorKind::rejected;
}

// The same request would be refused again.
bool is_final(int error) { return error == EMBXILADD || error == EMBXILVAL || error == EMBXILFUN; }

const char* remedy_on_a_line(ErrorKind kind) {
  if (kind == ErrorKind::timed_out) {
    return "check the line's wires, its baud rate and the unit number, and that no other program "
           "uses it";
  }
  if (kind == ErrorKind::io)
    return "check that the device is there and that this user may open it (ls -l "
           "/dev/serial/by-id)";
  if (kind == ErrorKind::corrupt)
    return "check the line's wires and its baud rate, and that no other program uses it";
  return "";
}

const char* remedy_for(ErrorKind kind, Transport transport) {
  if (kind == ErrorKind::unsupported)
    return "check that host, port and unit are those of a GoodWe ET or EH inverter";
  if (kind == ErrorKind::rejected)
    return "look at the inverter's display; if it goes on, restart its dongle";
  if (transport == Transport::serial) return remedy_on_a_line(kind);
  if (kind == ErrorKind::timed_out) {
    return "check power and network of the inverter's dongle, its unit number, and that no other "
           "program polls it";
  }
  if (kind == ErrorKind::io)
    return "check the inverter's address or name (an unknown name is refused, too) and its port";
  if (kind == ErrorKind::corrupt)
    return "check the dongle's firmware, and that host and port are an inverter's";
  return "";
}

// Function 6 for one word, 16 for more. libmodbus's own calls, in 3.1.6, take the echo of another
// register's write for ours. A request made so has the transaction number 0 over TCP.
int write_words(modbus_t* context, std::uint8_t unit, std::uint16_t address,
                std::span<const std::uint16_t> words) {
  std::vector<std::uint8_t> request{unit, MODBUS_FC_WRITE_SINGLE_REGISTER};
  const auto append = [&](std::size_t word) {
    request.push_back(static_cast<std::uint8_t>(word >> 8U & 0xFFU));
    request.push_back(static_cast<std::uint8_t>(word & 0xFFU));
  };
  append(address);
  if (words.size() != 1) {
    request[1] = MODBUS_FC_WRITE_MULTIPLE_REGISTERS;
    append(words.size());
    request.push_back(static_cast<std::uint8_t>(2 * words.size()));
  }
  for (const std::uint16_t word : words) append(word);
  if (modbus_send_raw_request(context, request.data(), static_cast<int>(request.size())) == -1)
    return -1;
  std::array<std::uint8_t, MODBUS_MAX_ADU_LENGTH> frame{};
  const int size = modbus_receive_confirmation(context, frame.data());
  if (size == -1) return -1;
  const auto header = static_cast<std::size_t>(modbus_get_header_length(context));
  const std::span answer = std::span(frame).subspan(header);
  const bool rtu = header == 1;
  const bool other_number = !rtu && (frame[0] != 0 || frame[1] != 0);
  const bool refused = answer[0] == (request[1] | 0x80U);
  const bool echoed = std::equal(request.begin() + 1, request.begin() + 6, answer.begin());
  // libmodbus passes over another unit's answer.
  const bool other_unit = rtu && (size == 0 || frame[0] != unit);
  if (echoed && !other_unit && !other_number) return static_cast<int>(words.size());
  if (other_unit) {
    errno = EMBBADSLAVE;
  } else if (refused && !other_number) {
    errno = answer[1] < MODBUS_EXCEPTION_MAX ? MODBUS_ENOBASE + answer[1] : EMBBADEXC;
  } else {
    errno = EMBBADDATA;
  }
  return -1;
}

// 1, 2, 4, … s after the second, third, fourth … refusal running.
std::chrono::milliseconds pause_after(std::uint32_t refusals, std::chrono::milliseconds max) {
  constexpr std::uint32_t doublings_max = 20;  // twelve days
  const std::uint32_t doublings = std::min(refusals - 2, doublings_max);
  return std::min<std::chrono::milliseconds>(std::chrono::seconds(1U << doublings), max);
}

}  // namespace

ModbusLink::ModbusLink(ModbusOptions options, std::function<SteadyTime()> now)
    : options_(std::move(options)),
      now_(std::move(now)),
      where_(wire_name(options_)),
      wire_(make_wire(options_)) {}

Failure ModbusLink::failure(int error, std::string_view act, std::uint16_t address,
                            std::size_t count) const {
  const ErrorKind kind = kind_of(error);
  std::string what = "inverter at " + where_ + ", unit " + std::to_string(options_.unit) + ": ";
  what += std::string(act) + " register " + std::to_string(address) + "/" + std::to_string(count) +
          ": ";
  what += modbus_strerror(error);
  return fail(kind, std::move(what), remedy_for(kind, options_.transport));
}

Result<void> ModbusLink::ensure_connected() {
  if (wire_->connected()) return {};
  const bool serial = options_.transport == Transport::serial;
  // libmodbus would print a line of its own.
  if (serial && options_.device.empty()) {
    return fail(ErrorKind::invalid_input, "the inverter has no serial device",
                "set inverter.device");
  }
  if (!serial && options_.host.empty())
    return fail(ErrorKind::invalid_input, "the inverter has no host", "set inverter.host");
  if (held_off()) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(connect_from_ - now_());
    return fail(refusal_.kind, refusal_.what,
                refusal_.remedy + "; it is tried again in " + std::to_string(left.count()) + " s");
  }
  const int error = wire_->connect();
  if (error == EINVAL) {
    return fail(ErrorKind::invalid_input, "\"" + where_ + "\" is no address of an inverter",
                serial ? "set inverter.device and inverter.baud" : "set inverter.host");
  }
  if (error != 0) return refused(error);
  refusals_ = 0;
  return {};
}

Result<void> ModbusLink::refused(int error) {
  const ErrorKind kind = kind_of(error);
  refusal_ = Error{kind, "inverter at " + where_ + ": cannot connect: " + modbus_strerror(error),
                   remedy_for(kind, options_.transport)};
  if (++refusals_ >= 2) connect_from_ = now_() + pause_after(refusals_, options_.backoff_max);
  return Failure(refusal_);
}

Result<void> ModbusLink::attempt(const Attempt& what, const Wire::Request& request) {
  for (std::uint32_t tried = 0;; ++tried) {
    Result<void> connected = ensure_connected();
    if (connected.has_value()) {
      if (what.sent != nullptr) ++*what.sent;
      if (wire_->exchange(request) == static_cast<int>(what.count)) return {};
      const int error = errno;
      if (!is_answer(kind_of(error))) wire_->distrust(error);
      if (tried >= options_.retries || is_final(error))
        return failure(error, what.act, what.address, what.count);
    } else if (tried >= options_.retries || held_off()) {
      return connected;
    }
  }
}

Result<void> ModbusLink::read(std::uint16_t address, std::span<std::uint16_t> words) {
  return attempt({"reading", address, words.size(), nullptr}, [&](modbus_t* context) {
    return modbus_read_registers(context, address, static_cast<int>(words.size()), words.data());
  });
}

Result<void> ModbusLink::write(std::uint16_t address, std::span<const std::uint16_t> words) {
  return attempt({"writing", address, words.size(), &writes_}, [&](modbus_t* context) {
    return write_words(context, options_.unit, address, words);
  });
}

}  // namespace wattledger::inverter
