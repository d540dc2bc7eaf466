#include "coordinator/inverter/modbus_link.hpp"

#include <modbus/modbus.h>

#include <cerrno>
#include <utility>

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
    default:
      return ErrorKind::io;
  }
}

// An exception is an answer: the connection is sound.
bool is_answer(ErrorKind kind) {
  return kind == ErrorKind::unsupported || kind == ErrorKind::rejected;
}

// The same request would be refused again.
bool is_final(int error) { return error == EMBXILADD || error == EMBXILVAL || error == EMBXILFUN; }

const char* remedy_for(ErrorKind kind) {
  if (kind == ErrorKind::timed_out) {
    return "check power and network of the inverter's dongle, its unit number, and that no other "
           "program polls it";
  }
  if (kind == ErrorKind::io)
    return "check the inverter's address or name (an unknown name is refused, too) and its port";
  if (kind == ErrorKind::corrupt)
    return "check the dongle's firmware, and that host and port are an inverter's";
  if (kind == ErrorKind::unsupported)
    return "check that host, port and unit are those of a GoodWe ET or EH inverter";
  if (kind == ErrorKind::rejected)
    return "look at the inverter's display; if it goes on, restart its dongle";
  return "";
}

}  // namespace

ModbusLink::ModbusLink(ModbusOptions options)
    : options_(std::move(options)), where_(options_.host + ":" + std::to_string(options_.port)) {}

ModbusLink::~ModbusLink() { close(); }

void ModbusLink::close() {
  if (context_ == nullptr) return;
  modbus_close(context_);
  modbus_free(context_);
  context_ = nullptr;
}

Failure ModbusLink::failure(int error, std::string_view act, std::uint16_t address,
                            std::size_t count) const {
  const ErrorKind kind = kind_of(error);
  std::string what = "inverter at " + where_ + ", unit " + std::to_string(options_.unit) + ": ";
  what += std::string(act) + " register " + std::to_string(address) + "/" + std::to_string(count) +
          ": ";
  what += modbus_strerror(error);
  return fail(kind, std::move(what), remedy_for(kind));
}

Result<void> ModbusLink::ensure_connected() {
  if (context_ != nullptr) return {};
  if (options_.host.empty()) {  // libmodbus would print a line of its own
    return fail(ErrorKind::invalid_input, "the inverter has no host", "set inverter.host");
  }
  // The name-resolving backend: it takes host names and both families, and it, too, connects within
  // the timeout.
  context_ = modbus_new_tcp_pi(options_.host.c_str(), std::to_string(options_.port).c_str());
  if (context_ == nullptr) {
    return fail(ErrorKind::invalid_input, "\"" + where_ + "\" is no address of an inverter",
                "set inverter.host");
  }
  const auto ms = options_.timeout.count() > 0 ? options_.timeout.count() : 1;
  modbus_set_response_timeout(context_, static_cast<std::uint32_t>(ms / 1000),
                              static_cast<std::uint32_t>(ms % 1000 * 1000));
  // No limit between bytes: then the response timeout holds for the whole answer, and a trickle
  // cannot stretch it.
  modbus_set_byte_timeout(context_, 0, 0);
  modbus_set_slave(context_, options_.unit);
  if (modbus_connect(context_) == 0) return {};
  const int error = errno == 0 || errno == EINPROGRESS ? ETIMEDOUT : errno;
  close();
  const ErrorKind kind = kind_of(error);
  return fail(kind, "inverter at " + where_ + ": cannot connect: " + modbus_strerror(error),
              remedy_for(kind));
}

template <class Request>
Result<void> ModbusLink::attempt(std::string_view act, std::uint16_t address, std::size_t count,
                                 Request request) {
  for (std::uint32_t tried = 0;; ++tried) {
    Result<void> connected = ensure_connected();
    if (connected.has_value()) {
      modbus_flush(context_);
      errno = 0;
      if (request(context_) == static_cast<int>(count)) return {};
      const int error = errno;
      // A late answer would be taken for the next one's: it dies with its connection.
      if (!is_answer(kind_of(error))) close();
      if (tried >= options_.retries || is_final(error)) return failure(error, act, address, count);
    } else if (tried >= options_.retries) {
      return connected;
    }
  }
}

Result<void> ModbusLink::read(std::uint16_t address, std::span<std::uint16_t> words) {
  return attempt("reading", address, words.size(), [&](modbus_t* context) {
    return modbus_read_registers(context, address, static_cast<int>(words.size()), words.data());
  });
}

Result<void> ModbusLink::write(std::uint16_t address, std::span<const std::uint16_t> words) {
  return attempt("writing", address, words.size(), [&](modbus_t* context) {
    ++writes_;
    if (words.size() == 1) return modbus_write_register(context, address, words[0]);
    return modbus_write_registers(context, address, static_cast<int>(words.size()), words.data());
  });
}

}  // namespace wattledger::inverter
