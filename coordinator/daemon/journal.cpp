#include "coordinator/daemon/journal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "log/reader.hpp"

namespace wattledger::daemon {
namespace {

// Well within what an occurred-at may lie before its recorded-at.
constexpr std::chrono::minutes clock_lag_max{10};
// More than the day that a limit counts.
constexpr std::chrono::days writes_remembered{2};

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(log::Log& log, log::Appender& appender, Clock& clock,
                                               fb::Source source,
                                               const projections::FoldCache& cache) {
  std::unique_ptr<Journal> journal(new Journal(appender, clock, source));
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const std::lock_guard lock(journal->mutex_);
  const auto from = journal->recall(*snapshot, cache);
  if (!from) return Failure(from.error());
  WATTLEDGER_TRY(projections::scan_over_damage(
      *snapshot, *from, snapshot->head(),
      [&](const log::RecordView& record) -> Result<bool> {
        fold::evolve(journal->state_, record.sequence, record.recorded_at, record.event);
        journal->count_writes(record.event, record.recorded_at);
        return true;
      },
      journal->damage_));
  if (snapshot->meta().parent) journal->restored_to_ = Sequence{snapshot->meta().parent_size};
  journal->epoch_ = static_cast<std::uint32_t>(snapshot->meta().epochs.size());
  return journal;
}

// Takes over the newest fold snapshot; returns the first record that is still to be folded. What a
// snapshot does not hold, the writes of the last days, is counted again from the records.
Result<Sequence> Journal::recall(const log::Snapshot& snapshot,
                                 const projections::FoldCache& cache) {
  projections::FoldCache::Found found = cache.find(snapshot, snapshot.head());
  for (const std::string& line : found.discarded) spdlog::debug("{}", line);
  if (!found.snapshot) return snapshot.first();
  state_ = std::move(found.snapshot->state);
  const Sequence through = found.snapshot->sequence;
  const auto count = [this, through](const log::RecordView& record) -> Result<bool> {
    if (record.sequence <= through) count_writes(record.event, record.recorded_at);
    return true;
  };
  const auto counted = snapshot.scan_occurred(state_.recorded_at - writes_remembered,
                                              state_.recorded_at + writes_remembered, count);
  if (!counted) {
    // Where damage keeps the search from answering, every record is looked at.
    written_.clear();
    projections::Damage known;  // told when it was folded over
    WATTLEDGER_TRY(
        projections::scan_over_damage(snapshot, snapshot.first(), through, count, known));
  }
  return through.next();
}

Result<log::Appended> Journal::append(fb::EventT& event, UtcTime recorded_at,
                                      const log::AppendOptions& options) {
  if (event.occurred_at_us == 0) event.occurred_at_us = to_us(recorded_at);
  if (event.source == fb::Source::unknown) event.source = source_;
  if (!event.utc_offset_s)
    event.utc_offset_s = static_cast<std::int32_t>(
        state_.site.zone.offset_at(utc_from_us(event.occurred_at_us)).count());
  const auto encoded = encode(event);
  if (!encoded) return Failure(encoded.error());
  auto appended = appender_.enqueue(*encoded, recorded_at, options);
  if (!appended || appended->repeated) return appended;
  const auto view = decode(encoded->kind(), encoded->bytes());
  if (!view) return Failure(view.error());
  fold::evolve(state_, appended->sequence, recorded_at, *view);
  count_writes(*view, recorded_at);
  if (watcher_) watcher_(state_, *view);
  return appended;
}

void Journal::watch(Watcher watcher) {
  const std::lock_guard lock(mutex_);
  watcher_ = std::move(watcher);
}

Result<Sequence> Journal::record(fb::EventT event, log::Urgency urgency) {
  const std::lock_guard lock(mutex_);
  const auto appended = append(event, stamp(), {.urgency = urgency, .expected_head = {}});
  if (!appended) return Failure(appended.error());
  return appended->sequence;
}

Result<Sequence> Journal::record_durably(fb::EventT event) {
  auto sequence = record(std::move(event), log::Urgency::now);
  if (!sequence) return sequence;
  WATTLEDGER_TRY(appender_.wait(*sequence));
  return sequence;
}

Result<log::Appended> Journal::record_request(fb::EventT event) {
  Result<log::Appended> appended = [&] {
    const std::lock_guard lock(mutex_);
    const UtcTime recorded_at = stamp();
    // It was asked for by the clock that is not believed, or by one that went back since.
    event.occurred_at_us = std::min(event.occurred_at_us, to_us(recorded_at));
    return append(event, recorded_at, {.urgency = log::Urgency::now, .expected_head = {}});
  }();
  if (!appended) return appended;
  WATTLEDGER_TRY(appender_.wait(appended->sequence));
  return appended;
}

Result<Sequence> Journal::step_clock(UtcTime now, std::optional<bool> synchronised) {
  const std::lock_guard lock(mutex_);
  fb::ClockSteppedT stepped;
  stepped.before_us = to_us(state_.recorded_at);
  stepped.after_us = to_us(now);
  stepped.epoch = ++epoch_;
  if (synchronised) stepped.synchronised = *synchronised;
  fb::EventT event = fact(std::move(stepped));
  const auto appended = append(event, now, {});
  if (!appended) return Failure(appended.error());
  return appended->sequence;
}

Result<Journal::Decided> Journal::decide(UtcTime now, const Keep& keep) {
  const std::lock_guard lock(mutex_);
  Decided decided{policy::decide(state_, now), std::nullopt};
  policy::Judgement& judgement = decided.judgement;
  if (!keep(state_, judgement)) return decided;
  // As of `now`, should the clock have gone back since.
  const UtcTime recorded_at = std::max(stamp(), now);
  const log::AppendOptions options{.urgency = log::Urgency::now, .expected_head = {}};
  if (judgement.plan && policy::plan_differs(*judgement.plan, state_.plan)) {
    fb::EventT plan = fact(*judgement.plan);
    plan.occurred_at_us = to_us(now);
    WATTLEDGER_TRY(append(plan, recorded_at, options));
  }
  if ((judgement.plan || judgement.keeps_plan) && state_.plan)
    judgement.decision.plan = state_.plan->sequence.value;
  fb::EventT event = fact(judgement.decision);
  event.occurred_at_us = to_us(now);
  event.cause = judgement.decision.based_on;
  const auto appended = append(event, recorded_at, options);
  if (!appended) return Failure(appended.error());
  decided.sequence = appended->sequence;
  return decided;
}

UtcTime Journal::stamp() const {
  const UtcTime now = clock_.now();
  // A log without records has no head to compare with.
  if (state_.through == Sequence{0}) return now;
  if (now > state_.recorded_at + clock_ahead_max) return state_.recorded_at;
  // A wall clock that went back a little does not make the past longer.
  return std::max(now, state_.recorded_at);
}

bool Journal::clock_jumped_since(UtcTime then) const {
  const UtcTime now = clock_.now();
  return now < then || now > then + clock_lag_max;
}

void Journal::count_writes(const EventView& event, UtcTime recorded_at) {
  std::uint32_t writes = 0;
  if (const auto* confirmed = event.as<fb::CommandConfirmed>()) writes = confirmed->writes();
  if (const auto* failed = event.as<fb::CommandFailed>()) writes = failed->writes();
  if (writes == 0) return;
  written_.push_back({recorded_at, writes});
  while (written_.front().at < recorded_at - writes_remembered) written_.pop_front();
}

std::uint32_t Journal::writes_since(UtcTime day) const {
  const std::lock_guard lock(mutex_);
  std::uint32_t writes = 0;
  for (const Written& each : written_)
    if (each.at >= day) writes += each.writes;
  return writes;
}

fold::State Journal::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::optional<UtcTime> Journal::last_recorded_at() const {
  const std::lock_guard lock(mutex_);
  if (state_.through == Sequence{0}) return std::nullopt;
  return state_.recorded_at;
}

}  // namespace wattledger::daemon
