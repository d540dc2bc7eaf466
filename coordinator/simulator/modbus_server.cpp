// The house's server, Modbus/TCP and RTU frames over UDP: one thread, which frames find the
// requests of, the slave answers, and which misbehaves here if it is told to.
#include <arpa/inet.h>
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
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "coordinator/simulator/slave.hpp"

namespace wattledger::simulator {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int connections_max = 16;
constexpr std::size_t writes_remembered = 64;
constexpr std::size_t receive_bytes = 2'048;
constexpr std::uint8_t slave_failure = 4;
constexpr std::uint8_t function_input = 4;  // which no request of ours has
constexpr std::size_t split_after = 5;

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

// Where an answer goes: a connection, or whoever sent a datagram.
struct Peer {
  int socket = -1;
  std::optional<sockaddr_in> address;  // UDP
};

// A request whose answer is kept back (Misbehaviour::late), and where it would go.
struct Held {
  Bytes pdu;
  Request request;
  Peer peer;
};

struct Connection {
  FileDescriptor socket;
  Bytes received;
  std::optional<Held> held;
};

struct Due {
  Clock::time_point at;
  Peer peer;
  Bytes bytes;
};

class Server final : public ModbusServer {
 public:
  Server(House& house, const ServerOptions& options)
      : slave_(house.impl()), options_(options), buffer_(receive_bytes) {}

  ~Server() override {
    if (thread_.joinable()) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
      thread_.join();
    }
  }

  Result<void> listen() {
    wake_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC));
    auto tcp = bound(SOCK_STREAM, options_.port, port_);
    if (!tcp) return Failure(tcp.error());
    listener_ = std::move(*tcp);
    if (::listen(listener_.get(), connections_max) != 0) return cannot_listen(options_.port);
    if (options_.udp_port) {
      auto udp = bound(SOCK_DGRAM, *options_.udp_port, udp_port_);
      if (!udp) return Failure(udp.error());
      udp_ = std::move(*udp);
    }
    slave_.be_unit(options_.unit);
    thread_ = std::thread([this] { run(); });
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::uint16_t udp_port() const override { return udp_port_; }
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
  [[nodiscard]] Failure cannot_listen(std::uint16_t port) const {
    return fail(ErrorKind::io,
                "cannot listen on " + options_.address + ":" + std::to_string(port) + ": " +
                    std::strerror(errno),
                "choose another address or port, or 0 for a free port");
  }

  Result<FileDescriptor> bound(int type, std::uint16_t port, std::uint16_t& taken) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr) != 1) {
      return fail(ErrorKind::invalid_input, "\"" + options_.address + "\" is no IPv4 address",
                  "give one such as 127.0.0.1, or 0.0.0.0 for all of this machine");
    }
    FileDescriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (type == SOCK_STREAM) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t size = sizeof address;
    if (socket.get() < 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      return cannot_listen(port);
    taken = ntohs(address.sin_port);
    return Result<FileDescriptor>(std::move(socket));
  }

  void run() {
    std::vector<pollfd> waiting;
    for (;;) {
      waiting.assign(
          {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}, {udp_.get(), POLLIN, 0}});
      for (const Connection& connection : connections_)
        waiting.push_back({connection.socket.get(), POLLIN, 0});
      if (::poll(waiting.data(), waiting.size(), milliseconds_left()) < 0 && errno != EINTR) return;
      if (waiting[0].revents != 0) return;
      send_due();
      if (waiting[2].revents != 0) serve_datagram();
      for (std::size_t i = 3; i < waiting.size(); ++i)
        if (waiting[i].revents != 0 && !serve(connections_[i - 3])) close(connections_[i - 3]);
      std::erase_if(connections_,
                    [](const Connection& connection) { return connection.socket.get() < 0; });
      if (waiting[1].revents != 0) accept();
    }
  }

  void close(Connection& connection) {
    std::erase_if(due_,
                  [&](const Due& each) { return each.peer.socket == connection.socket.get(); });
    connection.socket = FileDescriptor(-1);
  }

  [[nodiscard]] int milliseconds_left() const {
    if (due_.empty()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(due_.front().at - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  void send_due() {
    while (!due_.empty() && due_.front().at <= Clock::now()) {
      send(due_.front().peer, due_.front().bytes);
      due_.pop_front();
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
    connections_.push_back({std::move(socket), {}, {}});
  }

  // False when the connection is over.
  bool serve(Connection& connection) {
    const ssize_t length =
        ::recv(connection.socket.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (length <= 0) return false;
    Bytes& received = connection.received;
    received.insert(received.end(), buffer_.begin(), buffer_.begin() + length);
    std::size_t done = 0;
    while (true) {
      const Found found = find_tcp_request(ByteView(received).subspan(done));
      if (found.what == Found::What::no_modbus) return false;
      if (found.what == Found::What::part) break;
      const Peer peer{connection.socket.get(), {}};
      if (!handle(found.request, peer, connection.held)) return false;
      done += found.bytes;
    }
    received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(done));
    return true;
  }

  void serve_datagram() {
    Peer peer{udp_.get(), sockaddr_in{}};
    socklen_t size = sizeof *peer.address;
    const ssize_t length = ::recvfrom(udp_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                      reinterpret_cast<sockaddr*>(&*peer.address), &size);
    if (length <= 0) return;
    const auto request = rtu_request(ByteView(buffer_).first(static_cast<std::size_t>(length)));
    if (request) (void)handle(*request, peer, held_datagram_);
  }

  bool handle(const Request& request, const Peer& peer, std::optional<Held>& held) {
    ++requests_;
    if (request.unit != options_.unit) return true;  // as a bus where nobody has that number
    const Misbehaviour how = misbehaviour_;
    if (how != Misbehaviour::late) held.reset();
    switch (how) {
      case Misbehaviour::none:
      case Misbehaviour::slow:
      case Misbehaviour::trailing:
      case Misbehaviour::wrong_length:
      case Misbehaviour::split:
      case Misbehaviour::ignore_writes:
        return answer(request, peer, how);
      case Misbehaviour::silent:
        return true;
      case Misbehaviour::late: {
        // An answer is late when its client has given up and asks again: no clock is needed to
        // know.
        auto before =
            std::exchange(held, Held{{request.pdu.begin(), request.pdu.end()}, request, peer});
        if (!before) return true;
        before->request.pdu = before->pdu;
        return answer(before->request, before->peer, how);
      }
      case Misbehaviour::garbage:
        return send_garbage(request, peer);
      case Misbehaviour::exceptions:
        return send_pdu(request, peer, Slave::refusal(request.pdu, slave_failure), how);
      case Misbehaviour::disconnect:
        return peer.address.has_value();
    }
    return false;
  }

  bool answer(const Request& request, const Peer& peer, Misbehaviour how) {
    const std::uint32_t silent = silent_;
    const auto first = static_cast<std::uint16_t>(silent >> 16U);
    const auto last = static_cast<std::uint16_t>(silent & 0xFFFFU);
    const inverter::Range range{first,
                                static_cast<std::uint16_t>(last < first ? 0 : last - first + 1)};
    const Answer answer = slave_.answer(request.pdu, how != Misbehaviour::ignore_writes, range);
    if (!answer.write.empty()) remember(answer.write);
    return !answer.pdu || send_pdu(request, peer, *answer.pdu, how);
  }

  void remember(const std::string& line) {
    const std::lock_guard lock(writes_mutex_);
    writes_.push_back(line);
    if (writes_.size() > writes_remembered) writes_.pop_front();
  }

  bool send_pdu(const Request& request, const Peer& peer, ByteView pdu, Misbehaviour how) {
    const bool udp = peer.address.has_value();
    Bytes frame = udp ? udp_answer(request, pdu) : tcp_answer(request, pdu);
    if (how == Misbehaviour::slow) {
      due_.push_back({Clock::now() + options_.slow_by, peer, std::move(frame)});
      return true;
    }
    if (how == Misbehaviour::trailing) {
      constexpr std::array<std::uint8_t, 6> more{0x0D, 0x0A, 0xFF, 0x00, 0xF7, 0x03};
      frame.insert(frame.end(), more.begin(), more.end());
    }
    if (how == Misbehaviour::wrong_length) {
      if (udp)
        frame.resize(frame.size() - 3);  // as a LAN box truncates
      else
        frame[5] = static_cast<std::uint8_t>(frame[5] + 3);
    }
    if (how != Misbehaviour::split) return send(peer, frame);
    const std::size_t first = std::min(split_after, frame.size());
    return send(peer, ByteView(frame).first(first)) && send(peer, ByteView(frame).subspan(first));
  }

  static bool send(const Peer& peer, ByteView bytes) {
    const auto* address =
        peer.address ? reinterpret_cast<const sockaddr*>(&*peer.address) : nullptr;
    const auto size = static_cast<socklen_t>(peer.address ? sizeof *peer.address : 0);
    return ::sendto(peer.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL, address, size) ==
           static_cast<ssize_t>(bytes.size());
  }

  // Turn about: noise without head or tail, and an answer to this very request that is one to
  // another function.
  bool send_garbage(const Request& request, const Peer& peer) {
    constexpr std::size_t data_bytes = 22;
    Bytes noise(data_bytes + 2);
    for (std::size_t i = 0; i < noise.size(); ++i)
      noise[i] = static_cast<std::uint8_t>(0xA5U ^ i * 37U);
    noise_ = !noise_;
    if (noise_) return send(peer, noise);
    noise[0] = function_input;
    noise[1] = data_bytes;
    return send_pdu(request, peer, noise, Misbehaviour::none);
  }

  Slave slave_;
  ServerOptions options_;
  std::uint16_t port_ = 0;
  std::uint16_t udp_port_ = 0;
  FileDescriptor wake_{-1};
  FileDescriptor listener_{-1};
  FileDescriptor udp_{-1};
  Bytes buffer_;
  std::vector<Connection> connections_;
  std::optional<Held> held_datagram_;
  std::deque<Due> due_;  // one delay for all: in the order of their times
  std::atomic<Misbehaviour> misbehaviour_ = Misbehaviour::none;
  std::atomic<std::uint32_t> silent_ = 1U << 16U;  // first in the high word, last in the low
  std::atomic<std::uint64_t> requests_ = 0;
  bool noise_ = false;
  mutable std::mutex writes_mutex_;
  std::deque<std::string> writes_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ModbusServer>> ModbusServer::start(House& house,
                                                          const ServerOptions& options) {
  auto server = std::make_unique<Server>(house, options);
  WATTLEDGER_TRY(server->listen());
  return Result<std::unique_ptr<ModbusServer>>(std::move(server));
}

Result<std::unique_ptr<ModbusServer>> ModbusServer::start(House& house, std::uint16_t port,
                                                          std::uint8_t unit) {
  ServerOptions options;
  options.port = port;
  options.unit = unit;
  return start(house, options);
}

}  // namespace wattledger::simulator
