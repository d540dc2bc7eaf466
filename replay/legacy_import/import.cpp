#include "replay/legacy_import/import.hpp"

#include <memory>
#include <system_error>
#include <utility>

#include "log/appender.hpp"
#include "log/reader.hpp"
#include "log/snapshot.hpp"
#include "projections/fold/imported.hpp"
#include "projections/fold/python_json.hpp"
#include "replay/display.hpp"
#include "replay/legacy_import/merge.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

// Large commits, so that a year does not wear a card.
constexpr std::size_t commit_events = 10'000;

struct Removed {
  fs::path path;
  ~Removed() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

// The facts of which a later import may bring other records.
std::optional<Id128> fact_of(const EventView& event) {
  const auto of = [&](Family family, const flatbuffers::String* name) {
    const std::string key = name == nullptr ? std::string() : fold::python_string(name->str());
    return digest_of(family, event.occurred_at(), key);
  };
  if (event.kind() == Kind::ReadingRecorded) return of(Family::energy, nullptr);
  if (const auto* made = event.as<fb::DecisionMade>())
    return of(made->action() == fb::Action::sell ? Family::sale : Family::decision, nullptr);
  if (const auto* session = event.as<fb::ChargingSessionChanged>())
    return of(Family::charging_session, session->session());
  if (const auto* session = event.as<fb::SellingSessionChanged>())
    return of(Family::selling_session, session->session());
  return std::nullopt;
}

// What an imported event tells.
Result<void> know(const log::RecordView& record, KnownRecords& known) {
  const auto* origins = record.event.event().origins();
  if (origins == nullptr) return {};
  if (const auto fact = fact_of(record.event)) WATTLEDGER_TRY(known.know(*fact, record.sequence));
  for (const fb::LegacyOrigin* origin : *origins) {
    if (origin->digest() != nullptr)
      WATTLEDGER_TRY(known.know(from_fb(*origin->digest()), record.sequence));
    if (origin->form() != fb::LegacyForm::row) continue;
    const fold::LegacyRecord row = fold::legacy_record(record.event, *origin);
    if (const auto id = number_of(row.fields, "id"))
      WATTLEDGER_TRY(known.take_id(row.place, static_cast<std::int64_t>(*id)));
  }
  return {};
}

// The time over which this log has recorded readings of its own.
struct Live {
  std::optional<UtcTime> first, last;
  [[nodiscard]] bool overlaps(const StagedRecords& staged) const {
    return first && staged.first() && *staged.first() <= *last && *staged.last() >= *first;
  }
};

Result<Live> live_period(const log::Snapshot& snapshot) {
  Live live;
  Sequence next = snapshot.first();
  const auto look = [&](const log::RecordView& record) -> Result<bool> {
    if (record.event.kind() != Kind::ReadingRecorded) return true;
    if (!live.first) live.first = record.event.occurred_at();
    live.last = record.event.occurred_at();
    return true;
  };
  for (const log::ImportBatch& batch : snapshot.meta().batches) {
    if (batch.started > next)
      WATTLEDGER_TRY(snapshot.scan(next, Sequence{batch.started.value - 1}, look));
    if (batch.finished.value == 0) return live;
    next = std::max(next, batch.finished.next());
  }
  if (next <= snapshot.head()) WATTLEDGER_TRY(snapshot.scan(next, snapshot.head(), look));
  return live;
}

// Digests of what earlier imports brought; what is live.
Result<Live> read_earlier(const log::Log& log, KnownRecords& known) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  for (const log::ImportBatch& batch : snapshot->meta().batches) {
    const Sequence last = batch.finished.value != 0 ? batch.finished : snapshot->head();
    const auto each = [&](const log::RecordView& record) -> Result<bool> {
      if (auto taken = know(record, known); !taken) return Failure(taken.error());
      return true;
    };
    WATTLEDGER_TRY(snapshot->scan(batch.started, last, each));
  }
  return live_period(*snapshot);
}

// The batch in the log, begun with its first event.
class Batch {
 public:
  Batch(log::Log& log, const log::WriterLock& lock, const ImportRun& run,
        const StagedRecords& staged, UtcTime at)
      : log_(log), lock_(lock), run_(run), staged_(staged), at_(at), id_(random_id()) {}

  Result<Sequence> take(const EncodedEvent& event) {
    if (!appender_) WATTLEDGER_TRY(begin());
    const auto sequence = append(event);
    // The appender has begun that commit; the one before is waited for, so that two are under way.
    if (sequence && ++waiting_ >= commit_events) {
      waiting_ = 0;
      const Sequence before = std::exchange(committing_, *sequence);
      if (before.value != 0) WATTLEDGER_TRY(appender_->wait(before));
    }
    return sequence;
  }

  Result<void> finish(const Counts& counts) {
    if (!appender_) return {};
    fb::ImportFinishedT finished;
    finished.batch = std::make_unique<fb::Id128>(to_fb(id_));
    finished.started = first_->value;
    finished.imported = counts.imported;
    finished.merged = counts.merged;
    finished.rejected = counts.rejected;
    const auto sequence = append_fact(std::move(finished));
    if (!sequence) return Failure(sequence.error());
    last_ = *sequence;
    return appender_->flush();
  }

  [[nodiscard]] std::optional<Sequence> first() const { return first_; }
  [[nodiscard]] std::optional<Sequence> last() const { return last_; }

 private:
  Result<void> begin() {
    log::AppendLimits limits;
    limits.telemetry_events_max = commit_events;
    auto appender = log::Appender::open(log_, lock_, limits);
    if (!appender) return Failure(appender.error());
    appender_ = std::make_unique<log::Appender>(std::move(*appender));
    fb::ImportStartedT started;
    started.batch = std::make_unique<fb::Id128>(to_fb(id_));
    started.origin = run_.origin;
    started.zone = run_.zone_name;
    started.tool_version = std::string(version());
    if (staged_.first()) started.first_us = to_us(*staged_.first());
    if (staged_.last()) started.last_us = to_us(*staged_.last());
    started.expected_records = staged_.size();
    const auto sequence = append_fact(std::move(started));
    if (!sequence) return Failure(sequence.error());
    first_ = *sequence;
    return {};
  }

  template <class Fact>
  Result<Sequence> append_fact(Fact fact) {
    fb::EventT event;
    event.occurred_at_us = to_us(at_);
    event.utc_offset_s = static_cast<std::int32_t>(run_.sources.zone.offset_at(at_).count());
    event.source = fb::Source::tool;
    event.fact.Set(std::move(fact));
    const auto encoded = encode(event);
    if (!encoded) return Failure(encoded.error());
    return append(*encoded);
  }

  Result<Sequence> append(const EncodedEvent& event) {
    const log::AppendOptions options{log::Urgency::telemetry, std::nullopt};
    auto appended = appender_->enqueue(event, at_, options);
    if (!appended && appended.error().kind == ErrorKind::full) {
      WATTLEDGER_TRY(appender_->flush());
      appended = appender_->enqueue(event, at_, options);
    }
    if (!appended) return Failure(appended.error());
    return appended->sequence;
  }

  log::Log& log_;
  const log::WriterLock& lock_;
  const ImportRun& run_;
  const StagedRecords& staged_;
  UtcTime at_;
  Id128 id_;
  std::unique_ptr<log::Appender> appender_;
  std::size_t waiting_ = 0;
  Sequence committing_;
  std::optional<Sequence> first_, last_;
};

Result<log::Log> open_or_create(const fs::path& directory) {
  std::error_code failed;
  if (fs::exists(directory / "data.mdb", failed)) return log::Log::open(directory);
  fs::create_directories(directory, failed);
  if (failed)
    return fail(ErrorKind::io, directory.string() + " cannot be made: " + failed.message());
  return log::Log::create(directory, {});
}

struct Staged {
  StagedRecords records;
  KnownRecords known;
};

// The first record of an event that an earlier import made.
Result<fold::LegacyFields> first_record(const log::Log& log, Sequence event) {
  const auto snapshot = log.snapshot();  // one for each: kept open it would pin the log's pages
  if (!snapshot) return Failure(snapshot.error());
  const auto record = snapshot->at(event);
  if (!record) return Failure(record.error());
  const auto* origins = record->event.event().origins();
  if (origins == nullptr || origins->size() == 0) return fold::LegacyFields();
  return fold::legacy_record(record->event, *origins->Get(0)).fields;
}

Result<void> merge_all(const ImportRun& run, Staged& staged, ImportResult& result, UtcTime at,
                       Progress& progress, const Merger::Take& take,
                       const Merger::Earlier& earlier) {
  Merger merger(staged.records, staged.known, run.sources.zone, at, result.findings, take, earlier);
  return merger.run([&](std::uint64_t done) { progress.at(done, staged.records.size()); });
}

Result<void> dry_import(const ImportRun& run, Staged& staged, ImportResult& result,
                        Progress& progress) {
  std::error_code ignored;
  std::optional<log::Log> log;
  if (fs::exists(run.log / "data.mdb", ignored)) {
    auto opened = log::Log::open(run.log);
    if (!opened) return Failure(opened.error());
    log = *std::move(opened);
    const auto live = read_earlier(*log, staged.known);
    if (!live) return Failure(live.error());
    result.overlaps_live = live->overlaps(staged.records);
  }
  Sequence next;
  return merge_all(
      run, staged, result, run.sources.now, progress,
      [&](const EncodedEvent&) { return Result<Sequence>(next = next.next()); },
      [&](Sequence event) {
        return log ? first_record(*log, event) : Result<fold::LegacyFields>(fold::LegacyFields());
      });
}

}  // namespace

Result<ImportResult> run_import(const ImportRun& run, Progress& progress) {
  ImportResult result;
  const Removed removed{run.aside};
  auto records = StagedRecords::create(run.aside / "records.db");
  if (!records) return Failure(records.error());
  auto known = KnownRecords::create(run.aside / "known.db");
  if (!known) return Failure(known.error());
  Staged staged{*std::move(records), *std::move(known)};
  WATTLEDGER_TRY(collect(run.sources, staged.records, result.findings));
  result.records = staged.records.size();
  result.earliest = staged.records.first();
  result.latest = staged.records.last();
  if (run.dry_run) {
    WATTLEDGER_TRY(dry_import(run, staged, result, progress));
    return result;
  }
  std::error_code ignored;
  if (result.records == 0 && !fs::exists(run.log / "data.mdb", ignored)) return result;
  auto log = open_or_create(run.log);
  if (!log) return Failure(log.error());
  const auto lock = log::WriterLock::take(run.log, "wattledger import");
  if (!lock) return Failure(lock.error());
  const auto live = read_earlier(*log, staged.known);
  if (!live) return Failure(live.error());
  result.overlaps_live = live->overlaps(staged.records);
  UtcTime at = run.sources.now;
  {
    const auto snapshot = log->snapshot();
    if (!snapshot) return Failure(snapshot.error());
    if (snapshot->head().value != 0) at = std::max(at, snapshot->meta().head_recorded_at);
  }
  Batch batch(*log, *lock, run, staged.records, at);
  WATTLEDGER_TRY(merge_all(
      run, staged, result, at, progress,
      [&](const EncodedEvent& event) { return batch.take(event); },
      [&](Sequence event) { return first_record(*log, event); }));
  WATTLEDGER_TRY(batch.finish(result.findings.total()));
  result.first = batch.first();
  result.last = batch.last();
  return result;
}

}  // namespace wattledger::tool
