#include "coordinator/daemon/watchdog.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace wattledger::daemon {

using Clock = std::chrono::steady_clock;

Watchdog::Watchdog(std::chrono::milliseconds hungry, LetGo let_go)
    : hungry_(hungry), let_go_(std::move(let_go)), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  news_.notify_all();
  thread_.join();
}

std::optional<std::uint32_t> Watchdog::feed(bool watch) {
  std::optional<std::uint32_t> bitten;
  {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return !biting_; });
    deadline_ = Clock::now() + hungry_;
    watching_ = watch;
    bitten = std::exchange(bitten_, std::nullopt);
  }
  news_.notify_all();
  return bitten;
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (!watching_) {
      news_.wait(lock);
      continue;
    }
    if (Clock::now() < deadline_) {
      news_.wait_until(lock, deadline_);
      continue;
    }
    biting_ = true;
    lock.unlock();
    spdlog::critical("the main loop has hung for {} s: the inverter is brought to general mode",
                     std::chrono::duration_cast<std::chrono::seconds>(hungry_).count());
    const auto done = let_go_();
    if (!done) spdlog::critical("the inverter was not let go: {}", done.error().line());
    lock.lock();
    biting_ = false;
    news_.notify_all();
    if (done) bitten_ = bitten_.value_or(0) + *done;
    // The loop may have come back meanwhile.
    if (Clock::now() >= deadline_) {
      watching_ = watching_ && !done;
      deadline_ = Clock::now() + hungry_;
    }
  }
}

}  // namespace wattledger::daemon
