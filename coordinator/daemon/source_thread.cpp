#include "coordinator/daemon/source_thread.hpp"

#include <iterator>
#include <utility>

namespace wattledger::daemon {
namespace {

constexpr std::chrono::seconds look_every{5};

}  // namespace

SourceThread::SourceThread(const config::Config& config, const Journal& journal, Clock& clock,
                           sources::HttpLimits limits, sources::ToldBefore told)
    : clock_(clock),
      desk_(config, journal, limits, std::move(told)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::vector<fb::EventT> SourceThread::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(came_, {});
}

std::vector<std::string> SourceThread::troubles() {
  const std::lock_guard lock(mutex_);
  return troubles_;
}

void SourceThread::ask_now() {
  const std::lock_guard lock(mutex_);
  now_ = true;
  woken_.notify_all();
}

void SourceThread::run(const std::stop_token& stop) {
  bool everybody = false;
  while (!stop.stop_requested()) {
    std::vector<fb::EventT> facts = desk_.look(clock_.now(), stop, everybody);
    std::vector<std::string> troubles = desk_.troubles();
    std::unique_lock lock(mutex_);
    troubles_ = std::move(troubles);
    came_.insert(came_.end(), std::make_move_iterator(facts.begin()),
                 std::make_move_iterator(facts.end()));
    woken_.wait_for(lock, stop, look_every, [this] { return now_; });
    everybody = std::exchange(now_, false);
  }
}

}  // namespace wattledger::daemon
