#include "projections/rebuild.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "events/catalogue.hpp"
#include "log/reader.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/json_projector.hpp"
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

// Rows that retention cuts in the end need not be written, nor have their texts, when it is known
// before the pass which ones: that is most of a long log's work.
struct Foresight {
  UtcTime states_from = UtcTime::min();
  UtcTime files_from = UtcTime::min();
};

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

// How many different keys there were, in little memory when they come in order.
template <class Key>
class Distinct {
 public:
  void add(const Key& key) {
    if (keys_.empty() || keys_.back() != key) keys_.push_back(key);
  }
  [[nodiscard]] std::uint64_t count() const {
    std::vector<Key> sorted = keys_;
    std::sort(sorted.begin(), sorted.end());
    return static_cast<std::uint64_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
  }

 private:
  std::vector<Key> keys_;
};

template <class Group, class Key>
std::uint64_t counted(const std::map<Group, Distinct<Key>>& groups) {
  std::uint64_t all = 0;
  for (const auto& [group, keys] : groups) all += keys.count();
  return all;
}

// Counts what was derived, as a target of the same pass, to hold the finished file against.
class Counter final : public Projector {
 public:
  Counter(const Foresight& foresight, bool keep_all) : foresight_(foresight), keep_all_(keep_all) {}
  [[nodiscard]] std::string_view name() const override { return "count"; }
  [[nodiscard]] std::uint32_t version() const override { return 1; }
  [[nodiscard]] fold::RowTexts texts() const override { return {UtcTime::max(), UtcTime::max()}; }
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

  // Wall-clock times that go back (a clock set back, another zone, an import) may give
  // energy_data's key twice, and the later row takes the place of the earlier: there are then at
  // most as many.
  [[nodiscard]] bool exact(const std::string& table) const {
    return table != "energy_data" || energy_ordered_;
  }
  // Rows of each table that retention leaves.
  [[nodiscard]] std::map<std::string, std::uint64_t> expected(std::uint32_t schema) const {
    std::uint64_t states = 0;
    for (auto day = states_.lower_bound(state_cut()); day != states_.end(); ++day)
      states += day->second;
    std::map<std::string, std::uint64_t> rows{
        {"energy_data", energy_},
        {"system_state", states + imported_states_.count()},
        {"coordinator_decisions", decisions_ + imported_decisions_.size()},
        {"charging_sessions", charges_.size()},
        {"battery_selling_sessions", sales_.size()},
        {"weather_data", weather_.size()},
        {"price_forecasts", counted(price_hours_) + unkeyed_prices_},
        {"pv_forecasts", counted(pv_hours_) + unkeyed_pv_}};
    if (schema < sqlite::schema_with_ours) return rows;
    using Does = fold::OperationRow::Does;
    rows.insert({{"hourly_stats", hours_.count()},
                 {"market_prices", counted(prices_)},
                 {"decision_audit", decisions_},
                 {"commands", told(Does::issue_command)},
                 {"faults", told(Does::raise_fault)},
                 {"alerts", told(Does::raise_alert)},
                 {"source_outages", told(Does::fail_source)},
                 {"policies", told(Does::adopt_policy)},
                 {"sessions_measured", sessions_.size()},
                 {"data_quality", quality_days_.count()}});
    return rows;
  }
  // Whether retention cuts all that was not written.
  [[nodiscard]] bool foreseen() const {
    return (!unwritten_state_ ||
            iso_text(*unwritten_state_) <
                sqlite::retention_cut(newest_state_, SqliteOptions{}.system_state_days)) &&
           (unwritten_day_.empty() || unwritten_day_ < earlier_day(newest_day_, json_days_kept));
  }
  [[nodiscard]] Digest root() const { return checkpoint_ ? checkpoint_->root : Digest{}; }
  std::uint64_t derived = 0;

 private:
  void count(const fold::LegacyRow& row) {
    if (in_day_files(row)) {
      const std::string& day = day_.of(row.local);
      newest_day_ = std::max(newest_day_, day);
      if (row.at < foresight_.files_from) unwritten_day_ = std::max(unwritten_day_, day);
    }
    std::visit(
        Overloaded{
            [&](const fold::EnergyRow& energy) { count_energy(energy.timestamp); },
            [&](const fold::ImportedRow& imported) {
              if (imported.record.form == fb::LegacyForm::row) count(row, imported);
            },
            [&](const fold::SystemStateRow& state) {
              if (row.at < foresight_.states_from) {
                unwritten_state_ = std::max(unwritten_state_.value_or(row.local), row.local);
                return;
              }
              ++states_[day_.of(row.local)];
              newest_state_ = std::max(newest_state_, state.timestamp);
            },
            [&](const fold::DecisionRow&) { ++decisions_; },
            [&](const fold::SessionRow& session) {
              (session.selling ? sales_ : charges_).insert(session.session_id);
            },
            [&](const fold::DailyPlanRow&) {}, [&](const fold::FileRow&) {},
            [&](const fold::WeatherRow& weather) { weather_.insert(weather.timestamp); },
            [&](const fold::ForecastRow& hour) {
              (hour.of == fold::ForecastRow::Of::price ? price_hours_ : pv_hours_)[hour.source].add(
                  hour.hour);
            },
            [&](const fold::EnergyHourRow& hour) { hours_.add(hour.start); },
            [&](const fold::MarketPriceRow& price) { prices_[price.kind].add(price.start); },
            [&](const fold::DecisionAuditRow&) {},
            [&](const fold::OperationRow& operation) { count(operation); },
            [&](const fold::QualityRow& reading) { quality_days_.add(reading.day); },
            [&](const fold::ClockSetRow&) { set_clock(day_.of(row.local)); }},
        row.row);
  }
  void count_energy(const std::string& timestamp) {
    ++energy_;
    energy_ordered_ = energy_ordered_ && timestamp > newest_energy_;
    newest_energy_ = std::max(newest_energy_, timestamp);
  }
  void count(const fold::LegacyRow& row, const fold::ImportedRow& imported) {
    const fold::LegacyRecord& record = imported.record;
    const auto text = [&](std::string_view column) {
      return sqlite::imported_text(record, column).value_or("");
    };
    const auto id = [&] {
      return sqlite::imported_integer(record, "id")
          .value_or(sqlite::born_ids_from + static_cast<std::int64_t>(row.sequence.value));
    };
    if (record.place == "energy_data") {
      count_energy(text("timestamp"));
    } else if (record.place == "system_state") {
      imported_states_.add(id());
      if (!keep_all_) newest_state_ = std::max(newest_state_, text("timestamp"));
    } else if (record.place == "coordinator_decisions") {
      imported_decisions_.insert(id());
      if (imported.replaces)
        imported_decisions_.erase(sqlite::born_ids_from +
                                  static_cast<std::int64_t>(imported.replaces->value));
    } else if (record.place == "charging_sessions") {
      charges_.insert(text("session_id"));
    } else if (record.place == "battery_selling_sessions") {
      sales_.insert(text("session_id"));
    } else if (record.place == "weather_data") {
      weather_.insert(text("timestamp"));
    } else {
      const bool price = record.place == "price_forecasts";
      count_forecast(record, price ? price_hours_ : pv_hours_,
                     price ? unkeyed_prices_ : unkeyed_pv_);
    }
  }
  // A key with NULL in it is never twice the same.
  static void count_forecast(const fold::LegacyRecord& record,
                             std::map<std::string, Distinct<LocalTime>>& hours,
                             std::uint64_t& unkeyed) {
    const auto source = sqlite::imported_text(record, "source");
    const auto hour = sqlite::imported_integer(record, "hour");
    const auto day = parse_time(sqlite::imported_text(record, "forecast_date").value_or(""), {});
    if (!source || !hour || !day) {
      ++unkeyed;
    } else {
      hours[*source].add(LocalTime(day->time_since_epoch() + std::chrono::hours(*hour)));
    }
  }
  [[nodiscard]] std::string state_cut() const {
    return keep_all_ ? std::string()
                     : sqlite::retention_cut(newest_state_, SqliteOptions{}.system_state_days);
  }
  // As the two targets do it.
  void set_clock(const std::string& day) {
    if (keep_all_) return;
    newest_day_ = std::min(newest_day_, day);
    states_.erase(states_.begin(), states_.lower_bound(state_cut()));
    states_.erase(states_.upper_bound(day), states_.end());
    newest_state_ = states_.empty() ? std::string() : states_.rbegin()->first;
  }
  void count(const fold::OperationRow& row) {
    ++operations_[row.does];
    if (row.does == fold::OperationRow::Does::tell_session)
      sessions_.insert({row.cells.at(0), row.cells.at(1)});
  }
  [[nodiscard]] std::uint64_t told(fold::OperationRow::Does what) const {
    const auto found = operations_.find(what);
    return found == operations_.end() ? 0 : found->second;
  }
  Foresight foresight_;
  bool keep_all_;
  std::optional<Checkpoint> checkpoint_;
  std::uint64_t energy_ = 0;
  std::string newest_energy_;
  bool energy_ordered_ = true;
  std::uint64_t decisions_ = 0;
  std::set<std::string> charges_, sales_, weather_;
  std::map<std::string, Distinct<LocalTime>> price_hours_, pv_hours_;
  std::uint64_t unkeyed_prices_ = 0, unkeyed_pv_ = 0;
  Distinct<std::int64_t> imported_states_;
  std::set<std::int64_t> imported_decisions_;
  std::map<std::string, std::uint64_t> states_;  // by day
  std::string newest_state_, newest_day_;
  std::optional<LocalTime> unwritten_state_;  // the newest of what was not written
  std::string unwritten_day_;                 // and its day, of files
  DayText day_;
  Distinct<UtcTime> hours_;
  std::map<fold::OperationRow::Does, std::uint64_t> operations_;
  std::set<std::pair<fold::Cell, fold::Cell>> sessions_;
  Distinct<std::chrono::local_days> quality_days_;
  std::map<fb::PriceKind, Distinct<UtcTime>> prices_;
};

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
  runner_options.overlap = true;
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
  while (built && ((!pass.corrections && !pass.met->empty()) || !built->foreseen())) {
    discard(options.directory);
    if (!built->foreseen()) pass.foresight = Foresight{};
    if (!pass.met->empty()) pass.corrections = pass.met;
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
