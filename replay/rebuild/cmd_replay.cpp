// wattledger replay [--projection sqlite|json|all] [--schema N] [--into DIR] [--yes]: projections
// anew from the log. Writes nothing but the staged copy and, with consent, what it replaces.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "events/near_match.hpp"
#include "replay/display.hpp"
#include "replay/progress.hpp"
#include "replay/rebuild/commands.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint32_t schema_only = 4;
// The staged copy, the owner's copy of what was live, and what the adoption itself writes.
constexpr std::uintmax_t disk_times = 3;

struct Wish {
  std::string projection = "all", into;
  std::uint32_t schema = schema_only;
  bool yes = false;
};

Result<void> check(const Wish& wish) {
  const std::vector<std::string> known = {"sqlite", "json", "all"};
  if (std::find(known.begin(), known.end(), wish.projection) == known.end())
    return fail(ErrorKind::invalid_input, "there is no projection \"" + wish.projection + "\"",
                near_match_remedy(wish.projection, known));
  if (wish.schema != schema_only)
    return fail(ErrorKind::invalid_input,
                fmt::format("schema version {} cannot be built", wish.schema),
                fmt::format("this program builds {}", schema_only));
  return {};
}

projections::StageOptions stage_options(const Wish& wish, const Wanted& wanted) {
  projections::StageOptions options;
  options.sqlite = wish.projection == "sqlite" || (wish.projection == "all" && wanted.sqlite);
  options.json = wish.projection == "json" || (wish.projection == "all" && wanted.json);
  options.schema = wish.schema;
  return options;
}

std::string names(const projections::StageOptions& options) {
  if (options.sqlite && options.json) return "sqlite and json";
  return options.sqlite ? "sqlite" : "json";
}

Result<void> ask_disk(const Place& place, const Wanted& wanted) {
  std::error_code failed;
  const std::uintmax_t live = fs::file_size(wanted.sqlite_file, failed);
  if (failed) return {};  // nothing live yet: nothing to measure by
  const fs::space_info space = fs::space(place.data, failed);
  if (failed || space.available >= live * disk_times) return {};
  return fail(
      ErrorKind::full,
      fmt::format("a replay needs about {} in {}, {} are free", bytes_text(live * disk_times),
                  place.data.string(), bytes_text(space.available)),
      "make room, or build elsewhere with --into DIR");
}

// The owner said no before it began, so that nothing of what was staged is wanted any more. After
// any other failure it may be half way through, and go on from there when it starts again.
bool refused(ErrorKind kind) {
  return kind != ErrorKind::timed_out && kind != ErrorKind::io && kind != ErrorKind::full;
}

// done: go on.
Exit ask_consent(const Wish& wish, const std::string& what, const Place& place) {
  if (wish.yes) return Exit::done;
  if (::isatty(STDIN_FILENO) != 1)
    return usage("replay replaces " + what + " in " + place.data.string() +
                     " and nobody is at the terminal to agree",
                 "add --yes, or build elsewhere with --into DIR");
  std::fprintf(
      stderr,
      "Replace %s in %s by what the log gives? Readers go on meanwhile; a copy is kept. [y/N] ",
      what.c_str(), place.data.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return Exit::done;
  return usage("not agreed, nothing was replaced", {});
}

Json to_json(const projections::StageReport& report, const std::string& where,
             const std::string& by) {
  Json result = {{"sequence", report.sequence.value},
                 {"root", report.root.hex()},
                 {"rows", report.rows_derived},
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
  const std::string end = by.empty() ? "left in " + where : "adopted by " + by;
  say(fmt::format("{} rows derived in {:.1f} s, verified, {}", report.rows_derived,
                  static_cast<double>(report.took.count()) / 1000.0, end));
}

Result<projections::StageReport> build(const Place& place, projections::StageOptions options) {
  const auto log = log::Log::open(place.log());
  if (!log) return Failure(log.error());
  Progress progress("replaying");
  options.progress = [&](Sequence done, Sequence head) { progress.at(done.value, head.value); };
  return projections::stage(*log, options);
}

Exit replay_into(const Invocation& invocation, const Place& place, const Wish& wish,
                 projections::StageOptions options) {
  options.directory = fs::absolute(wish.into);
  const auto report = build(place, options);
  if (!report) return cannot(report.error());
  summarise(invocation, *report, options.directory.string(), {});
  return Exit::done;
}

Exit replay_live(const Invocation& invocation, const Place& place, const Wish& wish,
                 const Owner& owner, const Wanted& wanted, projections::StageOptions options) {
  if (options.sqlite)
    if (const auto room = ask_disk(place, wanted); !room) return cannot(room.error());
  if (const Exit agreed = ask_consent(wish, names(options), place); agreed != Exit::done)
    return agreed;
  options.directory = place.data / "staging" / fmt::format("replay-{}", ::getpid());
  options.replace = true;  // a dead process of the same id left it
  std::error_code ignored;
  const auto report = build(place, options);
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
  summarise(invocation, *report, {}, *adopted);
  return Exit::done;
}

Exit run(const Invocation& invocation, const Wish& wish, const Owner& owner) {
  if (const auto good = check(wish); !good) return usage(good.error().what, good.error().remedy);
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  if (const auto open = open_log(*place); !open) return cannot(open.error());
  const Wanted wanted = owner.wanted(*place);
  const projections::StageOptions options = stage_options(wish, wanted);
  if (!options.sqlite && !options.json)
    return cannot({ErrorKind::not_found, "this house has no projection",
                   "enable one in the configuration, or name it with --projection"});
  return wish.into.empty() ? replay_live(invocation, *place, wish, owner, wanted, options)
                           : replay_into(invocation, *place, wish, options);
}

}  // namespace

void add_replay(CLI::App& app, Invocation& invocation, Owner owner) {
  CLI::App* command = add_command(
      app, "replay",
      "Build projections (the SQLite tables, the JSON files) anew from the log, beside the live "
      "ones, verify "
      "them, and have the owner take them over while readers go on. The log is never touched.",
      "wattledger replay --yes\n  wattledger replay --projection sqlite --into /tmp/rebuilt");
  const auto wish = std::make_shared<Wish>();
  command
      ->add_option("--projection", wish->projection,
                   "sqlite, json, or all that this house has (default)")
      ->type_name("sqlite|json|all");
  command
      ->add_option("--schema", wish->schema,
                   "Schema version of the SQLite tables (default and only: 4)")
      ->type_name("N");
  add_text(*command, "--into", wish->into,
           "Leave the result in this empty directory; live files stay as they are")
      ->type_name("DIR");
  command->add_flag("--yes", wish->yes, "Agree beforehand that live projections are replaced");
  command->callback([&invocation, wish, owner = std::move(owner)] {
    invocation.run = [&invocation, wish, owner] { return run(invocation, *wish, owner); };
  });
}

}  // namespace wattledger::tool
