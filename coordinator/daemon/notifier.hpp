// Tells the service manager how we are: sd_notify's protocol, a datagram of lines to the Unix
// socket in NOTIFY_SOCKET. Its own thirty lines instead of libsystemd, whose documentation calls
// the protocol stable and shows it done by hand: the library would bring five others into the
// process.
//
// Threads: every function from any. A datagram that nobody takes is nobody's trouble.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace wattledger::daemon {

class Notifier {
 public:
  // `socket`: a path, or "@name" for an abstract one. `watchdog`: how long it waits for alive().
  // nullptr where there is nobody to tell.
  static std::unique_ptr<const Notifier> open(std::string_view socket,
                                              std::optional<std::chrono::microseconds> watchdog);
  // By NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which no child of ours shall inherit.
  static std::unique_ptr<const Notifier> from_environment();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void ready() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  void reloading() const;  // until ready() is said again
  void alive() const;      // only if somebody waits for it
  void status(std::string_view line) const;
  void extend(std::chrono::microseconds timeout) const;
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
  Notifier(int fd, std::optional<std::chrono::microseconds> watchdog)
      : fd_(fd), watchdog_(watchdog) {}
  void send(std::string_view lines) const;

  const int fd_;
  const std::optional<std::chrono::microseconds> watchdog_;
};

// Asks for more time again and again while a start or a stop takes long (a rebuild, a clock that is
// waited for), from a thread of its own; and stops asking after `extension_max`.
class Patience {
 public:
  static constexpr std::chrono::seconds extension{60};
  static constexpr std::chrono::seconds asked_every{20};
  static constexpr std::chrono::hours extension_max{2};

  // `notifier` outlives it. Asked for once before this returns.
  explicit Patience(const Notifier& notifier);

 private:
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_;  // last: it ends first
};

}  // namespace wattledger::daemon
