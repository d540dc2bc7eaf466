// The daemon's one pen. Every event of the process goes through here: stamped, appended, and folded
// into the live State in the order of its sequence, so that State is always the fold up to the last
// enqueued record.
//
// Threads: every function from any thread.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "coordinator/daemon/clock.hpp"
#include "coordinator/policy/decide.hpp"
#include "log/appender.hpp"
#include "log/log.hpp"
#include "projections/damage.hpp"
#include "projections/fold/state.hpp"
#include "projections/fold_cache.hpp"

namespace wattledger::daemon {

// A clock ahead of the log's head by more than this is not believed at once.
inline constexpr std::chrono::hours clock_ahead_max{7 * 24};

class Journal {
 public:
  // Folds what the log holds behind the newest fold snapshot, or all of it; steps over what cannot
  // be read. Log, appender and clock outlive the journal.
  static Result<std::unique_ptr<Journal>> open(log::Log& log, log::Appender& appender, Clock& clock,
                                               fb::Source source,
                                               const projections::FoldCache& cache);

  // What was stepped over.
  [[nodiscard]] const projections::Damage& damage() const { return damage_; }
  // The last record that another log, restored or saved, brought along; 0 where none did. Behind it
  // the house may have lived on, and nobody remembers.
  [[nodiscard]] Sequence restored_to() const { return restored_to_; }

  // Stamps occurred-at (now, unless given) and the offset in force, appends, folds. Recorded-at is
  // now, but never before the head's; and the head's while a clock far ahead is not believed yet:
  // only step_clock() goes there.
  Result<Sequence> record(fb::EventT event, log::Urgency urgency);
  // The same, and returns when it is durable: for facts that come before an act.
  Result<Sequence> record_durably(fb::EventT event);
  // For requests from outside: a correlation seen before gives the first answer and adds nothing.
  Result<log::Appended> record_request(fb::EventT event);
  // The wall clock was set back or far ahead: opens a clock epoch at `now`.
  Result<Sequence> step_clock(UtcTime now, std::optional<bool> synchronised);

  // Tells `watcher` each event that is recorded from now on, with the state behind it; under the
  // journal's lock, so it must not call back. One at a time: another takes its place.
  using Watcher = std::function<void(const fold::State&, const EventView&)>;
  void watch(Watcher watcher);

  // Judges under the lock, so that nothing comes between the state a decision rests on and the
  // decision. `keep` says whether the judgement is worth a record; its plan is recorded first if it
  // is news.
  using Keep = std::function<bool(const fold::State&, const policy::Judgement&)>;
  struct Decided {
    policy::Judgement judgement;
    std::optional<Sequence> sequence;  // absent when not kept
  };
  Result<Decided> decide(UtcTime now, const Keep& keep);

  [[nodiscard]] fold::State state() const;
  // Reads from the state without copying it; `read` must not call back.
  template <class Read>
  auto with_state(Read&& read) const {
    const std::lock_guard lock(mutex_);
    return std::forward<Read>(read)(static_cast<const fold::State&>(state_));
  }
  // Did the clock jump since it said `then`, so far that what is done now cannot be recorded as of
  // then? (Somebody set it, or the computer slept.)
  [[nodiscard]] bool clock_jumped_since(UtcTime then) const;
  // For how long something took; simulated time stands still meanwhile.
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const { return clock_.steady(); }
  // Register writes that the log knows of since `day`: what was counted outlives a restart.
  [[nodiscard]] std::uint32_t writes_since(UtcTime day) const;
  // Recorded-at of the last record; nothing for an empty log.
  [[nodiscard]] std::optional<UtcTime> last_recorded_at() const;

 private:
  Journal(log::Appender& appender, Clock& clock, fb::Source source)
      : appender_(appender), clock_(clock), source_(source) {}
  Result<log::Appended> append(fb::EventT& event, UtcTime recorded_at,
                               const log::AppendOptions& options);
  Result<Sequence> recall(const log::Snapshot& snapshot, const projections::FoldCache& cache);
  [[nodiscard]] UtcTime stamp() const;
  void count_writes(const EventView& event, UtcTime recorded_at);

  log::Appender& appender_;
  Clock& clock_;
  const fb::Source source_;
  mutable std::mutex mutex_;
  fold::State state_;
  std::uint32_t epoch_ = 0;
  // Commands of the last days that wrote something, oldest first.
  struct Written {
    UtcTime at;
    std::uint32_t writes;
  };
  std::deque<Written> written_;
  Watcher watcher_;
  projections::Damage damage_;  // of open(), unchanged since
  Sequence restored_to_;        // the same
};

// An event with a fact in it, for record().
template <class FactT>
fb::EventT fact(FactT native) {
  fb::EventT event;
  event.fact.Set(std::move(native));
  return event;
}

}  // namespace wattledger::daemon
