// What the service manager is told: that the daemon is ready, what it does, and, only as long as
// the loop really turns, that it lives.
#include <algorithm>

#include "coordinator/daemon/daemon.hpp"

namespace wattledger::daemon {
namespace {

constexpr std::chrono::minutes told_every{1};

}  // namespace

void Daemon::take_time() {
  if (options_.supervisor) patience_ = std::make_unique<Patience>(*options_.supervisor);
}

void Daemon::tell_ready() {
  patience_.reset();
  if (options_.supervisor) options_.supervisor->ready();
}

// With every pass of the loop.
void Daemon::tell_alive(UtcTime now) {
  if (!options_.supervisor) return;
  options_.supervisor->alive();
  const auto steady = clock_.steady();
  if (status_told_at_ && steady - *status_told_at_ < told_every) return;
  status_told_at_ = steady;
  options_.supervisor->status(status_line(now));
}

std::string Daemon::status_line(UtcTime now) const {
  std::string line = journal_->with_state([](const fold::State& state) {
    std::string told =
        std::string("control ") + fb::EnumNameControlMode(state.coordinator.control_mode);
    if (state.reading && state.reading->soc)
      told += ", battery " + std::to_string(state.reading->soc->count() / 100) + " %";
    if (state.decision) told += std::string(", ") + fb::EnumNameAction(state.decision->action);
    return told;
  });
  if (const std::int64_t us = last_contact_us_; us != 0)
    line +=
        ", inverter answered " +
        health::span_text(std::max(std::chrono::floor<std::chrono::seconds>(now - utc_from_us(us)),
                                   std::chrono::seconds(0))) +
        " ago";
  if (const auto report = chores_->health().latest())
    line += ", health " + health::health_line(*report);
  return line;
}

// A wait that is longer than the service manager's patience is one of several.
void Daemon::wait_until(UtcTime time) {
  const auto watchdog = options_.supervisor ? options_.supervisor->watchdog() : std::nullopt;
  while (watchdog && !stop_) {
    const UtcTime slice = clock_.now() + *watchdog / 2;
    if (slice >= time) break;
    clock_.sleep_until(slice);
    if (clock_.now() < slice) return;  // woken, or the clock was set back
    options_.supervisor->alive();
  }
  clock_.sleep_until(time);
}

}  // namespace wattledger::daemon
