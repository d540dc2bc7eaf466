#include "tests/inverter/responder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace wattledger::testing {
namespace {

constexpr std::size_t mbap_size = 7;

std::uint8_t high(std::size_t word) { return static_cast<std::uint8_t>(word >> 8U); }
std::uint8_t low(std::size_t word) { return static_cast<std::uint8_t>(word & 0xFFU); }
std::size_t word_at(const Bytes& bytes, std::size_t at) {
  return static_cast<std::size_t>(bytes.at(at)) << 8U | bytes.at(at + 1);
}

std::uint16_t crc16(const Bytes& bytes) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xA001U : crc >> 1U;
  }
  return static_cast<std::uint16_t>(crc);
}

// How long the request at the head of `bytes` is; 0: not all of it has come.
std::size_t whole_request(Transport transport, const Bytes& bytes) {
  std::size_t size = 8;
  if (transport == Transport::tcp) {
    if (bytes.size() < mbap_size) return 0;
    size = 6 + word_at(bytes, 4);
  } else if (bytes.size() >= mbap_size && bytes[1] == 16) {
    size = 9U + bytes[6];
  }
  return bytes.size() >= size ? size : 0;
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

struct Peer {
  sockaddr_storage address{};
  socklen_t size = 0;
};

}  // namespace

Bytes operator+(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

Bytes rtu_frame(const Bytes& pdu, std::uint8_t unit) {
  const Bytes frame = Bytes{unit} + pdu;
  const std::uint16_t crc = crc16(frame);
  return frame + Bytes{low(crc), high(crc)};
}

Bytes framed(Transport transport, const Bytes& request, const Bytes& pdu, std::uint8_t unit) {
  switch (transport) {
    case Transport::tcp:
      return Bytes{request.at(0),        request.at(1),       0,   0,
                   high(pdu.size() + 1), low(pdu.size() + 1), unit} +
             pdu;
    case Transport::udp:
      return Bytes{0xAA, 0x55} + rtu_frame(pdu, unit);
    case Transport::serial:
      break;
  }
  return rtu_frame(pdu, unit);
}

Bytes pdu_of(Transport transport, const Bytes& request) {
  if (transport == Transport::tcp) return {request.begin() + mbap_size, request.end()};
  return {request.begin() + 1, request.end() - 2};
}

std::uint16_t address_in(const Bytes& pdu) { return static_cast<std::uint16_t>(word_at(pdu, 1)); }

Bytes read_answer(std::uint16_t address, std::size_t count) {
  Bytes pdu{3, low(2 * count)};
  for (std::size_t i = 0; i < count; ++i) pdu = pdu + Bytes{high(address + i), low(address + i)};
  return pdu;
}

Bytes exception(std::uint8_t function, std::uint8_t code) {
  return {static_cast<std::uint8_t>(function | 0x80U), code};
}

Bytes sound_pdu(const Bytes& asked) {
  if (asked.at(0) == 3) return read_answer(address_in(asked), word_at(asked, 3));
  return {asked.begin(), asked.begin() + 5};
}

Script sound(Transport transport) {
  return [transport](const Bytes& request, std::uint64_t) {
    return Reply{{framed(transport, request, sound_pdu(pdu_of(transport, request)))}, {}, false};
  };
}

struct Responder::Impl {
  Transport transport;
  Script script;
  Descriptor wake{::eventfd(0, EFD_CLOEXEC)};
  Descriptor open;        // listens, or is the socket or the terminal's master
  Descriptor kept;        // the terminal's other end, so that it never hangs up
  Descriptor connection;  // TCP
  Bytes come;
  std::string device;
  std::string host;
  std::uint16_t port = 0;
  Peer earlier;
  std::mutex mutex;  // of what say() and ports() use: peer, connection, ports
  Peer peer;
  std::vector<std::uint16_t> ports;
  std::atomic<std::uint64_t> requests = 0;
  std::jthread thread;

  void open_socket(bool v6) {
    Peer here;
    if (v6) {
      auto& address = reinterpret_cast<sockaddr_in6&>(here.address);
      address.sin6_family = AF_INET6;
      address.sin6_addr = in6addr_loopback;
      here.size = sizeof address;
    } else {
      auto& address = reinterpret_cast<sockaddr_in&>(here.address);
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      here.size = sizeof address;
    }
    const int kind = transport == Transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
    Descriptor socket(::socket(here.address.ss_family, kind | SOCK_CLOEXEC, 0));
    auto* const where = reinterpret_cast<sockaddr*>(&here.address);
    if (::bind(socket.number(), where, here.size) != 0) return;
    if (transport == Transport::tcp) REQUIRE(::listen(socket.number(), 16) == 0);
    REQUIRE(::getsockname(socket.number(), where, &here.size) == 0);
    // The port stands at the same place in both.
    port = ntohs(reinterpret_cast<sockaddr_in&>(here.address).sin_port);
    host = v6 ? "::1" : "127.0.0.1";
    open = std::move(socket);
  }

  void open_terminal() {
    open = Descriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(::grantpt(open.number()) == 0);
    REQUIRE(::unlockpt(open.number()) == 0);
    std::array<char, 64> name{};
    REQUIRE(::ptsname_r(open.number(), name.data(), name.size()) == 0);
    device = name.data();
    kept = Descriptor(::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    termios raw{};
    REQUIRE(::tcgetattr(kept.number(), &raw) == 0);
    ::cfmakeraw(&raw);
    REQUIRE(::tcsetattr(kept.number(), TCSANOW, &raw) == 0);
  }

  void run() {
    for (;;) {
      std::array<pollfd, 3> ready{{{wake.number(), POLLIN, 0},
                                   {open.number(), POLLIN, 0},
                                   {connection.number(), POLLIN, 0}}};
      if (::poll(ready.data(), ready.size(), -1) < 0) continue;
      if (ready[0].revents != 0) return;
      if (ready[2].revents != 0) take(connection.number());
      if (ready[1].revents == 0) continue;
      if (transport == Transport::tcp)
        take_connection();
      else
        take(open.number());
    }
  }

  void take_connection() {
    Descriptor fresh(::accept4(open.number(), nullptr, nullptr, SOCK_CLOEXEC));
    const int one = 1;
    ::setsockopt(fresh.number(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    hang_up();
    const std::lock_guard lock(mutex);
    connection = std::move(fresh);
  }
  void hang_up() {
    const std::lock_guard lock(mutex);
    const Descriptor gone = std::move(connection);
    come.clear();
  }

  void take(int from) {
    std::array<std::uint8_t, 1024> bytes{};
    Peer sender;
    sender.size = sizeof sender.address;
    const ssize_t size =
        transport == Transport::udp
            ? ::recvfrom(from, bytes.data(), bytes.size(), 0,
                         reinterpret_cast<sockaddr*>(&sender.address), &sender.size)
            : ::read(from, bytes.data(), bytes.size());
    if (size <= 0) {
      if (transport == Transport::tcp) hang_up();
      return;
    }
    if (transport == Transport::udp) {
      const std::lock_guard lock(mutex);
      earlier = std::exchange(peer, sender);
      ports.push_back(ntohs(reinterpret_cast<sockaddr_in&>(sender.address).sin_port));
    }
    come.insert(come.end(), bytes.begin(), bytes.begin() + size);
    while (const std::size_t whole = whole_request(transport, come)) {
      const Bytes request(come.begin(), come.begin() + static_cast<std::ptrdiff_t>(whole));
      come.erase(come.begin(), come.begin() + static_cast<std::ptrdiff_t>(whole));
      answer(script(request, requests.fetch_add(1)));
    }
  }

  void answer(const Reply& reply) {
    for (const Bytes& piece : reply.late) send(piece, earlier);
    for (const Bytes& piece : reply.pieces) send(piece, peer);
    if (reply.hang_up) hang_up();
  }

  void send(const Bytes& bytes, const Peer& to) {
    const std::lock_guard lock(mutex);
    [[maybe_unused]] ssize_t sent = 0;  // to whom has gone, none
    if (transport == Transport::udp) {
      sent = ::sendto(open.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                      reinterpret_cast<const sockaddr*>(&to.address), to.size);
    } else if (transport == Transport::tcp) {
      sent = ::send(connection.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    } else {
      sent = ::write(open.number(), bytes.data(), bytes.size());
    }
  }
};

Responder::Responder(Transport transport, Script script, bool v6)
    : impl_(std::make_unique<Impl>()) {
  impl_->transport = transport;
  impl_->script = std::move(script);
  if (transport == Transport::serial)
    impl_->open_terminal();
  else
    impl_->open_socket(v6);
  if (there()) impl_->thread = std::jthread([impl = impl_.get()] { impl->run(); });
}

Responder::~Responder() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(impl_->wake.number(), &one, sizeof one);
}

bool Responder::there() const { return impl_->open.number() >= 0; }

inverter::ModbusOptions Responder::options() const {
  inverter::ModbusOptions options;
  options.transport = impl_->transport;
  options.host = impl_->host;
  options.port = impl_->port;
  options.device = impl_->device;
  options.unit = test_unit;
  options.timeout = std::chrono::seconds(5);
  options.retries = 0;
  return options;
}

std::uint64_t Responder::requests() const { return impl_->requests; }

std::vector<std::uint16_t> Responder::ports() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->ports;
}

void Responder::say(const Bytes& bytes) { impl_->send(bytes, impl_->peer); }

}  // namespace wattledger::testing
