#include "projections/rebuild.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "events/catalogue.hpp"
#include "log/reader.hpp"
#include "projections/json/json_projector.hpp"
#include "projections/runner.hpp"
#include "projections/sqlite/sqlite_adopt.hpp"
#include "projections/sqlite/sqlite_compare.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "projections/sqlite/sqlite_rows.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::projections {
namespace {

constexpr std::size_t batch_events = 16'384;
static_assert(sqlite_schema_last == sqlite::schema_last);

// Counts what was derived, as a target of the same pass, to hold the finished file against.
class Counter final : public Projector {
 public:
  [[nodiscard]] std::string_view name() const override { return "count"; }
  [[nodiscard]] std::uint32_t version() const override { return 1; }
  [[nodiscard]] Result<std::optional<Checkpoint>> checkpoint() override { return checkpoint_; }
  Result<void> apply(const std::optional<Checkpoint>& /*before*/, const Checkpoint& after,
                     std::span<const fold::LegacyRow> rows) override {
    for (const fold::LegacyRow& row : rows) count(row);
    derived += rows.size();
    checkpoint_ = after;
    return {};
  }
  Result<void> settle() override { return {}; }
  Result<void> adopt(const std::filesystem::path& /*staged*/,
                     const std::filesystem::path& /*before*/) override {
    return fail(ErrorKind::unsupported, "counts are not adopted");
  }

  // Rows of each table that retention leaves.
  [[nodiscard]] std::map<std::string, std::uint64_t> expected(
      std::optional<std::uint32_t> state_days, std::uint32_t schema) const {
    const std::string cut =
        state_days ? sqlite::retention_cut(newest_state_, *state_days) : std::string();
    std::uint64_t states = 0;
    for (auto day = states_.lower_bound(cut); day != states_.end(); ++day) states += day->second;
    std::map<std::string, std::uint64_t> rows{
        {"energy_data", energy_}, {"system_state", states}, {"coordinator_decisions", decisions_}};
    if (schema < sqlite::schema_with_ours) return rows;
    rows.insert({{"hourly_stats", hours_.size()},
                 {"market_prices", prices_.size()},
                 {"decision_audit", decisions_}});
    return rows;
  }
  std::uint64_t derived = 0;

 private:
  void count(const fold::LegacyRow& row) {
    std::visit(Overloaded{[&](const fold::EnergyRow&) { ++energy_; },
                          [&](const fold::SystemStateRow& state) {
                            ++states_[state.timestamp.substr(0, 10)];
                            newest_state_ = std::max(newest_state_, state.timestamp);
                          },
                          [&](const fold::DecisionRow&) { ++decisions_; },
                          [&](const fold::EnergyHourRow& hour) { hours_.insert(hour.start); },
                          [&](const fold::MarketPriceRow& price) {
                            prices_.emplace(price.kind, price.start);
                          },
                          [&](const fold::DecisionAuditRow&) {}},
               row.row);
  }
  std::optional<Checkpoint> checkpoint_;
  std::uint64_t energy_ = 0;
  std::uint64_t decisions_ = 0;
  std::map<std::string, std::uint64_t> states_;  // by day
  std::string newest_state_;
  std::set<UtcTime> hours_;
  std::set<std::pair<fb::PriceKind, UtcTime>> prices_;
};

std::vector<std::unique_ptr<Projector>> make_projectors(const StageOptions& options) {
  std::vector<std::unique_ptr<Projector>> projectors;
  if (options.sqlite) {
    SqliteOptions sqlite;
    sqlite.data = options.directory;
    sqlite.schema = options.schema;
    sqlite.staging = true;
    sqlite.keep_all = options.keep_all;
    projectors.push_back(make_sqlite_projector(sqlite));
  }
  if (options.json) {
    JsonOptions json;
    json.data = options.directory;
    json.staging = true;
    json.keep_all = options.keep_all;
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

Result<void> run(const log::Log& log, const StageOptions& options,
                 const std::vector<Projector*>& targets, Sequence& position) {
  RunnerOptions runner_options;
  runner_options.batch_events_max = batch_events;
  runner_options.through = options.through;
  runner_options.progress = options.progress;
  Runner runner(log, targets, std::move(runner_options));
  const auto started = runner.start();
  if (!started) return Failure(started.error());
  const Result<Sequence> reached = runner.catch_up();
  if (!reached) return Failure(reached.error());
  WATTLEDGER_TRY(runner.settle());
  if (!runner.stopped().empty()) return Failure(runner.stopped().front().error);
  position = *reached;
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
  const auto days =
      options.keep_all ? std::nullopt : std::optional(SqliteOptions{}.system_state_days);
  for (const auto& [table, expected] : counter.expected(days, options.schema))
    if (rows->at(table) != expected)
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

}  // namespace

Result<StageReport> stage(const log::Log& log, const StageOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  WATTLEDGER_TRY(prepare_directory(log, options));
  Counter counter;
  StageReport report;
  {
    const auto projectors = make_projectors(options);
    std::vector<Projector*> targets{&counter};
    for (const auto& projector : projectors) targets.push_back(projector.get());
    WATTLEDGER_TRY(run(log, options, targets, report.sequence));
  }
  if (report.sequence.value == 0)
    return fail(ErrorKind::not_found,
                "the log " + log.directory().string() + " is empty: there is nothing to build");
  report.root = (*counter.checkpoint())->root;
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
