#include "replay/inverter/discovery.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace wattledger::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view question = "WIFIKIT-214028-READ";
constexpr std::size_t dongles_max = 64;  // a house has one or two; more is somebody's noise

class Socket {
 public:
  Socket() : number_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

std::string dotted(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  return ::inet_ntop(AF_INET, &address, text.data(), text.size()) == nullptr ? "" : text.data();
}

// 0, or why nobody could be asked, as errno.
int ask_all(const Socket& socket, const std::vector<DiscoveryTarget>& targets) {
  int error = targets.empty() ? ENETUNREACH : 0;
  bool asked = false;
  for (const DiscoveryTarget& target : targets) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(target.port);
    ::inet_pton(AF_INET, target.address.c_str(), &to.sin_addr);
    if (::sendto(socket.number(), question.data(), question.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
      error = errno;
    else
      asked = true;
  }
  return asked ? 0 : error;
}

// Notes one datagram, if one comes before `until`.
void listen(const Socket& socket, Clock::time_point until, std::vector<Dongle>& found) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd readable{socket.number(), POLLIN, 0};
  if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) return;
  std::array<char, 512> bytes{};
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) return;
  const auto dongle =
      dongle_of({bytes.data(), static_cast<std::size_t>(got)}, dotted(from.sin_addr));
  const auto same = [&](const Dongle& each) { return each.address == dongle->address; };
  if (dongle && found.size() < dongles_max && std::none_of(found.begin(), found.end(), same))
    found.push_back(*dongle);
}

bool all_answered(const std::vector<DiscoveryTarget>& targets, const std::vector<Dongle>& found) {
  return std::all_of(targets.begin(), targets.end(), [&](const DiscoveryTarget& target) {
    return !target.broadcast && std::any_of(found.begin(), found.end(), [&](const Dongle& each) {
      return each.address == target.address;
    });
  });
}

// Printable, for it is shown; no longer than anybody reads.
std::string shown(std::string_view text) {
  constexpr std::size_t length_max = 40;
  std::string kept;
  for (const char letter : text.substr(0, length_max))
    if (letter > ' ' && letter < '\x7F') kept += letter;
  return kept;
}

}  // namespace

Result<DiscoveryTarget> discovery_target(const std::string& text) {
  DiscoveryTarget target;
  const std::size_t colon = text.find(':');
  target.address = text.substr(0, colon);
  in_addr address{};
  bool good = ::inet_pton(AF_INET, target.address.c_str(), &address) == 1;
  if (colon != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data() + colon + 1, end, target.port);
    good = good && error == std::errc() && last == end && target.port != 0;
  }
  if (!good)
    return fail(ErrorKind::invalid_input, "--discover \"" + text + "\" is no ADDRESS[:PORT]",
                "give one such as 192.168.1.255 or 192.168.1.50:48899");
  // Nobody answers by a broadcast's own address; which ones are is not told by their look.
  for (const DiscoveryTarget& each : broadcast_targets())
    target.broadcast = target.broadcast || each.address == target.address;
  return target;
}

std::vector<DiscoveryTarget> broadcast_targets() {
  std::vector<DiscoveryTarget> targets{{"255.255.255.255", discovery_port, true}};
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return targets;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(first, ::freeifaddrs);
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    const bool fits = (each->ifa_flags & IFF_UP) != 0 && (each->ifa_flags & IFF_BROADCAST) != 0 &&
                      each->ifa_addr != nullptr && each->ifa_addr->sa_family == AF_INET &&
                      each->ifa_broadaddr != nullptr;
    if (!fits) continue;
    sockaddr_in broadcast{};
    std::memcpy(&broadcast, each->ifa_broadaddr, sizeof broadcast);
    const DiscoveryTarget target{dotted(broadcast.sin_addr), discovery_port, true};
    if (std::find(targets.begin(), targets.end(), target) == targets.end())
      targets.push_back(target);
  }
  return targets;
}

std::optional<Dongle> dongle_of(std::string_view answer, std::string_view sender) {
  const std::size_t first = answer.find(',');
  const std::size_t second = first == std::string_view::npos ? first : answer.find(',', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(answer.substr(0, first)).c_str(), &address) != 1)
    return std::nullopt;
  return Dongle{std::string(sender), shown(answer.substr(first + 1, second - first - 1)),
                shown(answer.substr(second + 1))};
}

Result<std::vector<Dongle>> discover(const std::vector<DiscoveryTarget>& targets,
                                     std::chrono::milliseconds wait) {
  const Socket socket;
  const int yes = 1;
  if (socket.number() < 0 ||
      ::setsockopt(socket.number(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) != 0)
    return fail(ErrorKind::io, std::string("the network cannot be asked: ") + std::strerror(errno),
                "give --host ADDRESS");
  const auto began = Clock::now();
  std::vector<Dongle> found;
  for (int time = 1; time <= 2; ++time) {
    const auto until = began + wait * time / 2;
    if (const int error = ask_all(socket, targets); error != 0)
      return fail(ErrorKind::io,
                  std::string("the network cannot be asked: ") + std::strerror(error),
                  "check that this computer is in the inverter's network, or give --host ADDRESS");
    while (Clock::now() < until && !all_answered(targets, found)) listen(socket, until, found);
    if (all_answered(targets, found)) break;
  }
  return found;
}

}  // namespace wattledger::tool
