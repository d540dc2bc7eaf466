#include "projections/live/live_projections.hpp"

#include <algorithm>
#include <mutex>
#include <system_error>
#include <utility>

#include "projections/json/json_projector.hpp"
#include "projections/sqlite/sqlite_projector.hpp"

namespace wattledger::projections {
namespace {

// A restored log: nothing that is live can be continued, and nothing of it is worth asking about.
bool of_another_past(TargetStanding standing) {
  return standing == TargetStanding::ahead_of_log || standing == TargetStanding::other_log ||
         standing == TargetStanding::other_history;
}

// May pass by itself, so that trying again is worth a fold.
bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::locked || kind == ErrorKind::full || kind == ErrorKind::io;
}

bool same_place(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code not_there;
  return std::filesystem::equivalent(one, other, not_there);
}

// A target without anything is fed event by event only from a short log.
constexpr std::uint64_t fed_from_start_max = 8'192;

// Rows that are derived one by one know no correction to come, and make much that retention cuts
// later: a new target of a log with corrections, or of a long one, is built aside. A log that
// cannot be read through is fed as far as it can be.
bool better_built(const log::Log& log) {
  const auto snapshot = log.snapshot();
  if (!snapshot || snapshot->head().value == 0) return false;
  if (snapshot->head().value > fed_from_start_max) return true;
  bool found = false;
  const auto read = snapshot->scan(snapshot->first(), snapshot->head(),
                                   [&](const log::RecordView& record) -> Result<bool> {
                                     found = record.event.kind() == Kind::CorrectionRecorded;
                                     return !found;
                                   });
  return read && found;
}

// By what is built: so that one that was cut short is not built over by another.
std::filesystem::path start_directory(const std::filesystem::path& data,
                                      const std::vector<std::string>& names) {
  std::string name = "start";
  for (const std::string& each : names) name += "-" + each;
  return data / "staging" / name;
}

// An adoption moves files away from where it finds them: what is live must not be moved onto
// itself, nor the copy that is kept be overwritten by what it shall replace.
Result<void> require_aside(const LiveOptions& options, const std::filesystem::path& staged) {
  const bool live =
      same_place(staged, options.data) || same_place(staged / "out", options.data / "out") ||
      same_place(staged / sqlite_file_name, options.data / sqlite_file_name) ||
      (!options.sqlite_file.empty() && same_place(staged / sqlite_file_name, options.sqlite_file));
  if (live)
    return fail(ErrorKind::conflict,
                staged.string() + " holds what is live already: there is nothing to adopt",
                "name a directory that `wattledger replay --into` made");
  if (same_place(staged, options.data / "staging" / "before"))
    return fail(ErrorKind::conflict,
                staged.string() + " is the copy that this adoption would overwrite",
                "rename it first, then adopt it under its new name");
  return {};
}

}  // namespace

struct LiveProjections::Impl {
  Impl(const log::Log& read, LiveOptions given) : log(read) { take(std::move(given)); }

  const log::Log& log;
  LiveOptions options;
  std::vector<std::unique_ptr<Projector>> projectors;
  std::optional<Runner> runner;
  std::vector<TargetReport> reports;
  mutable std::mutex mutex;
  std::vector<LiveStatus> status;  // guarded by mutex
  Damage damage;                   // guarded by mutex
  Sequence remembered;             // of the last fold snapshot
  std::vector<std::string> discarded;

  [[nodiscard]] FoldCache cache() const { return FoldCache(options.data / "cache"); }
  void take(LiveOptions given);
  Result<void> restart();
  void publish();
  Result<StageReport> build_aside(const std::vector<std::string>& names) const;
  Result<std::vector<std::pair<Projector*, Checkpoint>>> acceptable(
      const std::filesystem::path& staged) const;
  Result<Adopted> replace(const std::vector<std::pair<Projector*, Checkpoint>>& found,
                          const std::filesystem::path& staged) const;
  [[nodiscard]] std::vector<std::string> to_rebuild() const;
};

void LiveProjections::Impl::take(LiveOptions given) {
  runner.reset();
  reports.clear();
  projectors.clear();
  options = std::move(given);
  if (options.sqlite) {
    SqliteOptions sqlite;
    sqlite.data = options.data;
    sqlite.file = options.sqlite_file;
    sqlite.schema = options.sqlite_schema;
    sqlite.slow_queries = options.slow_queries;
    projectors.push_back(make_sqlite_projector(sqlite));
  }
  if (options.json) {
    JsonOptions json;
    json.data = options.data;
    json.selling_files = options.json_selling_files;
    json.settle_every = options.json_settle_every;
    projectors.push_back(make_json_projector(json));
  }
}

// A new fold, compared with what the targets say now: nothing of the time
// before is trusted.
Result<void> LiveProjections::Impl::restart() {
  std::vector<Projector*> targets;
  for (const auto& projector : projectors) targets.push_back(projector.get());
  RunnerOptions runner_options;
  runner_options.batch_events_max = options.batch_events_max;
  runner_options.cache = runner_options.states = cache();
  runner_options.over_damage = true;
  runner.emplace(log, std::move(targets), std::move(runner_options));
  Result<std::vector<TargetReport>> started = runner->start();
  if (!started) {
    runner.reset();
    return Failure(started.error());
  }
  reports = std::move(*started);
  remembered = std::max(remembered, runner->began());
  discarded = runner->discarded();
  publish();
  return {};
}

void LiveProjections::Impl::publish() {
  std::vector<LiveStatus> now;
  for (const TargetReport& report : reports) {
    LiveStatus each{report.projection, report.standing, report.message, false, report.sequence};
    each.fed = runner && (report.standing == TargetStanding::empty ||
                          report.standing == TargetStanding::current ||
                          report.standing == TargetStanding::behind);
    if (runner)
      for (const Runner::Stopped& stopped : runner->stopped()) {
        if (stopped.projection != report.projection) continue;
        each.fed = false;
        each.message = stopped.error.line();
      }
    if (each.fed) each.sequence = runner->position();
    now.push_back(std::move(each));
  }
  const std::lock_guard guard(mutex);
  status = std::move(now);
  damage = runner ? runner->damage() : Damage{};
}

std::vector<std::string> LiveProjections::Impl::to_rebuild() const {
  std::vector<std::string> names;
  for (const TargetReport& report : reports)
    if (of_another_past(report.standing) ||
        (report.standing == TargetStanding::empty && better_built(log)) ||
        (options.rebuild_mismatched && report.standing == TargetStanding::other_version))
      names.push_back(report.projection);
  return names;
}

Result<StageReport> LiveProjections::Impl::build_aside(
    const std::vector<std::string>& names) const {
  const auto wanted = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  StageOptions stage_options;
  stage_options.sqlite = wanted("sqlite");
  stage_options.json = wanted("json");
  stage_options.json_selling_files = options.json_selling_files;
  stage_options.schema = options.sqlite_schema;
  stage_options.directory = start_directory(options.data, names);
  stage_options.replace = true;
  return stage(log, stage_options);
}

// The enabled projections that `staged` holds, each compared with the log.
Result<std::vector<std::pair<Projector*, Checkpoint>>> LiveProjections::Impl::acceptable(
    const std::filesystem::path& staged) const {
  LiveOptions aside = options;
  aside.data = staged;
  aside.sqlite_file.clear();
  const Impl there(log, aside);
  std::vector<std::pair<Projector*, Checkpoint>> found;
  for (std::size_t index = 0; index < projectors.size(); ++index) {
    const auto checkpoint = there.projectors[index]->checkpoint();
    if (!checkpoint) return Failure(checkpoint.error());
    if (!*checkpoint) continue;
    const std::string what = "the projection " + std::string(projectors[index]->name()) +
                             " under " + staged.string() + " cannot be adopted: ";
    if ((*checkpoint)->version != projectors[index]->version())
      return fail(ErrorKind::conflict,
                  what + "it is of version " + std::to_string((*checkpoint)->version) +
                      ", this program continues " + std::to_string(projectors[index]->version()),
                  "build it again with `wattledger replay`");
    const Result<void> same = require_same_history(log, **checkpoint);
    if (!same) return fail(same.error().kind, what + same.error().what, same.error().remedy);
    found.emplace_back(projectors[index].get(), **checkpoint);
  }
  if (found.empty())
    return fail(ErrorKind::not_found, staged.string() + " holds no projection that is enabled here",
                "build one there with `wattledger replay`, or enable it in the configuration");
  return found;
}

Result<Adopted> LiveProjections::Impl::replace(
    const std::vector<std::pair<Projector*, Checkpoint>>& found,
    const std::filesystem::path& staged) const {
  Adopted adopted;
  for (const auto& [projector, checkpoint] : found) {
    const Result<void> done = projector->adopt(staged, options.data / "staging" / "before");
    if (!done) return Failure(done.error());
    adopted.checkpoints.push_back(checkpoint);
    adopted.projections.emplace_back(projector->name());
  }
  return adopted;
}

std::vector<fb::EventT> events_of(const Adopted& adopted, const std::string& asker,
                                  const Building& building) {
  std::vector<fb::EventT> events;
  for (std::size_t index = 0; index < adopted.projections.size(); ++index) {
    fb::ProjectionRebuiltT fact;
    fact.projection = adopted.projections[index];
    fact.version = adopted.checkpoints[index].version;
    fact.up_to = adopted.checkpoints[index].sequence.value;
    if (fact.projection == "sqlite")
      fact.schema_version = sqlite_schema_of(adopted.checkpoints[index].version);
    if (building.rows) fact.rows = *building.rows;
    if (building.took) fact.took_ms = static_cast<std::uint64_t>(building.took->count());
    fact.reason = building.reason;
    fb::EventT& event = events.emplace_back();
    event.source = asker.empty() ? fb::Source::daemon : fb::Source::owner;
    event.source_name = asker;
    event.fact.Set(std::move(fact));
  }
  return events;
}

LiveProjections::LiveProjections(const log::Log& log, LiveOptions options)
    : impl_(std::make_unique<Impl>(log, std::move(options))) {}
LiveProjections::LiveProjections(LiveProjections&&) noexcept = default;
LiveProjections& LiveProjections::operator=(LiveProjections&&) noexcept = default;
LiveProjections::~LiveProjections() = default;

Result<LiveStart> LiveProjections::start_with(LiveOptions options) {
  // One that cannot be made durable now stands further back when it is wanted again, no more.
  (void)settle();
  impl_->take(std::move(options));
  return start();
}

Result<LiveStart> LiveProjections::start() {
  Impl& live = *impl_;
  WATTLEDGER_TRY(live.restart());
  LiveStart result{live.reports, {}, {}};
  const std::vector<std::string> names = live.to_rebuild();
  if (names.empty()) return result;
  const Result<StageReport> built = live.build_aside(names);
  const std::filesystem::path built_in = start_directory(live.options.data, names);
  const Result<Adopted> adopted = built ? adopt(built_in) : Result<Adopted>(Failure(built.error()));
  if (adopted) result.rebuilt = *adopted;
  if (built) result.took = built->took;
  // An adoption that was announced and cut short is carried on with from there.
  std::error_code ignored;
  if (adopted || !built) std::filesystem::remove_all(built_in, ignored);
  for (TargetReport& report : live.reports) {
    if (std::find(names.begin(), names.end(), report.projection) == names.end()) continue;
    const auto old = std::find_if(
        result.targets.begin(), result.targets.end(),
        [&](const TargetReport& each) { return each.projection == report.projection; });
    if (adopted) {
      report.message = old->message + "; done: rebuilt from the log";
    } else {
      report.message = old->message + "; that failed: " + adopted.error().line();
    }
  }
  result.targets = live.reports;
  live.publish();
  return result;
}

Result<Sequence> LiveProjections::catch_up() {
  Impl& live = *impl_;
  if (!live.runner) WATTLEDGER_TRY(live.restart());
  Result<Sequence> reached = live.runner->catch_up();
  live.publish();
  // A snapshot that cannot be written costs the next start some time; the last one, before the
  // stop, says so.
  if (reached && reached->value >= live.remembered.value + live.options.fold_snapshot_every)
    (void)remember();
  return reached;
}

Result<void> LiveProjections::remember() {
  Impl& live = *impl_;
  if (!live.runner || live.runner->position() <= live.remembered) return {};
  // A failed attempt is not repeated with every record that comes.
  live.remembered = live.runner->position();
  // Targets that are settled here will not stand behind the snapshot after a crash.
  WATTLEDGER_TRY(live.runner->settle());
  live.publish();
  return live.cache().write(live.runner->fold_snapshot());
}

Result<void> LiveProjections::settle() {
  Impl& live = *impl_;
  if (!live.runner) return {};
  const Result<void> settled = live.runner->settle();
  const std::vector<Runner::Stopped>& stopped = live.runner->stopped();
  const bool again = std::any_of(stopped.begin(), stopped.end(), [](const Runner::Stopped& each) {
    return may_pass(each.error.kind);
  });
  if (again) WATTLEDGER_TRY(live.restart());
  live.publish();
  return settled;
}

Result<std::optional<MaintenanceReport>> LiveProjections::maintain(Maintenance which) {
  Impl& live = *impl_;
  for (const auto& projector : live.projectors) {
    if (!live.runner || !live.runner->checkpoint(projector->name())) continue;
    auto report = projector->maintain(which);
    if (!report || *report) return report;
  }
  return std::optional<MaintenanceReport>();
}

Result<Adopted> LiveProjections::adopt(const std::filesystem::path& staged) {
  Impl& live = *impl_;
  WATTLEDGER_TRY(require_aside(live.options, staged));
  const auto found = live.acceptable(staged);
  if (!found) return Failure(found.error());
  const Result<Adopted> adopted = live.replace(*found, staged);
  if (adopted) live.cache().take_states(staged / "cache");
  // Whether or not all went well, the fold must stand where the targets now are.
  WATTLEDGER_TRY(live.restart());
  return adopted;
}

std::vector<LiveStatus> LiveProjections::status() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->status;
}

Damage LiveProjections::damage() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->damage;
}

const std::vector<std::string>& LiveProjections::discarded() const { return impl_->discarded; }

}  // namespace wattledger::projections
