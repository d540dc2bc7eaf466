// wattledger import legacy [--db FILE] [--out DIR] [--state DIR]: the older system's tables and
// files into the log, as one batch. Writes the log alone; the source is only read.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <system_error>

#include "log/reader.hpp"
#include "log/snapshot.hpp"
#include "replay/display.hpp"
#include "replay/legacy_import/commands.hpp"
#include "replay/legacy_import/import.hpp"
#include "replay/legacy_import/report.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

struct Wish {
  std::string database, out, state, since, until, report, timezone;
  bool dry_run = false;
};

// The directory that is named, or by habit; it need not be there yet.
Result<Place> place_to_be(const Invocation& invocation, bool make) {
  Place place;
  if (!invocation.config.empty()) {
    auto config = config::load(invocation.config);
    if (!config) return Failure(std::move(config).error());
    place.config = std::move(*config);
  }
  if (!invocation.data.empty()) {
    place.data = invocation.data;
  } else {
    place.data = place.config ? place.config->data : fs::path("wattledger-data");
  }
  std::error_code failed;
  if (make) fs::create_directories(place.data, failed);
  if (failed)
    return fail(ErrorKind::io, place.data.string() + " cannot be made: " + failed.message(),
                "check --data");
  place.data = fs::weakly_canonical(fs::absolute(place.data), failed);
  return place;
}

// The zone by its name, from 2010 to 2034: an import may be older than what a SiteAdopted tells.
Result<ZoneOffsets> long_zone(const std::string& name) {
  const auto early = config::load_zone(name, utc_from_us(1'325'376'000'000'000));  // 2012
  if (!early) return Failure(early.error());
  const auto late = config::load_zone(name, utc_from_us(1'704'067'200'000'000));  // 2024
  if (!late) return Failure(late.error());
  auto transitions = early->zone.transitions();
  for (const ZoneOffsets::Transition& each : late->zone.transitions())
    if (transitions.empty() || each.at > transitions.back().at) transitions.push_back(each);
  return ZoneOffsets(std::move(transitions));
}

// Of the option, the configuration, or the log, in this order.
Result<ZoneOffsets> zone_for(const Wish& wish, const Place& place) {
  if (!wish.timezone.empty()) return long_zone(wish.timezone);
  if (place.config) return long_zone(place.config->site.timezone);
  std::error_code ignored;
  if (fs::exists(place.log() / "data.mdb", ignored)) {
    const auto open = open_log(place);
    if (!open) return Failure(open.error());
    const std::string name = house_zone_name(open->snapshot);
    if (!name.empty()) return long_zone(name);
  }
  return fail(ErrorKind::invalid_input,
              "the older system wrote local times, and nothing says of which zone",
              "give --config FILE, or --timezone Europe/Warsaw");
}

Result<std::optional<LocalTime>> day_argument(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<LocalTime>();
  const auto time = parse_time(text, ZoneOffsets());
  if (!time)
    return fail(ErrorKind::invalid_input, std::string(option) + ": " + time.error().what,
                "write a local date or time, such as 2025-12-04");
  return std::optional(LocalTime(time->time_since_epoch()));
}

Result<ImportRun> plan(const Wish& wish, const Place& place) {
  ImportRun run;
  run.sources.database = wish.database;
  run.sources.out = wish.out;
  run.sources.state = wish.state;
  auto zone = zone_for(wish, place);
  if (!zone) return Failure(zone.error());
  run.sources.zone = *std::move(zone);
  const auto since = day_argument(wish.since, "--since");
  if (!since) return Failure(since.error());
  const auto until = day_argument(wish.until, "--until");
  if (!until) return Failure(until.error());
  if (*since && *until && **since >= **until)
    return fail(ErrorKind::invalid_input, "--since is not before --until", "swap the two");
  run.sources.since = *since;
  run.sources.until = *until;
  run.sources.now = clock_now();
  run.log = place.log();
  run.aside = wish.dry_run ? fs::temp_directory_path() : place.data / "staging";
  run.aside /= fmt::format("import-{}", ::getpid());
  run.sources.aside = run.aside;
  run.dry_run = wish.dry_run;
  for (const std::string& each : {wish.database, wish.out, wish.state})
    if (!each.empty())
      run.origin +=
          (run.origin.empty() ? "" : ", ") + fs::absolute(each).lexically_normal().string();
  return run;
}

Result<void> write_report(const Wish& wish, const ReportHead& head, const ImportResult& result) {
  if (wish.report.empty()) return {};
  const std::string kind = fs::path(wish.report).extension().string();
  const std::string text = kind == ".html"   ? report_html(head, result)
                           : kind == ".json" ? report_json(head, result)
                                             : report_text(head, result);
  return write_text_file(wish.report, text);
}

bool there_is_a_log(const Place& place) {
  std::error_code ignored;
  return fs::exists(place.log() / "data.mdb", ignored);
}

Exit run(const Invocation& invocation, const Wish& wish, const Rebuild& rebuild) {
  if (wish.database.empty() && wish.out.empty() && wish.state.empty())
    return usage("nothing to import was named",
                 "give --db FILE, --out DIR, --state DIR, or several");
  const auto place = place_to_be(invocation, !wish.dry_run);
  if (!place) return cannot(place.error());
  const auto planned = plan(wish, *place);
  if (!planned) {
    const Error& error = planned.error();
    return error.kind == ErrorKind::invalid_input ? usage(error.what, error.remedy) : cannot(error);
  }
  // A report that cannot be written is said before anything is done.
  if (const auto able = write_report(wish, {planned->origin, wish.dry_run, false}, {}); !able)
    return cannot(able.error());
  Result<ImportResult> result = ImportResult{};
  {
    Progress progress(invocation, "importing");
    result = run_import(*planned, progress);
  }
  if (!result) return cannot(result.error());
  ReportHead head{planned->origin, wish.dry_run, false};
  // An import that was killed before it came to that has left them behind.
  const Exit rebuilt = wish.dry_run || !there_is_a_log(*place)
                           ? Exit::done
                           : rebuild(invocation, *place, result->first.has_value());
  head.rebuilt = result->first && rebuilt == Exit::done;
  std::string text =
      invocation.format == Format::json ? report_json(head, *result) : report_text(head, *result);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  say(text);
  if (const auto written = write_report(wish, head, *result); !written)
    return cannot(written.error());
  if (rebuilt != Exit::done) return rebuilt;
  return result->findings.rejected() == 0 ? Exit::done : Exit::findings;
}

}  // namespace

void add_import_legacy(CLI::App& parent, Invocation& invocation, Rebuild rebuild) {
  CLI::App* command = add_command(
      parent, "legacy",
      "Take an older installation's SQLite file and JSON files into the log as one batch, each "
      "record "
      "with what it said to the letter, and rebuild the projections. The source is only read; what "
      "is "
      "there already is left out. No daemon may run meanwhile.",
      "wattledger --config wattledger.yaml import legacy --db data/goodwe_energy.db --out out "
      "--state "
      "data\n  wattledger import legacy --out out --timezone Europe/Warsaw --dry-run --report "
      "import.html");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--db", wish->database, "The older system's SQLite file").type_name("FILE");
  add_text(*command, "--out", wish->out, "Its out/ tree of JSON files").type_name("DIR");
  add_text(*command, "--state", wish->state,
           "Its data/ folder with price history, price cache and SOC drops")
      .type_name("DIR");
  add_text(*command, "--since", wish->since, "Only from this local date or time on")
      .type_name("DATE");
  add_text(*command, "--until", wish->until, "Only before this local date or time")
      .type_name("DATE");
  add_text(*command, "--timezone", wish->timezone,
           "The zone of its local times (else the configuration's, else the log's)")
      .type_name("ZONE");
  add_flag(*command, "--dry-run", wish->dry_run, "Say what would be imported; write nothing");
  add_text(*command, "--report", wish->report,
           "Write the report to this file too: .html, .json, else text")
      .type_name("FILE");
  on_call(*command, invocation, [&invocation, wish, rebuild = std::move(rebuild)] {
    return run(invocation, *wish, rebuild);
  });
}

}  // namespace wattledger::tool
