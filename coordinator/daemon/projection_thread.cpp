#include "coordinator/daemon/projection_thread.hpp"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace wattledger::daemon {
namespace {

// How long the thread sleeps when nothing is committed; a commit or a request wakes it.
constexpr std::chrono::milliseconds idle{200};
// Requests that may wait for their turn.
constexpr std::size_t adoptions_max = 4;

}  // namespace

struct ProjectionThread::Impl {
  Impl(projections::LiveProjections& live_, const log::Appender& appender_)
      : live(live_), appender(appender_) {}

  struct Adoption {
    std::filesystem::path staged;
    std::promise<Result<std::string>> answer;
  };

  void follow(const std::stop_token& stopping);
  void adopt_waiting();
  void catch_up();

  projections::LiveProjections& live;
  const log::Appender& appender;
  mutable std::mutex mutex;
  std::deque<Adoption> inbox;
  std::vector<projections::LiveReport> reports;
  std::optional<Error> failure;
  std::size_t stopped_before = 0;
  std::jthread thread;  // last: joined before the rest goes
};

void ProjectionThread::Impl::follow(const std::stop_token& stopping) {
  while (!stopping.stop_requested()) {
    adopt_waiting();
    if (appender.wait_committed_beyond(live.position(), idle)) catch_up();
  }
  adopt_waiting();
  catch_up();
  const auto settled = live.settle();
  const std::lock_guard lock(mutex);
  if (!settled && !failure) failure = settled.error();
}

void ProjectionThread::Impl::catch_up() {
  const auto reached = live.catch_up();
  auto fresh = live.reports();
  const std::lock_guard lock(mutex);
  if (!reached && !failure) {
    failure = reached.error();
    spdlog::error("Error saving projections: {}", reached.error().line());
  }
  for (const projections::LiveReport& report : fresh)
    if (!report.fed && report.stopped)
      if (std::none_of(reports.begin(), reports.end(), [&](const projections::LiveReport& old) {
            return old.projection == report.projection && old.stopped;
          }))
        spdlog::error("Error saving {}: {}", report.projection, report.message);
  reports = std::move(fresh);
}

void ProjectionThread::Impl::adopt_waiting() {
  while (true) {
    Adoption adoption;
    {
      const std::lock_guard lock(mutex);
      if (inbox.empty()) return;
      adoption = std::move(inbox.front());
      inbox.pop_front();
    }
    adoption.answer.set_value(live.adopt(adoption.staged));
    catch_up();
  }
}

ProjectionThread::ProjectionThread(projections::LiveProjections& live,
                                   const log::Appender& appender)
    : impl_(std::make_unique<Impl>(live, appender)) {}

ProjectionThread::~ProjectionThread() = default;

void ProjectionThread::start() {
  impl_->reports = impl_->live.reports();
  impl_->thread =
      std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->follow(stop); });
}

Result<void> ProjectionThread::stop() {
  impl_->thread.request_stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  const std::lock_guard lock(impl_->mutex);
  if (impl_->failure) return Failure(*impl_->failure);
  return {};
}

Result<std::string> ProjectionThread::adopt(const std::filesystem::path& staged) {
  std::future<Result<std::string>> answer;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->inbox.size() >= adoptions_max)
      return fail(ErrorKind::full, std::to_string(adoptions_max) + " adoptions wait already",
                  "try again later");
    Impl::Adoption& adoption = impl_->inbox.emplace_back();
    adoption.staged = staged;
    answer = adoption.answer.get_future();
  }
  return answer.get();
}

std::vector<projections::LiveReport> ProjectionThread::reports() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->reports;
}

}  // namespace wattledger::daemon
