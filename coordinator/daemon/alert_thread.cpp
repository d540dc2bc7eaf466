#include "coordinator/daemon/alert_thread.hpp"

#include <spdlog/spdlog.h>

namespace wattledger::daemon {
namespace {

constexpr std::chrono::seconds look_every{2};

}  // namespace

void AlertThread::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void AlertThread::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look(stop);
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, stop, look_every, [] { return false; });
  }
}

void AlertThread::look(const std::stop_token& stop) {
  const auto lines = post_.look(clock_.now(), stop);
  if (!lines) {
    if (lines.error().line() != trouble_) spdlog::error("alerts: {}", lines.error().line());
    trouble_ = lines.error().line();
    return;
  }
  trouble_.clear();
  for (const alerts::Post::Line& line : *lines)
    spdlog::log(line.lost ? spdlog::level::err : spdlog::level::warn, "{}", line.text);
}

}  // namespace wattledger::daemon
