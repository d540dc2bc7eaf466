#include "coordinator/daemon/journal.hpp"

#include <algorithm>

#include "log/reader.hpp"

namespace wattledger::daemon {

Result<std::unique_ptr<Journal>> Journal::open(log::Log& log, log::Appender& appender, Clock& clock,
                                               fb::Source source) {
  std::unique_ptr<Journal> journal(new Journal(appender, clock, source));
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const std::lock_guard lock(journal->mutex_);
  WATTLEDGER_TRY(snapshot->scan(
      snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
        fold::evolve(journal->state_, record.sequence, record.recorded_at, record.event);
        return true;
      }));
  journal->epoch_ = static_cast<std::uint32_t>(snapshot->meta().epochs.size());
  return journal;
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
  return appended;
}

Result<Sequence> Journal::record(fb::EventT event, log::Urgency urgency) {
  const std::lock_guard lock(mutex_);
  // A wall clock that went back a little does not make the past longer.
  const UtcTime recorded_at = std::max(clock_.now(), state_.recorded_at);
  const auto appended = append(event, recorded_at, {.urgency = urgency, .expected_head = {}});
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
    const UtcTime recorded_at = std::max(clock_.now(), state_.recorded_at);
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
  const UtcTime recorded_at = std::max(clock_.now(), state_.recorded_at);
  const log::AppendOptions options{.urgency = log::Urgency::now, .expected_head = {}};
  if (judgement.plan && policy::plan_differs(*judgement.plan, state_.plan)) {
    fb::EventT plan = fact(*judgement.plan);
    plan.occurred_at_us = to_us(now);
    WATTLEDGER_TRY(append(plan, recorded_at, options));
  }
  if (judgement.plan && state_.plan) judgement.decision.plan = state_.plan->sequence.value;
  fb::EventT event = fact(judgement.decision);
  event.occurred_at_us = to_us(now);
  event.cause = judgement.decision.based_on;
  const auto appended = append(event, recorded_at, options);
  if (!appended) return Failure(appended.error());
  decided.sequence = appended->sequence;
  return decided;
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
