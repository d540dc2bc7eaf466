// What may follow what: the rules of time and of import batches, and the memory of correlations.
// Pure values, not shared between threads. Inside this room only.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

#include "log/meta.hpp"

namespace wattledger::log {

// The state behind the last record enqueued.
class AppendRules {
 public:
  // A batch left open in `meta` belongs to a writer that died: the next record ends it.
  AppendRules(const Meta& meta, std::chrono::milliseconds occurred_lag_max);

  // invalid_input if the event may not come next; changes nothing then.
  Result<RecordFacts> admit(const EventView& event, UtcTime recorded_at);

 private:
  struct OpenBatch {
    Id128 id;
    Sequence started;
    UtcTime recorded_at;
    std::optional<UtcTime> newest;  // occurred-at of the last record in it
  };

  [[nodiscard]] Result<void> check_recorded_at(const EventView& event, UtcTime recorded_at) const;
  [[nodiscard]] Result<void> check_live(const EventView& event, UtcTime recorded_at) const;
  [[nodiscard]] Result<void> check_in_batch(const EventView& event, UtcTime recorded_at) const;
  [[nodiscard]] Result<void> check_finish(const fb::ImportFinished& finished) const;

  std::chrono::milliseconds occurred_lag_max_;
  Sequence head_;
  UtcTime newest_recorded_at_;
  std::optional<OpenBatch> batch_;
  bool abandoned_batch_ = false;
};

// Which correlation stands in which of the last records.
class CorrelationWindow {
 public:
  explicit CorrelationWindow(std::size_t records_max) : records_max_(records_max) {}
  [[nodiscard]] std::optional<Sequence> find(const Id128& correlation) const;
  void remember(Sequence sequence, const Id128& correlation);
  // Forgets what is no longer among the last records up to `head`.
  void advance(Sequence head);

 private:
  struct Hash {
    std::size_t operator()(const Id128& id) const noexcept;
  };
  struct Remembered {
    Sequence sequence;
    Id128 correlation;
  };
  std::size_t records_max_;
  std::deque<Remembered> order_;
  std::unordered_map<Id128, Sequence, Hash> known_;
};

// The event's correlation; none if it has none.
[[nodiscard]] std::optional<Id128> correlation_of(const EventView& event);

}  // namespace wattledger::log
