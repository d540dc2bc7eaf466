// wattledger maintain daily|weekly|status: the upkeep of the live SQLite file. daily and weekly
// write: to the file, which says the same afterwards, and two events.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_maintenance.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/projections_here.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;
using projections::Maintenance;

// How far back status looks for the last runs.
constexpr std::chrono::days looked_back{60};

std::filesystem::path live_file(const Place& place) {
  const projections::LiveOptions options = live_options(place);
  return options.sqlite_file.empty() ? options.data / projections::sqlite_file_name
                                     : options.sqlite_file;
}

std::string verb_of(Maintenance which) {
  return "maintain " + std::string(projections::maintenance_name(which));
}

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// While the house is being steered nothing else shall hold the disk.
Result<void> require_no_forced_mode(const Place& place) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto state = fold_all(place.data, open->snapshot);
  if (!state) return Failure(state.error());
  if (!fold::in_forced_mode(state->inverter, clock_now())) return {};
  std::string until;
  if (state->inverter.confirmed_until)
    until = " until " + local_text(*state->inverter.confirmed_until, state->site.zone);
  return fail(ErrorKind::conflict,
              fmt::format("the inverter is in forced {}{}",
                          fb::EnumNameInverterMode(state->inverter.confirmed), until),
              "maintenance waits for its end: try again after it");
}

// Who holds the log writes the file: a VACUUM beside a daemon would keep it out for too long.
Result<projections::MaintenanceReport> look_after(const Place& place,
                                                  const std::filesystem::path& file,
                                                  Maintenance which) {
  const auto lock = take_lock(place);
  if (!lock && lock.error().kind != ErrorKind::locked) return Failure(lock.error());
  auto report = projections::sqlite::maintain_file(file, which, lock.has_value());
  const bool worth_it = report && which == Maintenance::weekly && report->ok() &&
                        report->free_pages > report->pages / projections::sqlite::vacuum_free_share;
  if (worth_it && !report->vacuumed)
    note("not vacuumed beside the daemon, which does it by itself on Sundays at 03:00");
  return report;
}

Exit run(const Invocation& invocation, Maintenance which) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  if (const auto free = require_no_forced_mode(*place); !free) return cannot(free.error());
  const std::filesystem::path file = live_file(*place);
  // What cannot be looked after is no fact for the log.
  const auto ours = projections::sqlite::count_pages(file);
  if (!ours && ours.error().kind != ErrorKind::corrupt) return cannot(ours.error());
  const std::string id = random_id().hex();
  const auto started = submit(*place, text({{"type", "ChangeStarted"},
                                            {"change", id},
                                            {"verb", verb_of(which)},
                                            {"arguments", file.string()}}));
  if (!started) return cannot(started.error());
  const auto report = look_after(*place, file, which);
  const std::string said = report ? report->line() : report.error().line();
  const auto finished =
      submit(*place, text({{"type", "ChangeFinished"},
                           {"change", id},
                           {"started", started->sequence.value},
                           {"result", report && report->ok() ? "succeeded" : "failed"},
                           {"detail", said}}));
  if (!report) return cannot(report.error());
  if (!finished) return cannot(finished.error());
  if (invocation.format == Format::json) {
    say(text({{"file", file.string()},
              {"finding", report->finding},
              {"pages", report->pages},
              {"free_pages", report->free_pages},
              {"vacuumed", report->vacuumed},
              {"checkpointed", report->checkpointed},
              {"sequence", finished->sequence.value}}));
  } else {
    say(fmt::format("{}: {}; recorded as {}", file.string(), said, finished->sequence.value));
  }
  if (report->ok()) return Exit::done;
  note("move the file away and run `wattledger replay`: the log holds everything that was in it");
  return Exit::findings;
}

struct LastRun {
  UtcTime at;
  std::string result, detail;
};

// The last finished run of each verb.
Result<std::map<std::string, LastRun>> last_runs(const log::Snapshot& snapshot) {
  const auto from = snapshot.first_recorded_at_or_after(clock_now() - looked_back);
  if (!from) return Failure(from.error());
  std::map<std::uint64_t, std::string> begun;
  std::map<std::string, LastRun> last;
  const auto read = [&](const log::RecordView& record) -> Result<bool> {
    if (const auto* start = record.event.as<fb::ChangeStarted>();
        start != nullptr && start->verb() != nullptr)
      begun[record.sequence.value] = start->verb()->str();
    const auto* end = record.event.as<fb::ChangeFinished>();
    if (end == nullptr || !begun.contains(end->started())) return true;
    last[begun[end->started()]] = {record.recorded_at, fb::EnumNameResult(end->result()),
                                   end->detail() == nullptr ? "" : end->detail()->str()};
    return true;
  };
  WATTLEDGER_TRY(snapshot.scan(*from, snapshot.head(), read));
  return last;
}

std::uintmax_t size_or_zero(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

Exit run_status(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto last = last_runs(open->snapshot);
  if (!last) return cannot(last.error());
  const std::filesystem::path file = live_file(*place);
  const std::filesystem::path wal = projections::sqlite::write_ahead_log_of(file);
  const auto pages = projections::sqlite::count_pages(file);
  if (!pages) return cannot(pages.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  Json json = {{"file", file.string()},
               {"bytes", size_or_zero(file)},
               {"wal_bytes", size_or_zero(wal)},
               {"pages", pages->all},
               {"free_pages", pages->unused}};
  if (invocation.format == Format::text)
    say(fmt::format("{}: {}, write-ahead log {}, {} of {} pages free", file.string(),
                    bytes_text(size_or_zero(file)), bytes_text(size_or_zero(wal)), pages->unused,
                    pages->all));
  for (const Maintenance which : {Maintenance::daily, Maintenance::weekly}) {
    const std::string name(projections::maintenance_name(which));
    const auto found = last->find(verb_of(which));
    if (found == last->end()) {
      json[name] = nullptr;
      if (invocation.format == Format::text)
        say(fmt::format("{:<7} not in the last {} days", name, looked_back.count()));
      continue;
    }
    const LastRun& run = found->second;
    json[name] = {{"at", utc_text(run.at)}, {"result", run.result}, {"detail", run.detail}};
    if (invocation.format == Format::text)
      say(fmt::format("{:<7} {} {}: {}", name, local_text(run.at, zone), run.result, run.detail));
  }
  if (invocation.format == Format::json) say(text(json));
  return Exit::done;
}

void add_run(CLI::App& maintain, Invocation& invocation, Maintenance which,
             const std::string& what) {
  const std::string name(projections::maintenance_name(which));
  CLI::App* command = add_command(maintain, name, what, "wattledger maintain " + name);
  on_call(*command, invocation, [&invocation, which] { return run(invocation, which); });
}

}  // namespace

void add_maintain(CLI::App& maintain, Invocation& invocation) {
  add_run(
      maintain, invocation, Maintenance::daily,
      "Check the live SQLite file (quick_check), let SQLite renew its statistics, bring its "
      "write-ahead log home. The daemon does it by itself at 02:00 of the house's clock. Not "
      "while a charge or a sale is forced. Writes to the file and two events; a damaged file is "
      "exit code 1.");
  add_run(maintain, invocation, Maintenance::weekly,
          "The same with integrity_check and ANALYZE, and VACUUM when more than a quarter of the "
          "file lies free. The daemon does it by itself on Sundays at 03:00.");
  CLI::App* status = add_command(maintain, "status",
                                 "Say how large the live SQLite file is, how much of it lies free, "
                                 "and what the last runs found.",
                                 "wattledger maintain status");
  on_call(*status, invocation, [&invocation] { return run_status(invocation); });
}

}  // namespace wattledger::tool
