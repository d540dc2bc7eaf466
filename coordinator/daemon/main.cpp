// wattledgerd: the coordinator's process. Signals have a thread of their own; everything else is in
// modes.
#include <csignal>
#include <thread>

#include "coordinator/daemon/modes.hpp"

namespace {

// Blocks the signals here and in every later thread; one thread takes them.
class SignalThread {
 public:
  explicit SignalThread(wattledger::daemon::SignalTarget& target) {
    sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, end_}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error of the write, not an end
    thread_ = std::jthread([this, &target] { take(target); });
  }
  ~SignalThread() { pthread_kill(thread_.native_handle(), end_); }
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  void take(wattledger::daemon::SignalTarget& target) const {
    int number = 0;
    while (sigwait(&set_, &number) == 0 && number != end_) {
      if (number == SIGHUP)
        target.reload();
      else
        target.stop();
    }
  }

  static constexpr int end_ = SIGUSR1;
  sigset_t set_{};
  std::jthread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  namespace daemon = wattledger::daemon;
  const auto arguments = daemon::read_arguments(argc, argv);
  if (const int* code = std::get_if<int>(&arguments)) return *code;
  const auto& given = std::get<daemon::Arguments>(arguments);
  daemon::SignalTarget target;
  const SignalThread signals(target);
  if (given.simulate_days) return daemon::run_simulation(given, target);
  return given.demo() ? daemon::run_demo(given, target) : daemon::run_house(given, target);
}
