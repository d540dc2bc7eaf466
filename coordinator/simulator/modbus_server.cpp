// The house's Modbus/TCP server: one thread, libmodbus for frames, the house for what registers
// say. A request acts before its answer leaves, so that whoever has the answer sees its effect.
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

constexpr int connections_max = 16;
constexpr std::size_t writes_remembered = 64;
constexpr int mapping_first = 35000;
constexpr int mapping_count = 13'000;  // up to 47999
constexpr std::uint32_t frame_time_max_us =
    50'000;  // for the rest of a frame whose beginning has come

constexpr std::size_t unit_at = 6;
constexpr std::size_t function_at = 7;

using Frame = std::vector<std::uint8_t>;

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Connection {
  FileDescriptor socket;
  Frame held;  // a request whose answer is kept back (Misbehaviour::late)
};

struct FreeContext {
  void operator()(modbus_t* context) const { modbus_free(context); }
};
struct FreeMapping {
  void operator()(modbus_mapping_t* mapping) const { modbus_mapping_free(mapping); }
};

std::uint16_t word_at(const Frame& frame, std::size_t index) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(frame[index]) << 8U | frame[index + 1]);
}

class Server final : public ModbusServer {
 public:
  Server(House& house, std::uint8_t unit) : house_(house), unit_(unit) {}

  ~Server() override {
    if (thread_.joinable()) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
      thread_.join();
    }
  }

  Result<void> listen(std::uint16_t port) {
    context_.reset(modbus_new_tcp("127.0.0.1", port));
    mapping_.reset(
        modbus_mapping_new_start_address(0, 0, 0, 0, mapping_first, mapping_count, 0, 0));
    wake_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC));
    if (!context_ || !mapping_ || wake_.get() < 0) {
      return fail(ErrorKind::io,
                  std::string("cannot set up the simulator's server: ") + std::strerror(errno));
    }
    modbus_set_indication_timeout(context_.get(), 0, frame_time_max_us);
    modbus_set_byte_timeout(context_.get(), 0, 0);
    listener_ = FileDescriptor(modbus_tcp_listen(context_.get(), connections_max));
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (listener_.get() < 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      return fail(
          ErrorKind::io,
          "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + std::strerror(errno),
          "choose another port, or 0 for a free one");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  void misbehave(Misbehaviour how) override { misbehaviour_ = how; }
  void be_silent_about(std::uint16_t first, std::uint16_t last) override {
    silent_ = static_cast<std::uint32_t>(first) << 16U | last;
  }
  [[nodiscard]] std::uint64_t requests() const override { return requests_; }
  [[nodiscard]] std::vector<std::string> writes_seen() const override {
    const std::lock_guard lock(writes_mutex_);
    return {writes_.begin(), writes_.end()};
  }

 private:
  void run() {
    std::vector<pollfd> waiting;
    for (;;) {
      waiting.assign({{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}});
      for (const Connection& connection : connections_)
        waiting.push_back({connection.socket.get(), POLLIN, 0});
      if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
      if (waiting[0].revents != 0) return;
      for (std::size_t i = 2; i < waiting.size(); ++i) {
        if (waiting[i].revents != 0 && !serve(connections_[i - 2]))
          connections_[i - 2].socket = FileDescriptor(-1);
      }
      std::erase_if(connections_,
                    [](const Connection& connection) { return connection.socket.get() < 0; });
      if (waiting[1].revents != 0) accept();
    }
  }

  void accept() {
    FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.get() < 0 || connections_.size() >= connections_max) return;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // A client that never reads must not hold the thread.
    const timeval second{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
    connections_.push_back({std::move(socket), {}});
  }

  // False when the connection is over.
  bool serve(Connection& connection) {
    Frame frame(MODBUS_TCP_MAX_ADU_LENGTH);
    modbus_set_socket(context_.get(), connection.socket.get());
    const int length = modbus_receive(context_.get(), frame.data());
    if (length <= static_cast<int>(function_at)) return false;
    frame.resize(static_cast<std::size_t>(length));
    ++requests_;
    if (frame[unit_at] != unit_) return true;  // as a bus where nobody has that number
    const Misbehaviour how = misbehaviour_;
    if (how != Misbehaviour::late) connection.held.clear();
    switch (how) {
      case Misbehaviour::none:
      case Misbehaviour::ignore_writes:
        return answer(frame);
      case Misbehaviour::silent:
        return true;
      case Misbehaviour::late: {
        // An answer is late when its client has given up and asks again: no clock is needed to
        // know.
        const Frame before = std::exchange(connection.held, frame);
        return before.empty() || answer(before);
      }
      case Misbehaviour::garbage:
        return send_garbage(connection, frame);
      case Misbehaviour::exceptions:
        return refuse(frame, MODBUS_EXCEPTION_SLAVE_OR_SERVER_FAILURE);
      case Misbehaviour::disconnect:
        return false;
    }
    return false;
  }

  bool refuse(const Frame& frame, unsigned exception) {
    return modbus_reply_exception(context_.get(), frame.data(), exception) >= 0;
  }

  bool answer(const Frame& frame) {
    switch (frame[function_at]) {
      case MODBUS_FC_READ_HOLDING_REGISTERS:
        return answer_read(frame);
      case MODBUS_FC_WRITE_SINGLE_REGISTER:
      case MODBUS_FC_WRITE_MULTIPLE_REGISTERS:
        return answer_write(frame);
      default:
        return refuse(frame, MODBUS_EXCEPTION_ILLEGAL_FUNCTION);
    }
  }

  // Count and range are checked here: libmodbus would sleep before it refuses, and answer 0 for
  // registers that are not.
  bool answer_read(const Frame& frame) {
    if (frame.size() < 12) return false;
    const std::uint16_t address = word_at(frame, 8);
    const std::size_t count = word_at(frame, 10);
    if (count < 1 || count > MODBUS_MAX_READ_REGISTERS)
      return refuse(frame, MODBUS_EXCEPTION_ILLEGAL_DATA_VALUE);
    if (address < mapping_first || address + count > mapping_first + mapping_count) {
      return refuse(frame, MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS);
    }
    const std::uint32_t silent = silent_;
    if (address <= (silent & 0xFFFFU) && address + count > silent >> 16U) return true;
    const std::span<std::uint16_t> words(mapping_->tab_registers + (address - mapping_first),
                                         count);
    const Exception exception = house_.impl().read(address, words);
    if (exception != Exception::none) return refuse(frame, static_cast<unsigned>(exception));
    return reply(frame);
  }

  bool answer_write(const Frame& frame) {
    if (frame.size() < 12) return false;
    const bool many = frame[function_at] == MODBUS_FC_WRITE_MULTIPLE_REGISTERS;
    const std::uint16_t address = word_at(frame, 8);
    const std::size_t count = many ? word_at(frame, 10) : 1;
    const std::size_t first = many ? 13 : 10;
    if (count < 1 || count > MODBUS_MAX_WRITE_REGISTERS || frame.size() < first + 2 * count ||
        (many && frame[12] != 2 * count)) {
      return refuse(frame, MODBUS_EXCEPTION_ILLEGAL_DATA_VALUE);
    }
    std::vector<std::uint16_t> words(count);
    for (std::size_t i = 0; i < count; ++i) words[i] = word_at(frame, first + 2 * i);
    if (misbehaviour_ != Misbehaviour::ignore_writes) {
      const Exception exception = house_.impl().write(address, words, many);
      if (exception != Exception::none) return refuse(frame, static_cast<unsigned>(exception));
    }
    remember_write(address, words, many);
    return reply(frame);
  }

  void remember_write(std::uint16_t address, const std::vector<std::uint16_t>& words, bool many) {
    std::string line = (many ? "FC16 " : "FC6 ") + std::to_string(address);
    char separator = '=';
    for (const std::uint16_t word : words) {
      std::array<char, 8> text{};
      std::snprintf(text.data(), text.size(), "%c%04x", separator, static_cast<unsigned>(word));
      line += text.data();
      separator = ' ';
    }
    const std::lock_guard lock(writes_mutex_);
    writes_.push_back(std::move(line));
    if (writes_.size() > writes_remembered) writes_.pop_front();
  }

  bool reply(const Frame& frame) {
    return modbus_reply(context_.get(), frame.data(), static_cast<int>(frame.size()),
                        mapping_.get()) >= 0;
  }

  // Turn about: noise without head or tail, and an answer to this very request that is one to
  // another function.
  bool send_garbage(const Connection& connection, const Frame& frame) {
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(0xA5U ^ i * 37U);
    noise_ = !noise_;
    if (!noise_) {
      std::copy_n(frame.begin(), 4, bytes.begin());
      constexpr std::array<std::uint8_t, 4> rest{0, 26, 0, 0x04};
      std::copy(rest.begin(), rest.end(), bytes.begin() + 4);
      bytes[unit_at] = unit_;
      bytes[function_at] = MODBUS_FC_READ_INPUT_REGISTERS;
      bytes[function_at + 1] = 23;
    }
    return ::send(connection.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }

  House& house_;
  std::uint8_t unit_;
  std::uint16_t port_ = 0;
  std::unique_ptr<modbus_t, FreeContext> context_;
  std::unique_ptr<modbus_mapping_t, FreeMapping> mapping_;
  FileDescriptor wake_{-1};
  FileDescriptor listener_{-1};
  std::vector<Connection> connections_;
  std::atomic<Misbehaviour> misbehaviour_ = Misbehaviour::none;
  std::atomic<std::uint32_t> silent_ = 1U << 16U;  // first in the high word, last in the low
  std::atomic<std::uint64_t> requests_ = 0;
  bool noise_ = false;
  mutable std::mutex writes_mutex_;
  std::deque<std::string> writes_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ModbusServer>> ModbusServer::start(House& house, std::uint16_t port,
                                                          std::uint8_t unit) {
  auto server = std::make_unique<Server>(house, unit);
  WATTLEDGER_TRY(server->listen(port));
  return Result<std::unique_ptr<ModbusServer>>(std::move(server));
}

}  // namespace wattledger::simulator
