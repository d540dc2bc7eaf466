#include "replay/quality/judged_days.hpp"

#include <algorithm>

#include "projections/fold/imported.hpp"
#include "replay/audit/state_at.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

// What a day's first reading is measured from lies before it, and an event is recorded at most a
// quarter of an hour after it happened.
constexpr std::chrono::hours lead{25};
constexpr std::chrono::hours behind{1};
constexpr std::uint64_t looked_back = 10'000;

// A time of recording, away from `time` and within what a clock can show.
UtcTime later(UtcTime time, std::chrono::hours by) {
  if (time == UtcTime::min() || time == UtcTime::max()) return time;
  return time + by;
}

class Days {
 public:
  Days(const Period& period, fold::State state) : period_(period), state_(std::move(state)) {
    if (!state_.reading) return;
    memory_.seen_to = state_.reading->at;
    if (state_.reading->quality != fb::Quality::implausible)
      memory_.covered_to = state_.reading->at;
  }

  void take(const log::RecordView& record) {
    fold::evolve(state_, record.sequence, record.recorded_at, record.event);
    if (fold::is_imported(record.event)) return;
    if (record.event.kind() == Kind::ClockStepped) fold::set_clock(memory_);
    const auto* reading = record.event.as<fb::ReadingRecorded>();
    if (reading == nullptr) return;
    const UtcTime at = utc_from_us(
        std::clamp<std::int64_t>(to_us(record.event.occurred_at()), 0, fold::time_max_us));
    fold::DayQuality one;
    ++one[reading->quality() == fb::Quality::good      ? fold::Figure::good
          : reading->quality() == fb::Quality::partial ? fold::Figure::partial
                                                       : fold::Figure::implausible];
    add(std::chrono::floor<std::chrono::days>(state_.site.zone.to_local(at)), one);
    for (const fold::DayQualityRow& row : fold::judge(memory_, state_, *reading, at))
      add(row.day, row.part);
  }
  // What the last quarter of an hour has not told yet, too.
  [[nodiscard]] JudgedDays finish() {
    for (const auto& each : memory_.pending)
      add(std::chrono::floor<std::chrono::days>(each.day), each.part);
    return std::move(days_);
  }

 private:
  void add(std::chrono::local_days day, const fold::DayQuality& part) {
    if (period_.holds(state_.site.zone.to_utc(LocalTime(day)))) days_[day].quality += part;
  }
  Period period_;
  fold::State state_;
  fold::QualityMemory memory_;
  JudgedDays days_;
};

Result<void> count_imported(const log::Snapshot& snapshot, const Period& period, JudgedDays& days) {
  if (snapshot.meta().batches.empty()) return {};
  const ZoneOffsets zone = house_zone(snapshot);
  return snapshot.scan_occurred(
      period.from, later(period.to, lead), [&](const log::RecordView& record) -> Result<bool> {
        if (record.event.kind() != Kind::ReadingRecorded || !fold::is_imported(record.event))
          return true;
        const auto day =
            std::chrono::floor<std::chrono::days>(zone.to_local(record.event.occurred_at()));
        if (period.holds(zone.to_utc(LocalTime(day)))) ++days[day].imported;
        return true;
      });
}

}  // namespace

Result<JudgedDays> judge_days(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                              const Period& period, projections::Damage& damage) {
  Sequence before{snapshot.first().value == 0 ? 0 : snapshot.first().value - 1};
  if (period.from != UtcTime::min()) {
    const auto first = snapshot.first_recorded_at_or_after(later(period.from, -lead));
    if (!first) return Failure(first.error());
    before = Sequence{first->value - 1};
  }
  auto state = state_at(snapshot, cache, before);
  if (!state) return Failure(state.error());
  Days days(period, *std::move(state));
  const UtcTime enough = later(later(period.to, lead), behind);
  WATTLEDGER_TRY(projections::scan_over_damage(
      snapshot, before.next(), snapshot.head(),
      [&](const log::RecordView& record) -> Result<bool> {
        days.take(record);
        // Of an import and of a clock that is set back more may come, later.
        return record.recorded_at < enough || record.event.kind() == Kind::ClockStepped;
      },
      damage));
  JudgedDays judged = days.finish();
  WATTLEDGER_TRY(count_imported(snapshot, period, judged));
  return judged;
}

std::optional<UtcTime> newest_reading(const log::Snapshot& snapshot) {
  const std::uint64_t last = snapshot.head().value;
  for (std::uint64_t back = 0; back < std::min(last, looked_back); ++back) {
    const auto record = snapshot.at(Sequence{last - back});
    if (record && record->event.kind() == Kind::ReadingRecorded &&
        !fold::is_imported(record->event))
      return record->event.occurred_at();
  }
  return std::nullopt;
}

}  // namespace wattledger::tool
