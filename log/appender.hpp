// Appends events: a bounded queue, one writer thread, group commit. The sequence is given at
// enqueue and never changes.
//
// Threads: every function from any thread. Durability: after wait() or append() returned a sequence
// it is on disk (LMDB's default durability). After a failed commit the appender is poisoned: every
// later call fails until the log is reopened. No clock inside: the caller says when a record is
// recorded, and when time has passed (commit_due).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "events/codec.hpp"
#include "log/log.hpp"
#include "log/signing_key.hpp"

namespace wattledger::log {

struct AppendLimits {
  std::size_t queue_events_max = 65'536;                 // beyond: error `full`, never growth
  std::size_t queue_bytes_max = std::size_t{64} << 20U;  // of records
  std::size_t telemetry_events_max = 64;        // waiting telemetry is committed at this count …
  std::chrono::seconds telemetry_wait_max{60};  // … or when recorded-at has moved on by this much
  std::size_t correlations_max = 4'096;         // remembered for idempotency, re-read at open
  std::chrono::milliseconds occurred_lag_max{
      15 * 60 * 1000};  // a live event's occurred-at before its recorded-at
  // With a signing key a commit carries a checkpoint when the one before is so many records …
  std::uint64_t checkpoint_events_max = 10'000;
  std::chrono::hours checkpoint_age_max{24};  // … or so much of recorded-at old
};

// telemetry waits for company; now commits at once and takes waiting telemetry along.
enum class Urgency { telemetry, now };

struct AppendOptions {
  Urgency urgency = Urgency::now;
  std::optional<Sequence> expected_head;  // conflict if the last enqueued sequence is another
};

struct Appended {
  Sequence sequence;
  bool repeated =
      false;  // the correlation was seen before: `sequence` is the first one's, nothing was added
};

// How often a value was seen, by powers of two: bucket 0 counts zeros, bucket i counts 2^(i-1) to
// 2^i - 1.
class Histogram {
 public:
  static constexpr std::size_t buckets = 65;
  void add(std::uint64_t value);
  [[nodiscard]] std::uint64_t count() const;
  // The largest value of the bucket in which the given share of all values ends; 0 when empty.
  [[nodiscard]] std::uint64_t at_most(double share) const;
  [[nodiscard]] const std::array<std::uint64_t, buckets>& counts() const { return counts_; }

 private:
  std::array<std::uint64_t, buckets> counts_{};
};

// Since the appender was opened.
struct AppendStatistics {
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  // of records
  std::size_t waiting = 0;
  Histogram commit_us;      // one commit, both flushes included
  Histogram answer_us;      // from the call of append(), or of a wait() that had to, until durable
  Histogram commit_events;  // records in one commit
  Histogram written_bytes;  // by one commit, whole pages, as the kernel counts them
};

class Appender {
 public:
  // `lock` must be held for `log`'s directory and outlives the appender, as does `log`.
  static Result<Appender> open(Log& log, const WriterLock& lock, const AppendLimits& limits);
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;
  ~Appender();  // commits what waits

  // Gives the sequence; does not wait. Errors: full, conflict, poisoned, invalid_input (time rules,
  // kind beyond catalogue).
  Result<Appended> enqueue(const EncodedEvent& event, UtcTime recorded_at,
                           const AppendOptions& options);
  // Returns when `sequence` is durable. Waiting is urgent: telemetry that somebody waits for is
  // committed at once.
  Result<void> wait(Sequence sequence);
  Result<Appended> append(const EncodedEvent& event, UtcTime recorded_at,
                          const AppendOptions& options);

  // Commits waiting telemetry whose time is over at `now`; call it every tick. Does not wait.
  void commit_due(UtcTime now);
  // Commits everything enqueued and waits.
  Result<void> flush();

  // Whose signature checkpoints bear.
  void sign_with(std::shared_ptr<const SigningKey> key);
  // Commits everything enqueued, signs it (checkpoint.hpp) and returns the note once that is
  // durable. not_found without records, unsupported without a key, poisoned.
  Result<std::string> checkpoint();

  [[nodiscard]] Sequence enqueued() const;
  [[nodiscard]] Sequence committed() const;
  // Waits until committed() is beyond `seen`; false on timeout or shutdown. For the projections'
  // thread.
  [[nodiscard]] bool wait_committed_beyond(Sequence seen, std::chrono::milliseconds timeout) const;
  [[nodiscard]] AppendStatistics statistics() const;
  [[nodiscard]] std::optional<Error> poison() const;

 private:
  struct Impl;
  explicit Appender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattledger::log
