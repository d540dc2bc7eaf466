#include "projections/rebuild.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "events/catalogue.hpp"
#include "log/reader.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/json_projector.hpp"
#include "projections/live/row_counter.hpp"
#include "projections/runner.hpp"
#include "projections/sqlite/sqlite_adopt.hpp"
#include "projections/sqlite/sqlite_compare.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "projections/sqlite/sqlite_rows.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::projections {
namespace {

// Rows of one batch are in memory together, some of them a few kilobytes.
constexpr std::size_t batch_events = 2'048;
static_assert(sqlite_schema_last == sqlite::schema_last);

// From the last reading, which need not have rows: hence the margin, and Counter::foreseen().
constexpr std::chrono::days foresight_margin{3};
constexpr std::uint64_t foresight_records = 10'000;

Result<Foresight> foresee(const log::Log& log, const StageOptions& options) {
  Foresight all;
  if (options.keep_all) return all;
  const Result<log::Snapshot> snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const std::uint64_t last =
      std::min(snapshot->head(), options.through.value_or(snapshot->head())).value;
  for (std::uint64_t back = 0; back < std::min(last, foresight_records); ++back) {
    const Result<log::RecordView> record = snapshot->at(Sequence{last - back});
    if (!record) return all;  // the pass itself says what is wrong with it
    const auto* reading = record->event.as<fb::ReadingRecorded>();
    if (reading == nullptr || reading->quality() == fb::Quality::implausible ||
        fold::is_imported(record->event))
      continue;
    const std::int64_t at =
        std::clamp<std::int64_t>(to_us(record->event.occurred_at()), 0, fold::time_max_us);
    const UtcTime from = utc_from_us(at) - foresight_margin;
    all.states_from = from - std::chrono::days(SqliteOptions{}.system_state_days);
    // Files with imported rows stay, and what else came into them.
    if (snapshot->meta().batches.empty()) all.files_from = from - json_days_kept;
    break;
  }
  return all;
}

std::vector<std::unique_ptr<Projector>> make_projectors(const StageOptions& options,
                                                        const Foresight& foresight = {}) {
  std::vector<std::unique_ptr<Projector>> projectors;
  if (options.sqlite) {
    SqliteOptions sqlite;
    sqlite.data = options.directory;
    sqlite.schema = options.schema;
    sqlite.staging = true;
    sqlite.keep_all = options.keep_all;
    sqlite.states_from = foresight.states_from;
    projectors.push_back(make_sqlite_projector(sqlite));
  }
  if (options.json) {
    JsonOptions json;
    json.data = options.directory;
    json.staging = true;
    json.keep_all = options.keep_all;
    json.selling_files = options.json_selling_files;
    json.rows_from = foresight.files_from;
    projectors.push_back(make_json_projector(json));
  }
  return projectors;
}

Result<void> prepare_directory(const log::Log& log, const StageOptions& options) {
  const std::filesystem::path& directory = options.directory;
  std::error_code error;
  if (options.replace) std::filesystem::remove_all(directory, error);
  const bool there = std::filesystem::exists(directory, error);
  if (there && !std::filesystem::is_directory(directory, error))
    return fail(ErrorKind::conflict, directory.string() + " is not a directory",
                "name another one");
  if (there && !std::filesystem::is_empty(directory, error))
    return fail(ErrorKind::conflict, directory.string() + " is not empty",
                "name a new directory, or empty this one");
  std::filesystem::create_directories(directory, error);
  if (error) return fail(ErrorKind::io, directory.string() + " cannot be made: " + error.message());
  // What comes out is seldom larger than the log; a disk that cannot hold that much is told before,
  // not in the middle.
  return sqlite::require_space(directory, log.file_bytes());
}

// What one pass rests on: what is known before it, and what it found out by itself.
struct Pass {
  Foresight foresight;
  std::shared_ptr<const Corrections> corrections;
  std::optional<Sequence> through;
  // Afterwards.
  Sequence reached;
  std::shared_ptr<const Corrections> met;
  std::uint64_t corrected = 0;
};

Result<void> run(const log::Log& log, const StageOptions& options,
                 const std::vector<Projector*>& targets, Pass& pass) {
  RunnerOptions runner_options;
  runner_options.corrections = pass.corrections;
  runner_options.batch_events_max = batch_events;
  runner_options.through = pass.through;
  runner_options.imported_only = options.imported_only;
  runner_options.overlap = true;
  if (options.keep_states) runner_options.states = FoldCache(options.directory / "cache");
  runner_options.progress = options.progress;
  Runner runner(log, targets, std::move(runner_options));
  const auto started = runner.start();
  if (!started) return Failure(started.error());
  const Result<Sequence> reached = runner.catch_up();
  if (!reached) return Failure(reached.error());
  WATTLEDGER_TRY(runner.settle());
  if (!runner.stopped().empty()) return Failure(runner.stopped().front().error);
  pass.reached = *reached;
  pass.met = std::make_shared<Corrections>(runner.corrections());
  pass.corrected = runner.corrected();
  return {};
}

Failure not_as_derived(const std::string& what) {
  return fail(ErrorKind::corrupt, "what was built is not what the log says: " + what,
              "build it again; if it happens twice, report it with this line");
}

Result<std::map<std::string, std::uint64_t>> verify_sqlite(const StageOptions& options,
                                                           const Counter& counter) {
  auto rows = sqlite::check_file(options.directory / sqlite_file_name);
  if (!rows) return rows;
  for (const auto& [table, expected] : counter.expected(options.schema))
    if (counter.exact(table) ? rows->at(table) != expected : rows->at(table) > expected)
      return not_as_derived(table + " has " + std::to_string(rows->at(table)) +
                            " rows, derived were " + std::to_string(expected));
  return rows;
}

// Looks with fresh eyes: nothing that building remembered counts.
Result<void> verify(const StageOptions& options, const Counter& counter, StageReport& report) {
  for (const std::unique_ptr<Projector>& projector : make_projectors(options)) {
    StagedProjection staged;
    staged.name = projector->name();
    const auto found = projector->checkpoint();
    if (!found) return Failure(found.error());
    if (!*found || (*found)->sequence != report.sequence || (*found)->root != report.root)
      return not_as_derived("the checkpoint of " + staged.name + " is not at sequence " +
                            std::to_string(report.sequence.value));
    staged.checkpoint = **found;
    if (staged.name == "sqlite") {
      auto rows = verify_sqlite(options, counter);
      if (!rows) return Failure(rows.error());
      staged.rows = std::move(*rows);
    }
    report.projections.push_back(std::move(staged));
  }
  return {};
}

// One pass; what it counted.
Result<Counter> build(const log::Log& log, const StageOptions& options, Pass& pass) {
  Counter counter(pass.foresight, options.keep_all);
  const auto projectors = make_projectors(options, pass.foresight);
  std::vector<Projector*> targets{&counter};
  for (const auto& projector : projectors) targets.push_back(projector.get());
  WATTLEDGER_TRY(run(log, options, targets, pass));
  return counter;
}

// What was built and does not serve: only what prepare_directory() found empty is emptied.
void discard(const std::filesystem::path& directory) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
    std::filesystem::remove_all(entry.path(), ignored);
}

}  // namespace

Result<StageReport> stage(const log::Log& log, const StageOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  WATTLEDGER_TRY(prepare_directory(log, options));
  StageReport report;
  const Result<Foresight> foresight = foresee(log, options);
  if (!foresight) return Failure(foresight.error());
  Pass pass;
  pass.foresight = *foresight;
  pass.through = options.through;
  Result<Counter> built = build(log, options, pass);
  // Corrections come behind what they correct, so that the pass that meets them is too late for
  // them; most logs have none. The log may have grown since: another pass ends where the first did.
  // What corrections change may prove the foresight wrong.
  const bool corrects = !options.imported_only;
  while (built && ((corrects && !pass.corrections && !pass.met->empty()) || !built->foreseen())) {
    discard(options.directory);
    if (!built->foreseen()) pass.foresight = Foresight{};
    if (corrects && !pass.met->empty()) pass.corrections = pass.met;
    pass.through = pass.reached;
    built = build(log, options, pass);
  }
  if (!built) return Failure(built.error());
  const Counter& counter = *built;
  report.sequence = pass.reached;
  report.corrected = pass.corrected;
  if (report.sequence.value == 0)
    return fail(ErrorKind::not_found,
                "the log " + log.directory().string() + " is empty: there is nothing to build");
  report.root = counter.root();
  report.rows_derived = counter.derived;
  WATTLEDGER_TRY(verify(options, counter, report));
  report.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  return report;
}

Result<std::vector<StagedProjection>> staged_in(const std::filesystem::path& directory) {
  StageOptions options;
  options.directory = directory;
  std::vector<StagedProjection> found;
  for (const std::unique_ptr<Projector>& projector : make_projectors(options)) {
    const auto checkpoint = projector->checkpoint();
    if (!checkpoint) return Failure(checkpoint.error());
    if (*checkpoint) found.push_back({std::string(projector->name()), **checkpoint, {}});
  }
  return found;
}

Result<void> require_same_history(const log::Log& log, const Checkpoint& checkpoint) {
  const Result<log::Snapshot> snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  constexpr const char* remedy = "build it again with `wattledger replay`";
  if (checkpoint.log != snapshot->meta().uuid)
    return fail(ErrorKind::conflict,
                "it was built from the log " + checkpoint.log.hex() + ", this one is " +
                    snapshot->meta().uuid.hex(),
                remedy);
  if (checkpoint.sequence > snapshot->head())
    return fail(ErrorKind::conflict,
                "it holds sequence " + std::to_string(checkpoint.sequence.value) +
                    ", the log ends at " + std::to_string(snapshot->head().value),
                remedy);
  const auto same = same_root(*snapshot, checkpoint.sequence, checkpoint.root);
  if (!same) return Failure(same.error());
  if (*same != SameRoot::no) return {};
  return fail(ErrorKind::conflict,
              "it was built from other records than the log's first " +
                  std::to_string(checkpoint.sequence.value),
              remedy);
}

}  // namespace wattledger::projections
