// wattledger import legacy [--db FILE] [--out DIR] [--state DIR]: the older system's tables and
// files into the log, as one batch. Writes the log alone; the source is only read.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>

#include "log/file_owner.hpp"
#include "log/reader.hpp"
#include "log/snapshot.hpp"
#include "replay/display.hpp"
#include "replay/legacy_import/commands.hpp"
#include "replay/legacy_import/import.hpp"
#include "replay/legacy_import/report.hpp"
#include "replay/legacy_import/verify.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

struct Wish {
  Originals originals;
  std::string report, timezone;
  bool dry_run = false, archive = false;
  bool yes = false, now = false;
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
  log::make_files_as_owner_of(place.data);
  return place;
}

bool there_is_a_log(const Place& place) {
  std::error_code ignored;
  return fs::exists(place.log() / "data.mdb", ignored);
}

// Of the option, the configuration, or the log, in this order.
Result<std::string> zone_for(const Wish& wish, const Place& place) {
  if (!wish.timezone.empty()) return wish.timezone;
  if (place.config) return place.config->site.timezone;
  if (there_is_a_log(place)) {
    const auto open = open_log(place);
    if (!open) return Failure(open.error());
    std::string name = house_zone_name(open->snapshot);
    if (!name.empty()) return name;
  }
  return fail(ErrorKind::invalid_input,
              "the older system wrote local times, and nothing says of which zone",
              "give --config FILE, or --timezone Europe/Warsaw");
}

// The same records in another zone are the same facts at other times, which nobody wants twice.
Result<void> require_same_zone(const std::string& name, const Place& place) {
  if (!there_is_a_log(place)) return {};
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const std::string before = imported_zone_name(open->snapshot);
  if (before.empty() || before == name) return {};
  return fail(ErrorKind::invalid_input,
              "an earlier import read the older system's times as those of " + before +
                  ", this one would as those of " + name,
              "give --timezone " + before +
                  "; if that one was wrong, delete the data directory and import anew (the "
                  "originals are as they were)");
}

// What a wattledger writes is not taken for the older system's, and is not put over it.
Result<void> require_apart(const Originals& originals, const fs::path& data) {
  for (const std::string& each : {originals.database, originals.out, originals.state}) {
    if (each.empty()) continue;
    std::error_code ignored;
    const fs::path source = fs::weakly_canonical(fs::absolute(each), ignored);
    const fs::path from_source = data.lexically_relative(source);
    const bool around = !from_source.empty() && *from_source.begin() != "..";
    if (around || source == data / "goodwe_energy.db" || source == data / "out" ||
        source == data / "data")
      return fail(ErrorKind::invalid_input,
                  "wattledger's data directory " + data.string() +
                      " is where the older system's files are (" + each + ")",
                  "name another one with --data, beside the older system's folder");
  }
  return {};
}

Result<ImportRun> plan(const Wish& wish, const Place& place) {
  ImportRun run;
  run.sources.database = wish.originals.database;
  run.sources.out = wish.originals.out;
  run.sources.state = wish.originals.state;
  WATTLEDGER_TRY(require_apart(wish.originals, place.data));
  auto name = zone_for(wish, place);
  if (!name) return Failure(name.error());
  WATTLEDGER_TRY(require_same_zone(*name, place));
  auto zone = long_zone(*name);
  if (!zone) return Failure(zone.error());
  run.zone_name = *std::move(name);
  run.sources.zone = *std::move(zone);
  const auto range = local_range(wish.originals.since, wish.originals.until);
  if (!range) return Failure(range.error());
  run.sources.range = *range;
  run.sources.now = clock_now();
  run.log = place.log();
  run.aside = wish.dry_run ? fs::temp_directory_path() : place.data / "staging";
  run.aside /= fmt::format("import-{}", ::getpid());
  run.sources.aside = run.aside;
  run.dry_run = wish.dry_run;
  for (const std::string& each :
       {wish.originals.database, wish.originals.out, wish.originals.state})
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

// Whether it could be written; what stands there stays.
Result<void> try_report(const Wish& wish) {
  if (wish.report.empty()) return {};
  std::error_code ignored;
  const bool there = fs::exists(wish.report, ignored);
  const bool able = std::ofstream(wish.report, std::ios::app).good();
  if (!there) fs::remove(wish.report, ignored);
  if (able) return {};
  return fail(ErrorKind::io, wish.report + " cannot be written: " + std::strerror(errno),
              "name another file with --report");
}

// The newest batch, and what stands before it, once the log gives the originals back.
Exit archive_batch(const Invocation& invocation, const Wish& wish, const Place& place,
                   const Archive& archive) {
  const auto verified = verify_originals(invocation, place, wish.originals);
  if (!verified) return cannot(verified.error());
  if (verified->differences != 0) {
    note(
        fmt::format("the log does not give everything back ({} differences): the batch stays in "
                    "the log's file; wattledger import verify names them",
                    verified->differences));
    return Exit::findings;
  }
  Sequence last;
  {
    const auto open = open_log(place);
    if (!open) return cannot(open.error());
    const auto& batches = open->snapshot.meta().batches;
    for (const log::ImportBatch& batch : batches) last = std::max(last, batch.finished);
  }
  return archive(invocation, place, last);
}

Exit carry_out(const Invocation& invocation, const Wish& wish, const Place& place,
               const ImportRun& planned, ReportHead head, const Rebuild& rebuild,
               const Archive& archive) {
  Result<ImportResult> result = ImportResult{};
  {
    Progress progress(invocation, "importing");
    result = run_import(planned, progress);
  }
  if (!result) return cannot(result.error());
  if (result->earliest)
    head.period = local_text(*result->earliest, planned.sources.zone) + " to " +
                  local_text(*result->latest, planned.sources.zone);
  // An import that was killed before it came to that has left them behind.
  const Exit rebuilt = wish.dry_run || !there_is_a_log(place)
                           ? Exit::done
                           : rebuild(invocation, place, result->first.has_value());
  head.rebuilt = result->first && rebuilt == Exit::done;
  std::string text =
      invocation.format == Format::json ? report_json(head, *result) : report_text(head, *result);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  say(text);
  if (const auto written = write_report(wish, head, *result); !written)
    return cannot(written.error());
  if (rebuilt != Exit::done) return rebuilt;
  if (wish.archive && !wish.dry_run && there_is_a_log(place)) {
    const Exit archived = archive_batch(invocation, wish, place, archive);
    if (archived != Exit::done) return archived;
  }
  return result->findings.rejected() == 0 ? Exit::done : Exit::findings;
}

Exit run(const Invocation& invocation, const Wish& wish, const Rebuild& rebuild,
         const Archive& archive, const ChangeHouse& house) {
  if (wish.originals.empty())
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
  const ReportHead head{planned->origin, wish.dry_run, false, planned->zone_name, {}};
  if (const auto able = try_report(wish); !able) return cannot(able.error());
  const auto import = [&](ChangeEnd&) {
    return carry_out(invocation, wish, *place, *planned, head, rebuild, archive);
  };
  ChangeEnd unrecorded;
  if (wish.dry_run) return import(unrecorded);
  Change change;
  change.verb = "import legacy";
  change.arguments = planned->origin;
  change.will = "adds the records of " + planned->origin + " to the log";
  change.instead = "look first with --dry-run";
  change.of_the_log = true;
  change.asked = !place->config;
  change.yes = wish.yes;
  change.now = wish.now;
  return guarded(invocation, *place, change, house, import);
}

}  // namespace

void add_import_legacy(CLI::App& parent, Invocation& invocation, Rebuild rebuild, Archive archive,
                       ChangeHouse house) {
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
  add_originals(*command, wish->originals);
  add_range(*command, wish->originals);
  add_text(*command, "--timezone", wish->timezone,
           "The zone of its local times (else the configuration's, else the log's)")
      .type_name("ZONE");
  add_flag(*command, "--dry-run", wish->dry_run, "Say what would be imported; write nothing");
  add_flag(
      *command, "--archive", wish->archive,
      "Compare with the originals at the end, as import verify does; when nothing differs, move "
      "the batch into compressed segments");
  add_text(*command, "--report", wish->report,
           "Write the report to this file too: .html, .json, else text")
      .type_name("FILE");
  add_flag(*command, "--yes", wish->yes, "Agree beforehand; with --config it asks otherwise");
  add_flag(*command, "--now", wish->now, "Also outside changes.windows of the configuration");
  on_call(*command, invocation,
          [&invocation, wish, rebuild = std::move(rebuild), archive = std::move(archive),
           house = std::move(house)] { return run(invocation, *wish, rebuild, archive, house); });
}

}  // namespace wattledger::tool
