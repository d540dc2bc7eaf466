#include "coordinator/daemon/tier_desk.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "coordinator/daemon/backup_round.hpp"
#include "coordinator/remote/cold_store.hpp"
#include "log/retire.hpp"
#include "log/tiers.hpp"

namespace wattledger::daemon {
namespace {

// Of one commit, which the appender waits behind.
constexpr std::uint64_t retire_records = 512;

class TierRun {
 public:
  TierRun(const config::Config& config, Journal& journal, const log::Log& log,
          const log::WriterLock& lock, UtcTime now, std::stop_token stop)
      : config_(config),
        journal_(journal),
        log_(log),
        lock_(lock),
        now_(now),
        stop_(std::move(stop)) {}

  // An error is the log's; what else goes wrong is recorded.
  Result<void> run() {
    const auto snapshot = log_.snapshot();
    if (!snapshot) return Failure(snapshot.error());
    const bool remote = !config_.tiers.remote.empty();
    const auto plan =
        log::plan_tiers(*snapshot, log_, now_, {config_.tiers.hot, config_.tiers.warm}, remote);
    if (!plan) {
      spdlog::error("the log's tiers cannot be told: {}", plan.error().line());
      return {};
    }
    if (plan->archive.retire_to.value == 0 && plan->to_send.empty() && plan->to_leave.empty())
      return {};
    fb::ChangeStartedT started;
    started.verb = "tiers run";
    const auto begun = journal_.record(fact(std::move(started)), log::Urgency::telemetry);
    if (!begun) return Failure(begun.error());
    const auto done = work(*snapshot, *plan);
    fb::ChangeFinishedT finished;
    finished.started = begun->value;
    finished.result = done ? fb::Result::succeeded : fb::Result::failed;
    finished.detail = done ? words() : words() + "; " + done.error().line();
    const std::string detail = finished.detail;
    const auto recorded = journal_.record(fact(std::move(finished)), log::Urgency::telemetry);
    if (!recorded) return Failure(recorded.error());
    spdlog::log(done ? spdlog::level::info : spdlog::level::err, "Tiers: {} [{}]", detail,
                recorded->value);
    return {};
  }

 private:
  Result<void> work(const log::Snapshot& snapshot, const log::TierPlan& plan) {
    WATTLEDGER_TRY(archive(snapshot, plan.archive));
    const remote::RcloneLimits limits{.stop = stop_};
    const std::string& remote = config_.tiers.remote;  // empty: the plan sends nothing
    const std::string place =
        remote.empty() ? "" : remote::cold_place(remote, snapshot.meta().uuid);
    for (const log::SequenceRange& each : plan.to_send) {
      const auto sent = remote::send_segment(log_.directory(), each, place, now_, limits);
      if (!sent) return Failure(sent.error());
      ++sent_;
    }
    for (const log::ColdSegment& each : plan.to_leave)
      WATTLEDGER_TRY(remote::leave_segment(log_.directory(), each, limits));
    return {};
  }

  Result<void> archive(const log::Snapshot& snapshot, const log::ArchivePlan& plan) {
    for (const log::SequenceRange& each : plan.build) {
      WATTLEDGER_TRY(go_on());
      const auto segment = log::build_segment(snapshot, log_, each);
      if (!segment) return Failure(segment.error());
    }
    if (plan.retire_to.value == 0) return {};
    auto events = log::archived_events(log_, plan.retire_to);
    if (!events) return Failure(events.error());
    for (fb::EventT& event : *events) {
      event.source = fb::Source::daemon;
      if (const auto recorded = journal_.record_request(std::move(event)); !recorded)
        return Failure(recorded.error());
    }
    while (true) {
      WATTLEDGER_TRY(go_on());
      const auto retired = log::retire(log_, lock_, plan.retire_to, {retire_records, 1});
      if (!retired) return Failure(retired.error());
      archived_ += retired->records;
      if (retired->records == 0) return {};
    }
  }

  Result<void> go_on() const {
    if (!stop_.stop_requested()) return {};
    return fail(ErrorKind::timed_out, "told to stop", "it goes on after the next start");
  }

  [[nodiscard]] std::string words() const {
    return std::to_string(archived_) + " records moved to segments, " + std::to_string(sent_) +
           " segments to " +
           (config_.tiers.remote.empty() ? std::string("no remote") : config_.tiers.remote);
  }

  const config::Config& config_;
  Journal& journal_;
  const log::Log& log_;
  const log::WriterLock& lock_;
  const UtcTime now_;
  const std::stop_token stop_;
  std::uint64_t archived_ = 0;  // records
  std::uint64_t sent_ = 0;      // segments
};

}  // namespace

Result<void> TierDesk::look(UtcTime now) {
  if (working_) return {};
  if (thread_) WATTLEDGER_TRY(close());
  if (!next_ || *next_ - now > tiers_every) next_ = now + tiers_first_after;
  const bool forced = journal_.with_state(
      [&](const fold::State& state) { return fold::in_forced_mode(state.inverter, now); });
  if (now < *next_ || forced) return {};
  next_ = now + tiers_every;
  working_ = true;
  thread_.emplace([this, now](const std::stop_token& stop) {
    yield_to_all();
    const auto done = TierRun(config_, journal_, log_, lock_, now, stop).run();
    if (!done) poison_ = done.error();
    working_ = false;
  });
  return {};
}

Result<void> TierDesk::close() {
  if (!thread_) return {};
  thread_->request_stop();
  thread_.reset();  // joined
  if (poison_) return Failure(*std::exchange(poison_, std::nullopt));
  return {};
}

}  // namespace wattledger::daemon
