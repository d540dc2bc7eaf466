#include "replay/audit/remake_ranges.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace wattledger::tool {
namespace {

struct Range {
  std::uint64_t number = 0;
  RemakeStart start;
  Sequence to;
};

struct Judged {
  Result<RemakeReport> report = RemakeReport{};
  std::vector<Remade> findings;
};

// Ranges go in in order and are taken by whoever is free; what they gave comes out in order.
// Threads: any; whoever waits is woken by close().
class RangeQueue {
 public:
  explicit RangeQueue(std::uint64_t at_once) : at_once_(at_once) {}

  // Waits for room; false when nobody wants more.
  bool put(RemakeStart start, Sequence to) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || handed_in_ - told_ < at_once_; });
    if (closed_) return false;
    waiting_.push({handed_in_++, std::move(start), to});
    changed_.notify_all();
    return true;
  }
  // After the last one.
  void end(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    error_ = std::move(error);
    changed_.notify_all();
  }
  std::optional<Range> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || ended_ || !waiting_.empty(); });
    if (closed_ || waiting_.empty()) return std::nullopt;
    Range range = std::move(waiting_.front());
    waiting_.pop();
    return range;
  }
  void give(std::uint64_t number, Judged judged) {
    const std::lock_guard lock(mutex_);
    judged_.emplace(number, std::move(judged));
    changed_.notify_all();
  }
  // The next one in order; nullopt behind the last.
  std::optional<Judged> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return judged_.count(told_) != 0 || (ended_ && told_ == handed_in_); });
    const auto found = judged_.find(told_);
    if (found == judged_.end()) return std::nullopt;
    Judged judged = std::move(found->second);
    judged_.erase(found);
    ++told_;
    changed_.notify_all();
    return judged;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Of the thread that folds; only after next() has given nothing.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const std::uint64_t at_once_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<Range> waiting_;
  std::map<std::uint64_t, Judged> judged_;
  std::uint64_t handed_in_ = 0;
  std::uint64_t told_ = 0;
  bool ended_ = false;
  bool closed_ = false;
  std::optional<Error> error_;
};

// Folds everything and cuts it behind decisions: whatever comes later knows them.
void hand_out(const log::Log& log, Sequence head, const RangesOptions& options, RangeQueue& queue) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return queue.end(snapshot.error());
  RemakeStart now = options.start;
  RemakeStart begun = options.start;
  bool wanted = true;
  const auto scanned = snapshot->scan(
      now.state.through.next(), head, [&](const log::RecordView& record) -> Result<bool> {
        // What was looked at before is folded all the same.
        const bool ours = record.sequence > now.behind && now.look_at(record, snapshot->meta());
        fold::evolve(now.state, record.sequence, record.recorded_at, record.event);
        if (!ours || record.sequence.value < begun.behind.value + options.range_records)
          return true;
        wanted = queue.put(std::exchange(begun, now), record.sequence);
        return wanted;
      });
  // What cannot be read is met again, and told, by whoever judges the last range.
  if (wanted && (!scanned || begun.behind < head)) (void)queue.put(std::move(begun), head);
  queue.end(std::nullopt);
}

void judge_ranges(const log::Log& log, const Period& period, RangeQueue& queue) {
  const auto snapshot = log.snapshot();
  while (auto range = queue.take()) {
    Judged judged;
    judged.report = snapshot ? remake_decisions(
                                   *snapshot, std::move(range->start), range->to, period,
                                   [&](const Remade& each) { judged.findings.push_back(each); },
                                   [](Sequence) {})
                             : Result<RemakeReport>(Failure(snapshot.error()));
    queue.give(range->number, std::move(judged));
  }
}

void add(RemakeReport& all, const RemakeReport& one) {
  all.decisions += one.decisions;
  all.identical += one.identical;
  all.differs += one.differs;
  all.other_revision += one.other_revision;
  all.not_reproducible += one.not_reproducible;
  all.imported += one.imported;
  all.through = one.through;
  all.damage = one.damage;
}

}  // namespace

Result<RemakeReport> remake_in_ranges(const log::Log& log, const log::Snapshot& snapshot,
                                      const Period& period, const RangesOptions& options,
                                      const std::function<void(const Remade&)>& found,
                                      const std::function<void(Sequence)>& progress) {
  const unsigned jobs = std::clamp(options.jobs, 1U, jobs_max);
  const Sequence to = std::min(options.to.value_or(snapshot.head()), snapshot.head());
  if (jobs == 1) return remake_decisions(snapshot, options.start, to, period, found, progress);
  RangeQueue queue(std::uint64_t{2} * jobs);
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { hand_out(log, to, options, queue); });
  for (unsigned job = 0; job < jobs; ++job)
    threads.emplace_back([&] { judge_ranges(log, period, queue); });
  RemakeReport all;
  std::optional<Error> error;
  while (!error && !all.damage) {
    const auto judged = queue.next();
    if (!judged) break;
    for (const Remade& each : judged->findings) found(each);
    if (judged->report)
      add(all, *judged->report);
    else
      error = judged->report.error();
    progress(all.through);
  }
  queue.close();
  threads.clear();
  if (!error) error = queue.error();
  if (error) return Failure(*error);
  return all;
}

}  // namespace wattledger::tool
