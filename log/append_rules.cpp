#include "log/append_rules.hpp"

#include <cstring>
#include <string>

namespace wattledger::log {
namespace {

// Times beyond these are mistakes, and sums with them could overflow: the years 1 to 9999.
constexpr UtcTime time_min = utc_from_us(-62'135'596'800'000'000);
constexpr UtcTime time_max = utc_from_us(253'402'300'799'999'999);

bool sane(UtcTime time) { return time >= time_min && time <= time_max; }

Failure refuse(const EventView& event, const std::string& why, const std::string& remedy = {}) {
  return fail(ErrorKind::invalid_input, std::string(kind_name(event.kind())) + " " + why, remedy);
}

}  // namespace

AppendRules::AppendRules(const Meta& meta, std::chrono::milliseconds occurred_lag_max)
    : occurred_lag_max_(occurred_lag_max),
      head_(meta.head),
      newest_recorded_at_(meta.head_recorded_at),
      abandoned_batch_(!meta.batches.empty() && meta.batches.back().finished.value == 0) {}

Result<RecordFacts> AppendRules::admit(const EventView& event, UtcTime recorded_at) {
  if (!sane(recorded_at)) return refuse(event, "cannot be recorded outside the years 1 to 9999");
  if (!sane(event.occurred_at()))
    return refuse(event, "cannot have occurred outside the years 1 to 9999");
  WATTLEDGER_TRY(batch_ ? check_in_batch(event, recorded_at)
                        : check_recorded_at(event, recorded_at));
  RecordFacts facts;
  facts.kind = event.kind();
  facts.recorded_at = recorded_at;
  facts.ends_abandoned_batch = abandoned_batch_;
  if (const auto* started = event.as<fb::ImportStarted>()) {
    if (started->batch() == nullptr) return refuse(event, "names no batch", "give the batch an id");
    facts.batch = from_fb(*started->batch());
    batch_ = OpenBatch{facts.batch, head_.next(), recorded_at, std::nullopt};
  } else if (event.kind() == Kind::ImportFinished) {
    facts.batch = batch_->id;
    batch_.reset();
  } else if (batch_) {
    batch_->newest = event.occurred_at();
  }
  abandoned_batch_ = false;
  newest_recorded_at_ = recorded_at;
  head_ = head_.next();
  return facts;
}

Result<void> AppendRules::check_recorded_at(const EventView& event, UtcTime recorded_at) const {
  if (event.kind() == Kind::ImportFinished)
    return refuse(event, "has no batch to finish",
                  "begin with ImportStarted; a batch ends with its appender");
  if (head_.value != 0 && event.kind() != Kind::ClockStepped && recorded_at < newest_recorded_at_)
    return refuse(event,
                  "recorded at " + utc_text(recorded_at) +
                      ", before the record in front of it at " + utc_text(newest_recorded_at_),
                  "wait for the clock, or append ClockStepped first");
  return check_live(event, recorded_at);
}

Result<void> AppendRules::check_live(const EventView& event, UtcTime recorded_at) const {
  const UtcTime occurred_at = event.occurred_at();
  if (recorded_at - occurred_at > occurred_lag_max_)
    return refuse(event,
                  "occurred at " + utc_text(occurred_at) + ", more than " +
                      std::to_string(occurred_lag_max_.count() / 1000) +
                      " s before it was recorded at " + utc_text(recorded_at),
                  "bring history in as an import batch");
  if (occurred_at - recorded_at > occurred_ahead_limit)
    return refuse(event,
                  "occurred at " + utc_text(occurred_at) + ", after it was recorded at " +
                      utc_text(recorded_at),
                  "check the clock that gave the time");
  return {};
}

Result<void> AppendRules::check_in_batch(const EventView& event, UtcTime recorded_at) const {
  const std::string batch = "in the import batch " + batch_->id.hex();
  if (event.kind() == Kind::ImportStarted || event.kind() == Kind::ClockStepped)
    return refuse(event, "cannot stand " + batch, "append ImportFinished first");
  if (recorded_at != batch_->recorded_at)
    return refuse(event,
                  "recorded at " + utc_text(recorded_at) + " cannot stand " + batch +
                      ", recorded at " + utc_text(batch_->recorded_at),
                  "record every event of a batch at its ImportStarted's instant");
  if (const auto* finished = event.as<fb::ImportFinished>()) return check_finish(*finished);
  const UtcTime occurred_at = event.occurred_at();
  if (batch_->newest && occurred_at < *batch_->newest)
    return refuse(event,
                  "occurred at " + utc_text(occurred_at) + " comes " + batch + " behind one of " +
                      utc_text(*batch_->newest),
                  "sort a batch by occurred-at");
  if (occurred_at - recorded_at > occurred_ahead_limit)
    return refuse(event,
                  "occurred at " + utc_text(occurred_at) + ", after it was recorded at " +
                      utc_text(recorded_at),
                  "check the times in the source");
  return {};
}

Result<void> AppendRules::check_finish(const fb::ImportFinished& finished) const {
  const bool same = finished.batch() != nullptr && from_fb(*finished.batch()) == batch_->id;
  if (!same || (finished.started() != 0 && finished.started() != batch_->started.value))
    return fail(ErrorKind::invalid_input, "ImportFinished names another batch than the open one, " +
                                              batch_->id.hex() + " from record " +
                                              std::to_string(batch_->started.value));
  return {};
}

std::optional<Sequence> CorrelationWindow::find(const Id128& correlation) const {
  const auto found = known_.find(correlation);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

void CorrelationWindow::remember(Sequence sequence, const Id128& correlation) {
  if (known_.emplace(correlation, sequence).second) order_.push_back({sequence, correlation});
}

void CorrelationWindow::advance(Sequence head) {
  while (!order_.empty() && order_.front().sequence.value + records_max_ <= head.value) {
    known_.erase(order_.front().correlation);
    order_.pop_front();
  }
}

std::size_t CorrelationWindow::Hash::operator()(const Id128& id) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, id.bytes.data(), 8);
  std::memcpy(&low, id.bytes.data() + 8, 8);
  return static_cast<std::size_t>(high ^ (low * 0x9E3779B97F4A7C15U));
}

std::optional<Id128> correlation_of(const EventView& event) {
  if (event.event().correlation() == nullptr) return std::nullopt;
  return from_fb(*event.event().correlation());
}

}  // namespace wattledger::log
