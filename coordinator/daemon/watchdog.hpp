// Lets the inverter go when the main loop hangs: a thread that the loop must feed. It has a way to
// the inverter of its own, for the loop may hang in the other one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "events/result.hpp"

namespace wattledger::daemon {

class Watchdog {
 public:
  // Brings the inverter to general mode and returns how many registers it wrote; called from the
  // watchdog's thread; tried again every `hungry` while it fails and nobody feeds.
  using LetGo = std::function<Result<std::uint32_t>()>;

  // Nothing is watched before the first feed.
  Watchdog(std::chrono::milliseconds hungry, LetGo let_go);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // From the loop, with every pass. watch: something may be forced, so that silence from now on is
  // dangerous. The writes, when the inverter was let go since the last feed; while that goes on it
  // is waited for, so that what the next poll finds is known to be ours.
  std::optional<std::uint32_t> feed(bool watch);

 private:
  void run();

  const std::chrono::milliseconds hungry_;
  const LetGo let_go_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::chrono::steady_clock::time_point deadline_;
  bool watching_ = false;
  bool biting_ = false;
  std::optional<std::uint32_t> bitten_;  // with so many writes
  bool over_ = false;
  std::thread thread_;
};

}  // namespace wattledger::daemon
