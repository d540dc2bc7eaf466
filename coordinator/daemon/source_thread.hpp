// Asks the sources beside the loop, so that one that hangs delays no reading and no safety check.
// One thread, started by the constructor, stopped and joined by the destructor, which waits no
// longer than a request needs to see it (a second).
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "coordinator/daemon/clock.hpp"
#include "coordinator/daemon/source_desk.hpp"

namespace wattledger::daemon {

class SourceThread {
 public:
  // All outlive it.
  SourceThread(const config::Config& config, const Journal& journal, Clock& clock,
               sources::HttpLimits limits = {}, sources::ToldBefore told = {});
  // Facts that came since; for the tick to record.
  [[nodiscard]] std::vector<fb::EventT> take();
  // As the desk's, after it last looked.
  [[nodiscard]] std::vector<std::string> troubles();
  // Everybody is asked at once, whenever they were due.
  void ask_now();

 private:
  void run(const std::stop_token& stop);

  Clock& clock_;
  SourceDesk desk_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::vector<fb::EventT> came_;
  std::vector<std::string> troubles_;
  bool now_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace wattledger::daemon
