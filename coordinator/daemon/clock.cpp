#include "coordinator/daemon/clock.hpp"

#include <sys/timex.h>

#include <algorithm>

namespace wattledger::daemon {

UtcTime RealClock::now() const {
  if (wall_) return wall_();
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point RealClock::steady() const {
  return std::chrono::steady_clock::now();
}

void RealClock::sleep_until(UtcTime time) {
  // Waits on the steady clock, in short pieces, so that a wall clock that is set ahead meanwhile is
  // noticed; one that is set back makes no night of a poll's ten seconds.
  constexpr std::chrono::seconds longest{1};
  constexpr std::chrono::hours away_max{24};
  std::unique_lock lock(mutex_);
  const auto away = std::clamp<std::chrono::microseconds>(time - now(), {}, away_max);
  const auto latest = steady() + away;
  while (!wake_) {
    const auto left = std::min<std::chrono::microseconds>(
        time - now(), std::chrono::ceil<std::chrono::microseconds>(latest - steady()));
    if (left <= std::chrono::microseconds(0)) break;
    woken_.wait_for(lock, std::min<std::chrono::microseconds>(left, longest));
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
