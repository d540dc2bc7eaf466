#include "coordinator/daemon/notifier.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace wattledger::daemon {
namespace {

using std::chrono::microseconds;

std::optional<std::int64_t> number_of(const char* text) {
  if (text == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text + std::strlen(text);
  const auto [stopped, error] = std::from_chars(text, end, number);
  return error == std::errc() && stopped == end && number > 0 ? std::optional(number)
                                                              : std::nullopt;
}

}  // namespace

std::unique_ptr<const Notifier> Notifier::open(std::string_view socket,
                                               std::optional<microseconds> watchdog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool named = socket.size() > 1 && (socket.front() == '/' || socket.front() == '@');
  if (!named || socket.size() >= sizeof address.sun_path) return nullptr;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (socket.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    ::close(fd);
    return nullptr;
  }
  return std::unique_ptr<const Notifier>(new Notifier(fd, watchdog));
}

std::unique_ptr<const Notifier> Notifier::from_environment() {
  const char* const socket = std::getenv("NOTIFY_SOCKET");
  const auto pid = number_of(std::getenv("WATCHDOG_PID"));
  const auto us = number_of(std::getenv("WATCHDOG_USEC"));
  const bool ours = us && (!pid || *pid == ::getpid());
  auto notifier = socket == nullptr
                      ? nullptr
                      : open(socket, ours ? std::optional(microseconds(*us)) : std::nullopt);
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"}) ::unsetenv(name);
  return notifier;
}

Notifier::~Notifier() { ::close(fd_); }

void Notifier::send(std::string_view lines) const {
  (void)::send(fd_, lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Notifier::reloading() const {
  const auto monotonic =
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()));
}

void Notifier::alive() const {
  if (watchdog_) send("WATCHDOG=1");
}

void Notifier::status(std::string_view line) const {
  std::string text = "STATUS=" + std::string(line);
  std::replace(text.begin(), text.end(), '\n', ' ');
  send(text);
}

void Notifier::extend(microseconds timeout) const {
  send("EXTEND_TIMEOUT_USEC=" + std::to_string(timeout.count()));
}

Patience::Patience(const Notifier& notifier) {
  notifier.extend(extension);
  thread_ = std::jthread([this, &notifier](const std::stop_token& stop) {
    const auto end = std::chrono::steady_clock::now() + extension_max;
    std::unique_lock lock(mutex_);
    while (!over_.wait_for(lock, stop, asked_every, [] { return false; }) &&
           !stop.stop_requested() && std::chrono::steady_clock::now() < end)
      notifier.extend(extension);
  });
}

}  // namespace wattledger::daemon
