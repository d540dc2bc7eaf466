#include "coordinator/daemon/projection_thread.hpp"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace wattledger::daemon {
namespace {

// How long the thread sleeps when nothing is committed; a commit or a request wakes it.
constexpr std::chrono::milliseconds idle{200};
// What was written is made durable this often.
constexpr std::chrono::minutes settle_every{5};
// Requests that may wait for their turn.
constexpr std::size_t adoptions_max = 4;

}  // namespace

struct ProjectionThread::Impl {
  Impl(projections::LiveProjections& live_, const log::Appender& appender_)
      : live(live_), appender(appender_) {}

  struct Adoption {
    std::filesystem::path staged;
    std::promise<Result<projections::Adopted>> answer;
  };

  void follow(const std::stop_token& stopping);
  void adopt_waiting();
  void maintain_waiting();
  void switch_waiting();
  void catch_up();
  void settle();
  void note(const Error& error);

  projections::LiveProjections& live;
  const log::Appender& appender;
  mutable std::mutex mutex;
  std::deque<Adoption> inbox;
  std::optional<projections::Maintenance> to_maintain;
  std::optional<Maintained> maintained;
  std::optional<projections::LiveOptions> to_switch;
  std::optional<Switched> switched;
  std::optional<Error> failure;
  // The thread's own.
  Sequence position;
  std::set<std::string> told;
  std::chrono::steady_clock::time_point settled_at = std::chrono::steady_clock::now();
  std::jthread thread;  // last: joined before the rest goes
};

void ProjectionThread::Impl::follow(const std::stop_token& stopping) {
  catch_up();
  settle();  // the first marks of a new house; whoever compares looks for them on the disk
  while (!stopping.stop_requested()) {
    adopt_waiting();
    maintain_waiting();
    switch_waiting();
    if (appender.wait_committed_beyond(position, idle)) catch_up();
    if (std::chrono::steady_clock::now() - settled_at >= settle_every) settle();
  }
  adopt_waiting();
  catch_up();
  settle();
  // Costs the next start some time, no more.
  if (const auto remembered = live.remember(); !remembered)
    spdlog::warn("no fold snapshot: {}", remembered.error().line());
}

void ProjectionThread::Impl::settle() {
  settled_at = std::chrono::steady_clock::now();
  const auto settled = live.settle();
  if (!settled) note(settled.error());
}

// A failure of the log's reader stops the projections for good; the house goes on.
void ProjectionThread::Impl::note(const Error& error) {
  const std::lock_guard lock(mutex);
  if (!failure) spdlog::error("Error saving projections: {}", error.line());
  failure = error;
}

void ProjectionThread::Impl::catch_up() {
  const auto reached = live.catch_up();
  if (!reached) {
    note(reached.error());
    position = appender.committed();
    return;
  }
  position = *reached;
  for (const projections::LiveStatus& status : live.status()) {
    // One that cannot be continued was told at the start: nothing of it is being saved.
    const bool began = status.standing == projections::TargetStanding::empty ||
                       status.standing == projections::TargetStanding::current ||
                       status.standing == projections::TargetStanding::behind;
    if (status.fed || !began) continue;
    if (!told.insert(status.projection + status.message).second) continue;
    spdlog::error("Error saving {}: {}", status.projection, status.message);
  }
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

void ProjectionThread::Impl::maintain_waiting() {
  std::optional<projections::Maintenance> which;
  {
    const std::lock_guard lock(mutex);
    which = std::exchange(to_maintain, std::nullopt);
  }
  if (!which) return;
  Maintained done = live.maintain(*which);
  const std::lock_guard lock(mutex);
  maintained = std::move(done);
}

void ProjectionThread::Impl::switch_waiting() {
  std::optional<projections::LiveOptions> to;
  {
    const std::lock_guard lock(mutex);
    to = std::exchange(to_switch, std::nullopt);
  }
  if (!to) return;
  Switched done = live.start_with(*std::move(to));
  told.clear();
  catch_up();
  settle();  // whoever asked looks for their marks on the disk
  const std::lock_guard lock(mutex);
  switched = std::move(done);
}

ProjectionThread::ProjectionThread(projections::LiveProjections& live,
                                   const log::Appender& appender)
    : impl_(std::make_unique<Impl>(live, appender)) {}

ProjectionThread::~ProjectionThread() = default;

void ProjectionThread::start() {
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

Result<projections::Adopted> ProjectionThread::adopt(const std::filesystem::path& staged) {
  std::future<Result<projections::Adopted>> answer;
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

void ProjectionThread::maintain(projections::Maintenance which) {
  const std::lock_guard lock(impl_->mutex);
  impl_->to_maintain = which;
}

void ProjectionThread::switch_to(projections::LiveOptions options) {
  const std::lock_guard lock(impl_->mutex);
  impl_->to_switch = std::move(options);
}

std::optional<ProjectionThread::Switched> ProjectionThread::switched() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->switched, std::nullopt);
}

std::optional<ProjectionThread::Maintained> ProjectionThread::maintained() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->maintained, std::nullopt);
}

}  // namespace wattledger::daemon
