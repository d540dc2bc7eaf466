#include "log/appender.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/append_rules.hpp"
#include "log/checkpoint.hpp"
#include "log/commit.hpp"
#include "log/environment.hpp"
#include "log/reader.hpp"
#include "log/record.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr std::chrono::seconds wait_limit{10 * 365 *
                                          86'400};  // so that sums of times cannot overflow

using Clock = std::chrono::steady_clock;

// Readers of other processes that were killed are taken out of LMDB's table this often; until then
// the pages that they saw are not used again.
constexpr std::chrono::seconds reap_every{60};

// Under the lock, so few microseconds' worth.
constexpr std::size_t hashed_together = 16;

std::uint64_t microseconds(Clock::duration took) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

// Bytes that this thread has sent towards a disk, as Linux counts: 512 for each ru_oublock.
std::uint64_t written_by_this_thread() {
  struct ::rusage usage {};
  return ::getrusage(RUSAGE_THREAD, &usage) == 0
             ? static_cast<std::uint64_t>(usage.ru_oublock) * 512
             : 0;
}

AppendLimits sane_limits(AppendLimits limits) {
  limits.telemetry_wait_max =
      std::clamp(limits.telemetry_wait_max, std::chrono::seconds(0), wait_limit);
  limits.telemetry_events_max = std::max<std::size_t>(limits.telemetry_events_max, 1);
  return limits;
}

Result<void> check_limits(const AppendLimits& limits) {
  if (limits.queue_events_max == 0 || limits.queue_bytes_max == 0)
    return fail(ErrorKind::invalid_input, "an append queue of no events or no bytes takes nothing");
  if (limits.occurred_lag_max > occurred_lag_limit ||
      limits.occurred_lag_max < std::chrono::milliseconds(0))
    return fail(
        ErrorKind::invalid_input,
        "occurred_lag_max must lie between 0 and 15 minutes: readers search no further back");
  return {};
}

Result<void> check_writable(const Snapshot& snapshot, const std::string& directory) {
  const Meta& meta = snapshot.meta();
  // A tail that is not there must not be covered by new records.
  if (meta.head >= meta.first)
    if (const auto head = snapshot.impl().bytes_at(meta.head); !head) return Failure(head.error());
  if (meta.kind_highest > kind_max)
    return fail(ErrorKind::newer,
                "the log in " + directory + " holds event kind " +
                    std::to_string(static_cast<int>(meta.kind_highest)) +
                    ", this program knows up to " + std::to_string(static_cast<int>(kind_max)) +
                    " and will not write to it",
                "use the wattledger that wrote it, or a later one");
  return {};
}

// What can be read of the last records. A damaged one is verify's finding and no reason to stop a
// house.
Result<CorrelationWindow> reread_correlations(const Snapshot& snapshot, std::size_t records_max) {
  CorrelationWindow window(records_max);
  const Meta& meta = snapshot.meta();
  const std::uint64_t head = meta.head.value;
  Sequence sequence =
      std::max(meta.first, Sequence{head > records_max ? head - records_max + 1 : 1});
  RecordBatch batch;
  while (sequence <= meta.head) {
    const auto filled = batch.fill(*snapshot.impl().environment, sequence, meta.head);
    if (!filled && filled.error().kind != ErrorKind::corrupt) return Failure(filled.error());
    for (std::size_t i = 0; filled && i < batch.size(); ++i, sequence = sequence.next()) {
      const auto header = parse_header(batch[i]);
      const auto event = header ? parse_event(*header, batch[i]) : Failure(header.error());
      if (!event) continue;
      if (const auto correlation = correlation_of(*event)) window.remember(sequence, *correlation);
    }
    if (!filled) sequence = sequence.next();
  }
  return window;
}

}  // namespace

struct Appender::Impl {
  Impl(std::shared_ptr<Environment> environment_, const AppendLimits& limits_, const Meta& meta_,
       CorrelationWindow correlations_)
      : environment(std::move(environment_)),
        limits(sane_limits(limits_)),
        rules(meta_, limits_.occurred_lag_max),
        correlations(std::move(correlations_)),
        next(meta_),
        committed(meta_.head),
        due(meta_.head),
        meta(meta_) {}

  Result<Appended> take(const EncodedEvent& event, UtcTime recorded_at,
                        const AppendOptions& options, bool waits);
  Result<Appended> admit(std::span<const std::byte> record, const EventView& event,
                         UtcTime recorded_at, const AppendOptions& options, bool waits);
  [[nodiscard]] Result<void> check_room(std::size_t bytes) const;
  [[nodiscard]] bool telemetry_due(UtcTime now) const;
  void make_due(Sequence sequence, bool waits = false);
  void call_writer();
  [[nodiscard]] bool alone_with(Sequence sequence) const;
  [[nodiscard]] Result<void> answer(Sequence sequence, Clock::time_point begin);
  [[nodiscard]] Failure poisoned() const;
  void write(const std::stop_token& stop);
  bool commit_batch(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool checkpoint_due() const;
  bool sign_head(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool schedule_says_sign() const;

  const std::shared_ptr<Environment> environment;
  const AppendLimits limits;

  mutable std::mutex mutex;
  std::condition_variable_any work;      // for the writer thread: something is due
  mutable std::condition_variable done;  // for everybody else: committed, poisoned
  // Under the mutex.
  AppendRules rules;
  CorrelationWindow correlations;
  PendingRecords queue;           // behind what is being committed
  std::size_t waiting_bytes = 0;  // of everything not yet committed
  Meta next;  // the log's behind everything enqueued; the frontier is that of what is hashed
  Sequence committed;
  Sequence due;  // commit until committed reaches it
  std::optional<Error> poison;
  bool committing = false;  // somebody is, with the lock given back
  bool called = false;      // the writer, for what waits
  AppendStatistics statistics;
  std::shared_ptr<const SigningKey> key;
  // Checkpoints asked for and answered; the newest covers `sign_from` or more.
  std::uint64_t checkpoints_asked = 0;
  std::uint64_t checkpoints_answered = 0;
  Sequence sign_from;
  Result<std::string> newest_checkpoint{std::string()};
  // Of whoever is committing: the writer thread, or one who waits alone for his own record.
  std::size_t last_commit_events = 0;
  std::uint64_t signed_size = 0;              // of the newest checkpoint
  std::optional<UtcTime> signed_recorded_at;  // of the last record in it, or the log's first
  Meta meta;
  PendingRecords batch;
  std::jthread writer;  // last: joined before the rest goes
};

Result<Appended> Appender::Impl::admit(std::span<const std::byte> record, const EventView& event,
                                       UtcTime recorded_at, const AppendOptions& options,
                                       bool waits) {
  const auto correlation = correlation_of(event);
  const std::lock_guard lock(mutex);
  if (poison) return poisoned();
  if (correlation)
    if (const auto first = correlations.find(*correlation)) return Appended{*first, true};
  if (options.expected_head && *options.expected_head != next.head)
    return fail(ErrorKind::conflict,
                "the log's head is " + std::to_string(next.head.value) + ", expected " +
                    std::to_string(options.expected_head->value),
                "look at what came in between and try again");
  WATTLEDGER_TRY(check_room(record.size()));
  auto facts = rules.admit(event, recorded_at);
  if (!facts) return Failure(facts.error());
  queue.push(record, recorded_at);
  advance(next, *facts);
  waiting_bytes += record.size();
  if (correlation) correlations.remember(next.head, *correlation);
  correlations.advance(next.head);
  // Time by itself cannot say that telemetry waited long enough across a clock step; so the step
  // takes it along.
  const bool urgent = options.urgency == Urgency::now || event.kind() == Kind::ClockStepped;
  if (urgent || queue.size() >= limits.telemetry_events_max || telemetry_due(recorded_at))
    make_due(next.head, waits);
  if (queue.unhashed() >= hashed_together) queue.hash(next.frontier);
  return Appended{next.head, false};
}

Result<void> Appender::Impl::check_room(std::size_t bytes) const {
  const std::uint64_t events = next.head.value - committed.value;
  if (events < limits.queue_events_max && waiting_bytes + bytes <= limits.queue_bytes_max)
    return {};
  return fail(ErrorKind::full,
              "the append queue is full: " + std::to_string(events) + " events of " +
                  std::to_string(waiting_bytes) + " bytes wait for the disk",
              "wait for commits, then try again");
}

bool Appender::Impl::telemetry_due(UtcTime now) const {
  if (queue.empty()) return false;
  const UtcTime oldest = queue.recorded_at(0);
  return now < oldest || now - oldest >= limits.telemetry_wait_max;
}

// Whether nothing else waits than this record, and nothing else did at the commit before: waking
// the writer for it would take longer than gathering company is worth.
bool Appender::Impl::alone_with(Sequence sequence) const {
  return !committing && !called && !poison && last_commit_events == 1 && queue.size() == 1 &&
         next.head == sequence && committed.next() == sequence && !checkpoint_due();
}

// Whoever waits for it sees to its commit himself, in answer().
void Appender::Impl::make_due(Sequence sequence, bool waits) {
  if (sequence <= due) return;
  due = sequence;
  if (!waits) call_writer();
}

void Appender::Impl::call_writer() {
  called = true;
  work.notify_one();
}

Failure Appender::Impl::poisoned() const {
  return fail(ErrorKind::poisoned,
              "the log takes no more events after a failed commit: " + poison->what,
              poison->remedy);
}

void Appender::Impl::write(const std::stop_token& stop) {
  auto reaped = Clock::now();
  std::unique_lock lock(mutex);
  while (true) {
    const bool work_to_do = work.wait_for(lock, stop, reap_every, [this] {
      return poison || (!committing && (due > committed || checkpoint_due()));
    });
    if (poison) return;
    if (committing) continue;
    if (due > committed && !commit_batch(lock)) return;
    if (checkpoint_due() && !sign_head(lock)) return;
    if (!work_to_do && stop.stop_requested()) return;
    if (Clock::now() - reaped < reap_every) continue;
    lock.unlock();
    environment->reap_readers();
    reaped = Clock::now();
    lock.lock();
  }
}

bool Appender::Impl::checkpoint_due() const {
  return checkpoints_answered < checkpoints_asked && committed >= sign_from;
}

// One note answers everybody who asked before it was begun. A commit that fails poisons, as any;
// nothing to sign, or no way to, does not.
bool Appender::Impl::sign_head(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t answers = checkpoints_asked;
  const auto signing_key = key;
  committing = true;
  lock.unlock();
  auto note = commit_checkpoint(*environment, *signing_key, meta.head);
  if (note) {
    signed_size = meta.head.value;
    signed_recorded_at = meta.head_recorded_at;
  }
  lock.lock();
  committing = false;
  const bool failed = !note && note.error().kind != ErrorKind::not_found &&
                      note.error().kind != ErrorKind::unsupported;
  if (failed) poison = as_poison(note.error());
  newest_checkpoint = std::move(note);
  checkpoints_answered = answers;
  done.notify_all();
  return !failed;
}

// Of the batch at hand.
bool Appender::Impl::schedule_says_sign() const {
  const UtcTime now = batch.recorded_at(batch.size() - 1);
  const UtcTime before = signed_recorded_at.value_or(
      meta.epochs.empty() ? batch.recorded_at(0) : meta.epochs.front().recorded_at);
  return meta.head.value + batch.size() - signed_size >= limits.checkpoint_events_max ||
         now - before >= limits.checkpoint_age_max;
}

// Takes everything that waits: what is due, and telemetry in its company.
bool Appender::Impl::commit_batch(std::unique_lock<std::mutex>& lock) {
  queue.hash(next.frontier);
  std::swap(batch, queue);
  Meta after = next;
  const auto signing_key = key;
  committing = true;
  called = false;
  lock.unlock();
  const std::uint64_t bytes = batch.bytes();
  const auto begin = Clock::now();
  const std::uint64_t written_before = written_by_this_thread();
  const bool sign = signing_key && schedule_says_sign();
  const auto result =
      commit_records(*environment, meta, after, batch, sign ? signing_key.get() : nullptr);
  if (result) meta = std::move(after);
  if (result && sign) {
    signed_size = meta.head.value;
    signed_recorded_at = meta.head_recorded_at;
  }
  const std::uint64_t written = written_by_this_thread() - written_before;
  const auto took = Clock::now() - begin;
  const std::size_t events = batch.size();
  batch.clear();
  lock.lock();
  committing = false;
  last_commit_events = events;
  if (result) {
    committed = meta.head;
    waiting_bytes -= bytes;
    ++statistics.commits;
    statistics.events += events;
    statistics.bytes += bytes;
    statistics.commit_us.add(microseconds(took));
    statistics.commit_events.add(events);
    statistics.written_bytes.add(written);
  } else {
    poison = as_poison(result.error());
  }
  done.notify_all();
  if (poison || due > committed || checkpoint_due()) call_writer();
  return result.has_value();
}

Appender::Appender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Appender::Appender(Appender&&) noexcept = default;

Appender& Appender::operator=(Appender&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

Appender::~Appender() {
  if (!impl_) return;
  if (const auto flushed = flush(); !flushed)
    return;  // poison() said so before; nobody is left to tell
}

Result<Appender> Appender::open(Log& log, const WriterLock& lock, const AppendLimits& limits) {
  WATTLEDGER_TRY(check_limits(limits));
  if (!lock.guards(log.directory()))
    return fail(ErrorKind::locked,
                "the writer lock held is not that of " + log.directory().string(),
                "take the lock of the log that is to be written");
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  WATTLEDGER_TRY(check_writable(*snapshot, log.directory().string()));
  auto correlations = reread_correlations(*snapshot, limits.correlations_max);
  if (!correlations) return Failure(correlations.error());
  auto impl = std::make_unique<Impl>(log.impl().environment, limits, snapshot->meta(),
                                     *std::move(correlations));
  // One that cannot be read is verify's finding; the schedule then begins with the log.
  if (const auto newest = newest_checkpoint(*snapshot); newest && *newest) {
    impl->signed_size = (*newest)->size;
    if (const auto read = read_checkpoint((*newest)->note))
      impl->signed_recorded_at = read->recorded_at;
  }
  Impl* self = impl.get();
  self->writer = std::jthread([self](const std::stop_token& stop) { self->write(stop); });
  return Appender(std::move(impl));
}

Result<Appended> Appender::enqueue(const EncodedEvent& event, UtcTime recorded_at,
                                   const AppendOptions& options) {
  return impl_->take(event, recorded_at, options, /*waits=*/false);
}

Result<Appended> Appender::Impl::take(const EncodedEvent& event, UtcTime recorded_at,
                                      const AppendOptions& options, bool waits) {
  // Checking, building and summing need no lock: the record does not contain its sequence.
  const auto view = event.view();
  if (!view)
    return fail(ErrorKind::invalid_input, "not an event to append: " + view.error().what,
                view.error().remedy);
  static thread_local std::vector<std::uint64_t> scratch;
  const auto record = build_record(event, recorded_at, scratch);
  return admit(record, *view, recorded_at, options, waits);
}

// Until it is durable; counted as answered since `begin`.
Result<void> Appender::Impl::answer(Sequence sequence, Clock::time_point begin) {
  std::unique_lock lock(mutex);
  due = std::max(due, sequence);
  if (!alone_with(sequence)) {
    call_writer();
  } else {
    try {
      (void)commit_batch(lock);
    } catch (...) {
      std::terminate();  // as an exception does on the writer's thread
    }
  }
  done.wait(lock, [&] { return committed >= sequence || poison; });
  if (committed < sequence) return poisoned();
  statistics.answer_us.add(microseconds(Clock::now() - begin));
  return {};
}

Result<void> Appender::wait(Sequence sequence) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (sequence > impl_->next.head)
      return fail(ErrorKind::invalid_input,
                  "record " + std::to_string(sequence.value) + " was never enqueued");
    if (impl_->committed >= sequence) return {};
  }
  return impl_->answer(sequence, Clock::now());
}

Result<Appended> Appender::append(const EncodedEvent& event, UtcTime recorded_at,
                                  const AppendOptions& options) {
  const auto begin = Clock::now();
  auto appended = impl_->take(event, recorded_at, options, /*waits=*/true);
  if (!appended) return appended;
  WATTLEDGER_TRY(impl_->answer(appended->sequence, begin));
  return appended;
}

void Appender::commit_due(UtcTime now) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->telemetry_due(now)) impl_->make_due(impl_->next.head);
}

Result<void> Appender::flush() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->poison) return impl_->poisoned();
  }
  return wait(enqueued());
}

void Appender::sign_with(std::shared_ptr<const SigningKey> key) {
  const std::lock_guard lock(impl_->mutex);
  impl_->key = std::move(key);
}

Result<std::string> Appender::checkpoint() {
  std::unique_lock lock(impl_->mutex);
  if (impl_->poison) return impl_->poisoned();
  if (!impl_->key)
    return fail(ErrorKind::unsupported, "the log has no signing key here: checkpoints are not made",
                "see what was said about the key when the program started");
  const std::uint64_t asked = ++impl_->checkpoints_asked;
  impl_->sign_from = impl_->next.head;
  impl_->make_due(impl_->next.head);
  impl_->work.notify_one();
  impl_->done.wait(lock, [&] { return impl_->checkpoints_answered >= asked || impl_->poison; });
  if (impl_->checkpoints_answered < asked || impl_->poison) return impl_->poisoned();
  return impl_->newest_checkpoint;
}

Sequence Appender::enqueued() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->next.head;
}

Sequence Appender::committed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->committed;
}

bool Appender::wait_committed_beyond(Sequence seen, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(impl_->mutex);
  impl_->done.wait_for(lock, std::min<std::chrono::milliseconds>(timeout, wait_limit),
                       [&] { return impl_->committed > seen || impl_->poison; });
  return impl_->committed > seen;
}

AppendStatistics Appender::statistics() const {
  const std::lock_guard lock(impl_->mutex);
  AppendStatistics statistics = impl_->statistics;
  statistics.waiting = static_cast<std::size_t>(impl_->next.head.value - impl_->committed.value);
  return statistics;
}

std::optional<Error> Appender::poison() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->poison;
}

}  // namespace wattledger::log
