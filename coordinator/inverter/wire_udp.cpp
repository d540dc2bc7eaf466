// RTU frames in UDP datagrams, `aa55` before an answer's first. libmodbus has no such backend, and
// reads an answer in pieces, of which UDP would throw the rest away. So its RTU backend reads and
// writes on a socketpair, and this wire stands at the other end: first with nothing to say, for the
// request's frame, then with what has come from the network, for libmodbus to judge. As libmodbus
// is asked again after each datagram, no thread need pump between the two, and nothing can be
// pumped late.
#include <modbus/modbus.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "coordinator/inverter/wire.hpp"

namespace wattledger::inverter {
namespace {

using Clock = std::chrono::steady_clock;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t datagram_max = 512;  // an answer has at most 258 bytes

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

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::vector<Address> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* first = nullptr;
  std::vector<Address> found;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first) != 0) return found;
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    Address address;
    if (each->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    found.push_back(address);
  }
  ::freeaddrinfo(first);
  return found;
}

// How many bytes the next datagram has, or -1 and errno.
ssize_t receive(int socket, Clock::time_point until, std::span<std::uint8_t> into) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) {
      errno = ETIMEDOUT;
      return -1;
    }
    pollfd readable{socket, POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(left));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    if (ready < 0) return -1;
    const ssize_t got = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
    // The kernel may find only now that a datagram's checksum is wrong, and drop it.
    if (got >= 0 || (errno != EAGAIN && errno != EINTR)) return got;
  }
}

class UdpWire final : public Wire {
 public:
  explicit UdpWire(ModbusOptions options)
      : options_(std::move(options)),
        context_(prepared(Context(modbus_new_rtu("/dev/null", 9600, 'N', 8, 1)), options_)) {}

  // A name that was known once need not be found again: the resolver may be the router's, and the
  // inverter in the same house.
  int connect() override {
    if (context_ == nullptr) return ENOMEM;
    if (auto found = look_up(options_.host, options_.port); !found.empty()) {
      addresses_ = std::move(found);
      at_ %= addresses_.size();
    }
    if (addresses_.empty()) return ECONNREFUSED;
    connected_ = new_socket();
    return connected_ ? 0 : errno;
  }
  [[nodiscard]] bool connected() const override { return connected_; }

  // RTU has no transaction numbers: each request goes out of a port of its own, so that a late or
  // repeated answer to another one does not reach it.
  int exchange(const Request& request) override {
    Bytes asked;
    if (call(request, {}, &asked) != -1 || errno != ECONNRESET) return -1;
    if (!new_socket()) return -1;
    const auto until = Clock::now() + options_.timeout;
    if (::send(socket_.number(), asked.data(), asked.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
      return -1;
    return answer_to(request, until);
  }

  // A name may have several addresses, of which the inverter hears one.
  void distrust(int) override {
    if (++at_ < addresses_.size()) return;
    at_ = 0;
    connected_ = false;
  }

 private:
  // libmodbus's call, with nothing but `answer` to read; what it wrote goes to `asked`. ECONNRESET
  // where it wanted more.
  int call(const Request& request, const Bytes& answer, Bytes* asked) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return -1;
    const Descriptor near(ends[0]);
    const Descriptor far(ends[1]);
    if (::send(far.number(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
        static_cast<ssize_t>(answer.size()))
      return -1;
    ::shutdown(far.number(), SHUT_WR);
    modbus_set_socket(context_.get(), near.number());
    errno = 0;
    const int done = request(context_.get());
    const int error = errno;
    modbus_set_socket(context_.get(), -1);
    if (asked != nullptr) {
      asked->resize(datagram_max);
      const ssize_t got = ::recv(far.number(), asked->data(), asked->size(), MSG_DONTWAIT);
      asked->resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    errno = error;
    return done;
  }

  int answer_to(const Request& request, Clock::time_point until) {
    constexpr std::array<std::uint8_t, 2> prefix{0xAA, 0x55};
    std::array<std::uint8_t, datagram_max> datagram{};
    Bytes answer;
    for (bool first = true;; first = false) {
      const ssize_t size = receive(socket_.number(), until, datagram);
      if (size < 0) return -1;
      auto come = std::span(datagram).first(static_cast<std::size_t>(size));
      // Some gateways leave it out.
      if (first && come.size() >= prefix.size() &&
          std::equal(prefix.begin(), prefix.end(), come.begin()))
        come = come.subspan(prefix.size());
      answer.insert(answer.end(), come.begin(), come.end());
      const int done = call(request, answer, nullptr);
      if (done != -1 || errno != ECONNRESET) return done;
    }
  }

  // To the first address that takes one, from where we are on. The last request's socket is closed
  // only then, so that its port is not this one's again.
  bool new_socket() {
    for (std::size_t tried = 0; tried < addresses_.size(); ++tried) {
      const Address& to = addresses_[at_];
      Descriptor fresh(::socket(to.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      if (fresh.number() >= 0 &&
          ::connect(fresh.number(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) == 0) {
        socket_ = std::move(fresh);
        return true;
      }
      const int error = errno;
      at_ = (at_ + 1) % addresses_.size();
      errno = error;
    }
    return false;
  }

  ModbusOptions options_;
  Context context_;
  std::vector<Address> addresses_;
  std::size_t at_ = 0;  // of addresses_, the one in use
  Descriptor socket_;
  bool connected_ = false;
};

}  // namespace

std::unique_ptr<Wire> make_udp_wire(const ModbusOptions& options) {
  return std::make_unique<UdpWire>(options);
}

}  // namespace wattledger::inverter
