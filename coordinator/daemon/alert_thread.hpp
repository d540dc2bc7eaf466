// Tells receivers of alerts beside the loop, so that one that hangs delays no reading and no safety
// check. One thread, stopped and joined by the destructor, which waits no longer than a receiver
// needs to see it (a second).
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "coordinator/alerts/post.hpp"
#include "coordinator/daemon/clock.hpp"

namespace wattledger::daemon {

class AlertThread {
 public:
  // The clock outlives it.
  AlertThread(Clock& clock, alerts::Post post) : clock_(clock), post_(std::move(post)) {}
  void start();

 private:
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);

  Clock& clock_;
  alerts::Post post_;
  std::string trouble_;  // said last
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace wattledger::daemon
