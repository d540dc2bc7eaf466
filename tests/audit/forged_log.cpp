#include "tests/audit/forged_log.hpp"

#include <doctest/doctest.h>

#include "log/appender.hpp"
#include "tests/simulation/house_run.hpp"

namespace wattledger::testing {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().line());
  return *std::move(result);
}
void must(const Result<void>& result) {
  if (!result) FAIL(result.error().line());
}

}  // namespace

TrueHistory::TrueHistory(std::size_t records_max) : log_(home_ / "true") {
  const Ran ran = run(WATTLEDGERD, simulation(1, home_ / "made"));
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  read(home_ / "made" / "log", records_max);
  write(log_, events_);
  const auto key = must(log::SigningKey::open_or_create(log::signing_key_file(home_.path())));
  const log::Log log = must(log::Log::open(log_));
  const auto lock = must(log::WriterLock::take(log_, "test"));
  checkpoint_ = must(log::make_checkpoint(log, lock, key));
  key_.emplace(log::checkpoint_origin(uuid_), key.public_key());
}

void TrueHistory::read(const std::filesystem::path& directory, std::size_t records_max) {
  const log::Log log = must(log::Log::open(directory));
  const log::Snapshot snapshot = must(log.snapshot());
  uuid_ = snapshot.meta().uuid;
  must(snapshot.scan(
      Sequence{1}, Sequence{records_max}, [&](const log::RecordView& record) -> Result<bool> {
        constexpr std::size_t header = 16;  // FORMAT.md
        const auto bytes = record.bytes.subspan(header);
        events_.push_back({record.sequence, record.recorded_at,
                           EncodedEvent(record.event.kind(), {bytes.begin(), bytes.end()})});
        return true;
      }));
}

void TrueHistory::write(const std::filesystem::path& directory,
                        const std::vector<StoredEvent>& events) const {
  log::CreateOptions options;
  options.uuid = uuid_;
  log::Log log = must(log::Log::create(directory, options));
  const auto lock = must(log::WriterLock::take(directory, "forger"));
  log::AppendLimits limits;
  limits.telemetry_events_max = events.size() + 1;
  limits.telemetry_wait_max = std::chrono::hours(24 * 365);
  log::Appender appender = must(log::Appender::open(log, lock, limits));
  for (const StoredEvent& each : events)
    must(appender.enqueue(each.event, each.recorded_at, {log::Urgency::telemetry, {}}));
  must(appender.flush());
}

std::vector<Sequence> TrueHistory::of_kind(Kind kind) const {
  std::vector<Sequence> found;
  for (const StoredEvent& each : events_)
    if (each.event.kind() == kind) found.push_back(each.sequence);
  return found;
}

void TrueHistory::forge(const std::filesystem::path& directory, Sequence sequence,
                        const Change& change) const {
  std::vector<StoredEvent> events = events_;
  StoredEvent& forged = events.at(sequence.value - 1);
  fb::EventT native = must(forged.event.view()).unpack();
  change(native);
  forged.event = must(encode(native));
  write(directory, events);
}

Audited audit(const std::filesystem::path& directory, const TrueHistory& truth) {
  const log::Log log = must(log::Log::open(directory));
  const log::Snapshot snapshot = must(log.snapshot());
  Audited audited;
  tool::IntegrityOptions options;
  options.threads = 1;
  options.key = truth.key();
  options.kept = truth.checkpoint();
  audited.integrity = must(tool::check_integrity(snapshot, options));
  audited.report = must(tool::remake_decisions(
      snapshot, {}, snapshot.head(), {},
      [&](const tool::Remade& each) { audited.findings.push_back(each); }, [](Sequence) {}));
  return audited;
}

}  // namespace wattledger::testing
