// The daemon's clock, injected: real, or simulated so that a month passes as fast as the machine
// allows.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "events/time.hpp"

namespace wattledger::daemon {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UtcTime now() const = 0;
  // Only grows, whatever somebody does to the wall clock.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
  // Returns at `time`, or earlier when wake() is called; never later than after what `time` was
  // away at the call, whatever the wall clock does meanwhile.
  virtual void sleep_until(UtcTime time) = 0;
  // From any thread, and from it only: not from a signal handler.
  virtual void wake() = 0;
  // Does the kernel say that the wall clock is set by somebody who knows?
  [[nodiscard]] virtual bool synchronised() const = 0;
  [[nodiscard]] virtual bool simulated() const = 0;
};

// `passed`, if given, is told the time after each sleep: a simulated house that lives in real time.
class RealClock : public Clock {
 public:
  explicit RealClock(std::function<void(UtcTime)> passed = {}) : passed_(std::move(passed)) {}
  // `wall` in the place of the system's clock: for tests of what happens when somebody sets it.
  RealClock(std::function<void(UtcTime)> passed, std::function<UtcTime()> wall)
      : passed_(std::move(passed)), wall_(std::move(wall)) {}
  [[nodiscard]] UtcTime now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
  void sleep_until(UtcTime time) override;
  void wake() override;
  [[nodiscard]] bool synchronised() const override;
  [[nodiscard]] bool simulated() const override { return false; }

 private:
  std::function<void(UtcTime)> passed_;
  std::function<UtcTime()> wall_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool wake_ = false;
};

// Sleeping moves the time on at once and calls `passed` with the new time (the simulated house
// lives through it).
class SimulatedClock : public Clock {
 public:
  SimulatedClock(UtcTime start, std::function<void(UtcTime)> passed)
      : now_(start), start_(start), passed_(std::move(passed)) {}
  [[nodiscard]] UtcTime now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
  void sleep_until(UtcTime time) override;
  void wake() override {}
  [[nodiscard]] bool synchronised() const override { return true; }
  [[nodiscard]] bool simulated() const override { return true; }

 private:
  mutable std::mutex mutex_;
  UtcTime now_;
  UtcTime start_;
  std::function<void(UtcTime)> passed_;
};

}  // namespace wattledger::daemon
