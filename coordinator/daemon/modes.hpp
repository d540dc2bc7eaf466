// The three ways to run: a real house, a simulation, the demo house. Each returns the process's
// exit code: 0 done, 2 usage, 3 cannot.
#pragma once

#include <functional>

#include "coordinator/daemon/arguments.hpp"
#include "coordinator/daemon/daemon.hpp"

namespace wattledger::daemon {

inline constexpr int exit_done = 0;
inline constexpr int exit_usage = 2;
inline constexpr int exit_cannot = 3;

// Who is to be told of SIGTERM, SIGINT (stop) and SIGHUP (reload). The daemon that runs at the
// moment.
class SignalTarget {
 public:
  void aim(Daemon* daemon);
  void stop();
  void reload();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  std::mutex mutex_;
  Daemon* daemon_ = nullptr;
  std::atomic<bool> stopped_ = false;
};

int run_house(const Arguments& arguments, SignalTarget& signals);
int run_simulation(const Arguments& arguments, SignalTarget& signals);
int run_demo(const Arguments& arguments, SignalTarget& signals);

}  // namespace wattledger::daemon
