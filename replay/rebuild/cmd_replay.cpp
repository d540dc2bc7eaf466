// wattledger replay [--projection sqlite|json|all] [--schema N] [--into DIR [--until SEQ|TIME]
// [--known-at TIME] [--keep-all]] [--yes] [--now] | --dry-run [--diff] | --undo [--yes] [--now]
// | --status | --history: projections anew from the log. Writes nothing but the staged copy and,
// with consent, what it replaces and the two events of a change.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "events/near_match.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "replay/display.hpp"
#include "replay/progress.hpp"
#include "replay/rebuild/commands.hpp"
#include "replay/rebuild/dry_run.hpp"
#include "replay/rebuild/standing.hpp"
#include "replay/rebuild/undo.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Wish {
  std::string projection = "all", into, until, known_at;
  std::uint64_t schema = 0;  // 0: the one that this house has
  bool within = false;       // part of another change, without a summary
  bool now = false;          // whatever the hour
  bool yes = false, keep_all = false, status = false, history = false;
  bool dry_run = false, diff = false, undo = false;
  [[nodiscard]] bool looks() const { return status || history; }
  [[nodiscard]] bool of_the_past() const { return !until.empty() || !known_at.empty(); }
};

Result<void> check(const Wish& wish) {
  const std::vector<std::string> known = {"sqlite", "json", "all"};
  if (std::find(known.begin(), known.end(), wish.projection) == known.end())
    return fail(ErrorKind::invalid_input, "there is no projection \"" + wish.projection + "\"",
                near_match_remedy(wish.projection, known));
  if (wish.schema > projections::sqlite_schema_last)
    return fail(ErrorKind::invalid_input,
                fmt::format("schema version {} cannot be built", wish.schema),
                fmt::format("this program builds 1 to {}", projections::sqlite_schema_last));
  if (wish.status && wish.history)
    return fail(ErrorKind::invalid_input, "--status and --history are two questions",
                "ask one at a time");
  if (wish.diff && !wish.dry_run)
    return fail(ErrorKind::invalid_input, "--diff goes with --dry-run", "write both");
  if (wish.dry_run && (wish.looks() || wish.of_the_past() || !wish.into.empty() || wish.keep_all))
    return fail(ErrorKind::invalid_input, "--dry-run is about the live tables and files of now",
                "leave --into, --until, --known-at, --keep-all, --status and --history out");
  if (wish.undo && (wish.dry_run || wish.looks() || wish.of_the_past() || !wish.into.empty() ||
                    wish.keep_all || wish.schema != 0 || wish.projection != "all"))
    return fail(ErrorKind::invalid_input, "--undo takes back the last replay as it was",
                "leave all but --yes out");
  if (wish.looks() && (!wish.into.empty() || wish.of_the_past() || wish.keep_all || wish.yes))
    return fail(ErrorKind::invalid_input,
                std::string(wish.status ? "--status" : "--history") + " builds nothing",
                "leave the other options out");
  if (!wish.until.empty() && !wish.known_at.empty())
    return fail(ErrorKind::invalid_input, "--until and --known-at are two ends", "give one");
  if (wish.into.empty() && (wish.of_the_past() || wish.keep_all))
    return fail(ErrorKind::invalid_input,
                "the live tables and files stay those of now, with their retention",
                "add --into DIR, and look there");
  return {};
}

// The last record that counts: of a sequence, or what the log held at a time.
Result<std::optional<Sequence>> end_of(const Wish& wish, const OpenLog& open) {
  if (!wish.of_the_past()) return std::optional<Sequence>{};
  const log::Snapshot& snapshot = open.snapshot;
  std::uint64_t number = 0;
  const char* begin = wish.until.data();
  const auto [end, trouble] = std::from_chars(begin, begin + wish.until.size(), number);
  std::optional<Sequence> last;
  if (!wish.until.empty() && trouble == std::errc() && end == begin + wish.until.size()) {
    last = Sequence{number};
  } else {
    const auto time = time_argument(wish.until.empty() ? wish.known_at : wish.until,
                                    house_zone(snapshot), clock_now());
    if (!time) return Failure(time.error());
    const auto behind = snapshot.first_recorded_at_or_after(*time);
    if (!behind) return Failure(behind.error());
    last = behind->value == 0 ? snapshot.head() : Sequence{behind->value - 1};
  }
  if (last->value == 0)
    return fail(ErrorKind::invalid_input, "the log held nothing then",
                "see wattledger log stat for its times");
  if (*last > snapshot.head())
    return fail(ErrorKind::invalid_input,
                fmt::format("there is no record {}: the log ends at {}", last->value,
                            snapshot.head().value),
                "leave --until out for everything");
  return last;
}

projections::StageOptions stage_options(const Wish& wish, const Wanted& wanted) {
  projections::StageOptions options;
  options.sqlite = wish.projection == "sqlite" || (wish.projection == "all" && wanted.sqlite);
  options.json = wish.projection == "json" || (wish.projection == "all" && wanted.json);
  options.json_selling_files = wanted.json_selling_files;
  options.schema = wish.schema == 0 ? wanted.schema : static_cast<std::uint32_t>(wish.schema);
  options.keep_all = wish.keep_all;
  return options;
}

std::string names(const projections::StageOptions& options) {
  if (options.sqlite && options.json) return "sqlite and json";
  return options.sqlite ? "sqlite" : "json";
}

// The owner said no before it began, so that nothing of what was staged is wanted any more. After
// any other failure it may be half way through, and go on from there when it starts again.
bool refused(ErrorKind kind) {
  return kind != ErrorKind::timed_out && kind != ErrorKind::io && kind != ErrorKind::full;
}

// Of the live tables; 0 where there are none.
std::uint32_t live_schema(const Place& place, const Owner& owner) {
  const auto open = open_log(place);
  if (!open) return 0;
  for (const ProjectionHere& each : owner.here(place, open->snapshot.meta()))
    if (each.name == "sqlite" && each.version) return projections::sqlite_schema_of(*each.version);
  return 0;
}

Change change_of(const Wish& wish, const std::string& what) {
  Change change;
  change.verb = "replay";
  change.arguments = "--projection " + wish.projection;
  if (wish.schema != 0) change.arguments += " --schema " + std::to_string(wish.schema);
  if (wish.undo) change.arguments = "--undo";
  change.will = "replaces " + what + " (readers go on meanwhile; a copy is kept)";
  if (!wish.undo) change.instead = "build elsewhere with --into DIR";
  change.yes = wish.yes;
  change.now = wish.now;
  return change;
}

Json to_json(const projections::StageReport& report, const std::string& where,
             const std::string& by) {
  Json result = {{"sequence", report.sequence.value},
                 {"root", report.root.hex()},
                 {"rows", report.rows_derived},
                 {"corrected", report.corrected},
                 {"took_ms", report.took.count()},
                 {"into", where.empty() ? Json(nullptr) : Json(where)},
                 {"adopted_by", by.empty() ? Json(nullptr) : Json(by)},
                 {"projections", Json::array()}};
  for (const auto& each : report.projections)
    result["projections"].push_back(
        {{"name", each.name}, {"version", each.checkpoint.version}, {"tables", each.rows}});
  return result;
}

void summarise(const Invocation& invocation, const projections::StageReport& report,
               const std::string& where, const std::string& by) {
  if (invocation.format == Format::json) {
    say(to_json(report, where, by).dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  for (const auto& each : report.projections) {
    say(fmt::format("{} version {}, from records 1 to {}", each.name, each.checkpoint.version,
                    each.checkpoint.sequence.value));
    for (const auto& [table, rows] : each.rows)
      if (rows != 0) say(fmt::format("{:>10}  {}", rows, table));
  }
  if (report.corrected != 0)
    say(fmt::format("{} as corrections say",
                    report.corrected == 1 ? "1 record shown"
                                          : std::to_string(report.corrected) + " records shown"));
  const std::string end = by.empty() ? "left in " + where : "adopted by " + by;
  say(fmt::format("{} rows derived in {:.1f} s, verified, {}", report.rows_derived,
                  static_cast<double>(report.took.count()) / 1000.0, end));
}

Result<projections::StageReport> build(const Invocation& invocation, const Place& place,
                                       projections::StageOptions options) {
  const auto log = log::Log::open(place.log());
  if (!log) return Failure(log.error());
  Progress progress(invocation, "replaying");
  options.progress = [&](Sequence done, Sequence head) { progress.at(done.value, head.value); };
  return projections::stage(*log, options);
}

Exit replay_into(const Invocation& invocation, const Place& place, const Wish& wish,
                 projections::StageOptions options) {
  options.directory = fs::absolute(wish.into);
  const auto report = build(invocation, place, options);
  if (!report) return cannot(report.error());
  summarise(invocation, *report, options.directory.string(), {});
  return Exit::done;
}

// Aside, then taken over.
Exit rebuild(const Invocation& invocation, const Place& place, const Wish& wish, const Owner& owner,
             projections::StageOptions options) {
  options.directory = place.data / "staging" / fmt::format("replay-{}", ::getpid());
  options.keep_states = true;
  options.replace = true;  // a dead process of the same id left it
  std::error_code ignored;
  const auto report = build(invocation, place, options);
  if (!report) {
    fs::remove_all(options.directory, ignored);
    return cannot(report.error());
  }
  const auto adopted = owner.adopt(place, options.directory, *report);
  if (!adopted && !refused(adopted.error().kind)) {
    Error error = adopted.error();
    error.what += "; what was built is left in " + options.directory.string();
    error.remedy = "see wattledger status before replaying again, then remove that directory";
    return cannot(error);
  }
  fs::remove_all(options.directory, ignored);
  if (!adopted) return cannot(adopted.error());
  if (!wish.within) summarise(invocation, *report, {}, *adopted);
  return Exit::done;
}

Exit replay_live(const Invocation& invocation, const Place& place, const Wish& wish,
                 const Owner& owner, const ChangeHouse& house, const Wanted& wanted,
                 const projections::StageOptions& options) {
  const auto cost = cost_of(place, wanted, options);
  if (!cost) return cannot(cost.error());
  if (const auto room = require_disk(place, *cost); !room) return cannot(room.error());
  if (wish.within) return rebuild(invocation, place, wish, owner, options);
  Change change = change_of(wish, names(options) + " by what the log gives");
  // What newer tables had, readers of the older ones lose.
  change.of_the_log = options.sqlite && options.schema < live_schema(place, owner);
  return guarded(invocation, place, change, house, [&](ChangeEnd& end) {
    end.detail = names(options);
    return rebuild(invocation, place, wish, owner, options);
  });
}

Exit run_undo(const Invocation& invocation, const Place& place, const Wish& wish,
              const Owner& owner, const ChangeHouse& house) {
  const auto back = undoable(place);
  if (!back) return cannot(back.error());
  return guarded(invocation, place, change_of(wish, "what is live by the copy before: " + *back),
                 house, [&](ChangeEnd& end) {
                   end.detail = *back;
                   return undo(invocation, place, owner);
                 });
}

Exit run(const Invocation& invocation, const Wish& wish, const Owner& owner,
         const ChangeHouse& house) {
  if (const auto good = check(wish); !good) return usage(good.error().what, good.error().remedy);
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  if (wish.status) return replay_status(invocation, *place, owner);
  if (wish.history) return replay_history(invocation, *place);
  if (wish.undo) return run_undo(invocation, *place, wish, owner, house);
  const Wanted wanted = owner.wanted(*place);
  projections::StageOptions options = stage_options(wish, wanted);
  {
    const auto open = open_log(*place);
    if (!open) return cannot(open.error());
    const auto through = end_of(wish, *open);
    if (!through) return usage(through.error().what, through.error().remedy);
    options.through = *through;
  }
  if (!options.sqlite && !options.json)
    return cannot({ErrorKind::not_found, "this house has no projection",
                   "enable one in the configuration, or name it with --projection"});
  // What is live goes on in the version that its owner continues.
  if (wish.into.empty() && options.sqlite && options.schema != wanted.schema)
    return usage(fmt::format("this house has the tables of schema version {}, not {}",
                             wanted.schema, options.schema),
                 fmt::format("set projections.sqlite.schema: {} in its configuration, start the "
                             "daemon again, then replay; or build elsewhere with --into DIR",
                             options.schema));
  if (wish.dry_run) return dry_run(invocation, *place, wanted, options, wish.diff);
  return wish.into.empty() ? replay_live(invocation, *place, wish, owner, house, wanted, options)
                           : replay_into(invocation, *place, wish, options);
}

}  // namespace

Exit rebuild_live(const Invocation& invocation, const Place& place, const Owner& owner,
                  bool anyway) {
  if (!anyway) {
    const auto open = open_log(place);
    if (!open) return cannot(open.error());
    const auto here = owner.here(place, open->snapshot.meta());
    Sequence needed;  // the end of the last batch: what came since is fed, not rebuilt
    for (const log::ImportBatch& batch : open->snapshot.meta().batches)
      needed = std::max(needed, batch.finished);
    const bool current = std::all_of(here.begin(), here.end(), [&](const ProjectionHere& each) {
      return each.standing == "current" || (each.standing == "behind" && each.sequence >= needed);
    });
    if (current) return Exit::done;
  }
  Wish wish;
  wish.within = true;
  const Wanted wanted = owner.wanted(place);
  const projections::StageOptions options = stage_options(wish, wanted);
  if (!options.sqlite && !options.json) return Exit::done;
  return replay_live(invocation, place, wish, owner, {}, wanted, options);
}

void add_replay(CLI::App& app, Invocation& invocation, Owner owner, ChangeHouse house) {
  CLI::App* command = add_command(
      app, "replay",
      "Build projections (the SQLite tables, the JSON files) anew from the log, beside the live "
      "ones, verify "
      "them, and have the owner take them over while readers go on. The log is never touched.",
      "wattledger replay --yes\n  wattledger replay --projection sqlite --into /tmp/rebuilt\n"
      "  wattledger replay --dry-run --diff\n"
      "  wattledger replay --until 2025-10-05T06:00 --into /tmp/then\n  wattledger replay "
      "--status");
  const auto wish = std::make_shared<Wish>();
  add_words(*command, "--projection", wish->projection,
            "sqlite, json, or all that this house has (default)")
      .type_name("sqlite|json|all");
  add_count(*command, "--schema", wish->schema,
            "Schema version of the SQLite tables, 1 to 5 (else this house's)");
  add_text(*command, "--into", wish->into,
           "Leave the result in this empty directory; live files stay as they are")
      .type_name("DIR");
  add_text(*command, "--until", wish->until,
           "With --into: tables and files as of this record, or of what the log held at this time")
      .type_name("SEQ|TIME");
  add_text(*command, "--known-at", wish->known_at,
           "With --into: tables and files of what the log held at this time")
      .type_name("TIME");
  add_flag(*command, "--keep-all", wish->keep_all,
           "With --into: everything, however old, where the live ones keep 30 days of "
           "states and 7 of files");
  add_flag(*command, "--dry-run", wish->dry_run,
           "Say what a replay would take of time and disk; replaces nothing");
  add_flag(*command, "--diff", wish->diff,
           "With --dry-run: build aside, compare with what is live, print each difference; "
           "exit code 1 when there is one");
  add_flag(*command, "--undo", wish->undo,
           "Take over again what the last replay replaced; what is live now is kept in its "
           "place");
  add_flag(*command, "--status", wish->status,
           "Show each projection's version, the one wanted, position, lag, last rebuild "
           "and what is pending; builds nothing. Exit code 1 when something is");
  add_flag(*command, "--history", wish->history,
           "List every rebuild that the log knows; builds nothing");
  add_flag(*command, "--yes", wish->yes, "Agree beforehand that live projections are replaced");
  add_flag(*command, "--now", wish->now, "Also outside changes.windows of the configuration");
  on_call(*command, invocation,
          [&invocation, wish, owner = std::move(owner), house = std::move(house)] {
            return run(invocation, *wish, owner, house);
          });
}

}  // namespace wattledger::tool
