// Finding records by time without an index: recorded-at is sorted within a clock epoch, occurred-at
// lies close to it, and an import batch, where it does not, is sorted by occurred-at.
#include "log/time_search.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

using std::chrono::microseconds;

// What a search passes over: the next time that can be read keeps the order.
bool is_damage(const Error& error) {
  return error.kind == ErrorKind::corrupt || error.kind == ErrorKind::not_found;
}

struct Range {
  std::uint64_t from;
  std::uint64_t to;  // beyond the last
};

UtcTime saturating_add(UtcTime time, microseconds by) {
  if (by.count() > 0 && time > UtcTime::max() - by) return UtcTime::max();
  if (by.count() < 0 && time < UtcTime::min() - by) return UtcTime::min();
  return time + by;
}

// The first sequence in the range whose time, by `time_of`, is at or after `time`; its end if none.
template <class TimeOf>
Result<std::uint64_t> lower_bound(Range range, UtcTime time, const TimeOf& time_of) {
  while (range.from < range.to) {
    const std::uint64_t middle = range.from + (range.to - range.from) / 2;
    const Result<UtcTime> there = time_of(Sequence{middle});
    if (!there) return Failure(there.error());
    if (*there < time)
      range.from = middle + 1;
    else
      range.to = middle;
  }
  return range.from;
}

class TimeSearch {
 public:
  explicit TimeSearch(const Snapshot& snapshot) : snapshot_(snapshot), meta_(snapshot.meta()) {}

  [[nodiscard]] Range epoch(std::size_t index) const {
    const std::uint64_t from = meta_.epochs[index].first.value;
    const bool newest = index + 1 == meta_.epochs.size();
    const std::uint64_t to = newest ? meta_.head.value + 1 : meta_.epochs[index + 1].first.value;
    return {from, std::max(from, to)};
  }

  [[nodiscard]] Result<std::uint64_t> recorded(Range range, UtcTime time) const {
    return lower_bound(range, time, [&](Sequence at) -> Result<UtcTime> {
      for (at = behind_missing(at); at.value < range.to; at = behind_missing(at.next())) {
        const auto there = snapshot_.impl().recorded_at(at);
        if (there || !is_damage(there.error())) return there;
      }
      return UtcTime::max();
    });
  }

  [[nodiscard]] Result<std::uint64_t> occurred(Range range, UtcTime time) const {
    return lower_bound(range, time, [&](Sequence at) -> Result<UtcTime> {
      // When a lost record occurred is lost as well.
      for (at = behind_missing(at); at.value < range.to; at = behind_missing(at.next())) {
        const auto record = snapshot_.at(at);
        if (record) return record->event.occurred_at();
        if (!is_damage(record.error())) return Failure(record.error());
      }
      return UtcTime::max();
    });
  }

  // Where live records with from <= occurred-at < to can be in an epoch.
  [[nodiscard]] Result<Range> live(std::size_t index, UtcTime from, UtcTime to) const {
    const Range all = epoch(index);
    const auto begin = recorded(all, saturating_add(from, -microseconds(occurred_ahead_limit)));
    if (!begin) return Failure(begin.error());
    const auto end =
        recorded({*begin, all.to}, saturating_add(to, microseconds(occurred_lag_limit)));
    if (!end) return Failure(end.error());
    return Range{*begin, *end};
  }

  // The records between a batch's ImportStarted and its end.
  [[nodiscard]] Range inside(const ImportBatch& batch) const {
    const bool open = batch.finished.value == 0;
    const std::uint64_t end = open ? meta_.head.value : batch.finished.value;
    const std::uint64_t from = batch.started.value + 1;
    return {from, std::max(from, end + 1)};
  }

  // Ranges of all candidates, ascending; they may touch live records that do not fit.
  [[nodiscard]] Result<std::vector<Range>> candidates(UtcTime from, UtcTime to) const;

 private:
  // Where a segment is missing, the time of the first record behind it keeps the order; whoever
  // then reads in the gap is told.
  [[nodiscard]] Sequence behind_missing(Sequence at) const {
    const auto gap = snapshot_.missing(at);
    return gap ? gap->last.next() : at;
  }
  [[nodiscard]] Result<void> add_batch(const ImportBatch& batch, UtcTime from, UtcTime to,
                                       std::vector<Range>& ranges) const;

  const Snapshot& snapshot_;
  const Meta& meta_;
};

// ImportFinished may close the batch; its occurred-at is not sorted with the others.
Result<void> TimeSearch::add_batch(const ImportBatch& batch, UtcTime from, UtcTime to,
                                   std::vector<Range>& ranges) const {
  Range sorted = inside(batch);
  if (sorted.from == sorted.to) return {};
  const auto last = snapshot_.at(Sequence{sorted.to - 1});
  if (!last && !is_damage(last.error())) return Failure(last.error());
  if (last && last->event.kind() == Kind::ImportFinished) {
    --sorted.to;
    ranges.push_back({sorted.to, sorted.to + 1});
  }
  const auto begin = occurred(sorted, from);
  if (!begin) return Failure(begin.error());
  const auto end = occurred({*begin, sorted.to}, to);
  if (!end) return Failure(end.error());
  ranges.push_back({*begin, *end});
  return {};
}

Result<std::vector<Range>> TimeSearch::candidates(UtcTime from, UtcTime to) const {
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < meta_.epochs.size(); ++i) {
    auto range = live(i, from, to);
    if (!range) return Failure(range.error());
    // A batch within is searched on its own: step over it.
    for (const ImportBatch& batch : meta_.batches) {
      const Range skip = inside(batch);
      if (skip.from >= skip.to || skip.to <= range->from || skip.from >= range->to) continue;
      ranges.push_back({range->from, std::max(skip.from, range->from)});
      range->from = std::min(skip.to, range->to);
    }
    ranges.push_back(*range);
  }
  for (const ImportBatch& batch : meta_.batches) WATTLEDGER_TRY(add_batch(batch, from, to, ranges));
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.from < b.from; });
  return ranges;
}

}  // namespace

Result<Sequence> Snapshot::first_recorded_at_or_after(UtcTime time) const {
  const TimeSearch search(*this);
  for (std::size_t i = meta().epochs.size(); i-- > 0;) {
    const Range epoch = search.epoch(i);
    if (epoch.from == epoch.to) continue;
    const auto newest = impl_->recorded_at(Sequence{epoch.to - 1});
    if (!newest && !is_damage(newest.error())) return Failure(newest.error());
    if (newest && *newest < time) continue;
    const auto found = search.recorded(epoch, time);
    if (!found) return Failure(found.error());
    if (*found < epoch.to) return Sequence{*found};
  }
  return head().next();
}

Result<Sequence> Snapshot::known_at(UtcTime time) const {
  const TimeSearch search(*this);
  for (std::size_t i = meta().epochs.size(); i-- > 0;) {
    if (meta().epochs[i].recorded_at > time) continue;
    const Range epoch = search.epoch(i);
    const auto later =
        search.recorded(epoch, time == UtcTime::max() ? time : time + std::chrono::microseconds(1));
    if (!later) return Failure(later.error());
    return Sequence{*later - 1};
  }
  return Sequence{0};
}

Result<std::vector<SequenceRange>> ranges_occurred(const Snapshot& snapshot, UtcTime from,
                                                   UtcTime to) {
  std::vector<SequenceRange> result;
  if (from >= to) return result;
  const auto ranges = TimeSearch(snapshot).candidates(from, to);
  if (!ranges) return Failure(ranges.error());
  for (const Range& range : *ranges)
    if (range.from < range.to) result.push_back({Sequence{range.from}, Sequence{range.to - 1}});
  return result;
}

Result<void> Snapshot::scan_occurred(UtcTime from, UtcTime to, const Each& each) const {
  const auto ranges = ranges_occurred(*this, from, to);
  if (!ranges) return Failure(ranges.error());
  bool go_on = true;
  for (const SequenceRange& range : *ranges) {
    WATTLEDGER_TRY(scan(range.first, range.last, [&](const RecordView& record) -> Result<bool> {
      if (record.event.occurred_at() < from || record.event.occurred_at() >= to) return true;
      auto more = each(record);
      if (more) go_on = *more;
      return more;
    }));
    if (!go_on) return {};
  }
  return {};
}

}  // namespace wattledger::log
