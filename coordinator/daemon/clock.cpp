#include "coordinator/daemon/clock.hpp"

#include <sys/timex.h>

#include <algorithm>

namespace wattledger::daemon {

UtcTime RealClock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point RealClock::steady() const {
  return std::chrono::steady_clock::now();
}

void RealClock::sleep_until(UtcTime time) {
  // Waits on the steady clock in short pieces, so that a wall clock that is set meanwhile is
  // noticed.
  constexpr std::chrono::seconds longest{1};
  std::unique_lock lock(mutex_);
  while (!wake_) {
    const auto left = time - now();
    if (left <= std::chrono::microseconds(0)) break;
    woken_.wait_for(lock, std::min<std::chrono::microseconds>(left, longest));
    if (left > std::chrono::hours(1)) break;  // the wall clock went back
  }
  wake_ = false;
  lock.unlock();
  if (passed_) passed_(now());
}

void RealClock::wake() {
  {
    const std::lock_guard lock(mutex_);
    wake_ = true;
  }
  woken_.notify_all();
}

bool RealClock::synchronised() const {
  timex status{};
  return ::adjtimex(&status) != TIME_ERROR;
}

UtcTime SimulatedClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::chrono::steady_clock::time_point SimulatedClock::steady() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::time_point(now_ - start_);
}

void SimulatedClock::sleep_until(UtcTime time) {
  {
    const std::lock_guard lock(mutex_);
    if (time <= now_) return;
    now_ = time;
  }
  passed_(time);
}

}  // namespace wattledger::daemon
