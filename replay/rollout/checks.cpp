#include "replay/rollout/checks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "replay/change/needs.hpp"
#include "replay/display.hpp"
#include "replay/rebuild/dry_run.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t wal_large = std::uint64_t{64} << 20U;
constexpr std::chrono::seconds stale_after{600};  // as the older system's diagnosis
constexpr std::uint64_t lag_large = 1'000;        // records

void add(CheckResults& findings, Level level, std::string check, std::string text,
         std::string remedy = {}) {
  findings.push_back({level, std::move(check), std::move(text), std::move(remedy)});
}

// By doing it: rights on paper are not those of a full or read-only disk.
void check_directory(CheckResults& findings, const std::string& check, const fs::path& directory) {
  const fs::path probe = directory / fmt::format(".rollout-{}", ::getpid());
  std::ofstream(probe) << "probe\n";
  std::error_code error;
  const bool written = fs::file_size(probe, error) != 0 && !error;
  fs::remove(probe, error);
  if (written)
    add(findings, Level::ok, check, directory.string() + " is there and can be written to");
  else
    add(findings, Level::fail, check, directory.string() + " cannot be written to",
        fmt::format("as its owner: chown {} {}", ::geteuid(), directory.string()));
}

void check_disk(CheckResults& findings, const Place& place, const Owner& owner) {
  projections::StageOptions options;
  options.sqlite = options.json = true;
  const auto cost = cost_of(place, owner.wanted(place), options);
  if (!cost) return add(findings, Level::fail, "disk", cost.error().what, cost.error().remedy);
  const std::uint64_t least =
      place.config ? place.config->health.disk_free_min : config::HealthConfig{}.disk_free_min;
  const std::string text = fmt::format("{} free; a rebuild takes {}", bytes_text(cost->disk_free),
                                       bytes_text(cost->disk));
  if (cost->disk > cost->disk_free)
    add(findings, Level::fail, "disk", text, "make room before a rollout");
  else if (cost->disk_free < least)
    add(findings, Level::warn, "disk", text + fmt::format(", {} are wanted", bytes_text(least)),
        "make room");
  else
    add(findings, Level::ok, "disk", text);
}

void check_configuration(CheckResults& findings, const Invocation& invocation, const Place& place) {
  if (!place.config)
    return add(findings, Level::warn, "configuration", "no file was named",
               "a rollout changes it: add --config FILE");
  const auto mode = mode_of(*place.config);
  add(findings, mode ? Level::ok : Level::warn, "configuration",
      fmt::format("{} asks for {}, schema version {}", invocation.config,
                  mode ? mode_name(*mode) : "neither files nor tables",
                  place.config->sqlite.schema),
      mode ? "" : "wattledger rollout deploy --mode both");
}

void check_service(CheckResults& findings, const HouseState& house) {
  if (house.running)
    add(findings, Level::ok, "service", "the daemon answers on its control socket");
  else if (!house.trouble.empty())
    add(findings, Level::fail, "service", house.trouble, "see the daemon's text log");
  else if (!house.holder.empty())
    add(findings, Level::fail, "service", house.holder + " holds the log and does not answer",
        "see the daemon's text log; a start may wait for the clock");
  else
    add(findings, Level::warn, "service", "no daemon is running",
        "systemctl start wattledgerd; without one the tool does it under the log's lock");
}

void check_tables(CheckResults& findings, const Place& place, const fs::path& file, bool wanted) {
  const TableFigures tables = table_figures(file);
  if (!tables.there) {
    add(findings, wanted ? Level::warn : Level::ok, "schema",
        file.string() + " is not there" + (wanted ? "" : ", and not asked for"),
        wanted ? "the daemon makes it, or wattledger rollout migrate" : "");
    return;
  }
  if (!tables.trouble.empty())
    return add(findings, Level::fail, "schema", tables.trouble, "wattledger rollout migrate");
  const bool same = !place.config || !wanted || tables.schema == place.config->sqlite.schema;
  add(findings, same ? Level::ok : Level::warn, "schema",
      fmt::format("version {}, {}", tables.schema,
                  place.config ? fmt::format("{} is configured", place.config->sqlite.schema)
                               : std::string("nothing is configured")),
      same ? "" : "wattledger rollout migrate");
  std::string counts, newest;
  for (const auto& [table, rows] : tables.rows)
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", table, rows);
  for (const auto& [table, at] : tables.newest)
    newest += fmt::format("{}{} {}", newest.empty() ? "" : ", ", table, at);
  add(findings, Level::ok, "counts", counts);
  add(findings, newest.empty() ? Level::warn : Level::ok, "newest",
      newest.empty() ? "no rows yet" : newest);
  const auto intact = quick_check(file);
  if (intact && *intact == "ok")
    add(findings, Level::ok, "integrity", "quick_check found nothing");
  else
    add(findings, Level::fail, "integrity", intact ? *intact : intact.error().line(),
        "wattledger rollout migrate builds it anew from the log");
  const bool small = tables.wal_bytes <= wal_large && tables.journal == "wal";
  add(findings, small ? Level::ok : Level::warn, "wal",
      fmt::format("journal mode {}, {} beside a file of {}", tables.journal, bytes_text(tables.wal_bytes),
                  bytes_text(tables.bytes)),
      small ? "" : "wattledger maintain daily");
}

void check_text_log(CheckResults& findings, const Place& place) {
  const fs::path file = text_log_file(place);
  const auto text = text_log_figures(file, machine_time(clock_now() - std::chrono::hours(1)));
  if (!text.there)
    return add(findings, Level::warn, "text log", file.string() + " is not there",
               "the daemon makes it at its start");
  add(findings, text.errors == 0 ? Level::ok : Level::fail, "text log",
      fmt::format("in the last hour {} lines of a storage error, {} of a retry", text.errors,
                  text.retries),
      text.errors == 0 ? "" : "the newest: " + text.last_error);
}

void check_freshness(CheckResults& findings, const Place& place, bool running) {
  if (!there_is_a_log(place))
    return add(findings, Level::warn, "log", "there is none yet", "the daemon makes it");
  const auto open = open_log(place);
  if (!open) return add(findings, Level::fail, "log", open.error().what, open.error().remedy);
  const UtcTime now = house_now(open->snapshot);
  const auto figures = log_figures(*open, now);
  if (!figures) return add(findings, Level::fail, "log", figures.error().line());
  add(findings, Level::ok, "log",
      fmt::format("{} records in {}", figures->head.value, bytes_text(figures->bytes)));
  if (!figures->last_reading)
    return add(findings, Level::warn, "freshness", "no reading within a day",
               "wattledger inverter read");
  const auto age = std::chrono::floor<std::chrono::seconds>(now - *figures->last_reading);
  const bool fresh = age <= stale_after;
  add(findings, fresh || !running ? Level::ok : Level::fail, "freshness",
      "the newest reading is " + duration_text(age) + " old",
      fresh || !running ? "" : "wattledger status says what keeps the inverter from answering");
}

void check_projections(CheckResults& findings, const HouseState& house, const Place& place) {
  std::vector<std::string> wanted;
  if (place.config && place.config->sqlite.enabled) wanted.emplace_back("sqlite");
  if (place.config && place.config->json.enabled) wanted.emplace_back("json");
  for (const std::string& name : wanted)
    if (!house.projections.contains(name))
      add(findings, Level::fail, name, "the daemon does not feed it",
          "wattledger reload, or start it again with this configuration");
  for (const auto& [name, state] : house.projections) {
    const bool asked =
        !place.config || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (!asked)
      add(findings, Level::fail, name, "the daemon feeds it, and the configuration does not ask",
          "wattledger reload");
    else if (!state.fed())
      add(findings, Level::fail, name, state.message.empty() ? state.standing : state.message,
          "wattledger rollout migrate");
    else
      add(findings, state.lag > lag_large ? Level::warn : Level::ok, name,
          fmt::format("{}, {} records behind the log", state.standing, state.lag));
  }
}

void check_files(CheckResults& findings, const Place& place) {
  const fs::path directory = place.data / "out" / "energy_data";
  std::string newest;
  std::error_code error;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error))
    newest = std::max(newest, at->path().filename().string());
  add(findings, newest.empty() ? Level::warn : Level::ok, "files",
      newest.empty() ? directory.string() + " holds no file yet" : "the newest is " + newest,
      newest.empty() ? "it comes with the first reading" : "");
}

}  // namespace

CheckResults preflight(const Invocation& invocation, const Place& place, const Owner& owner) {
  CheckResults findings;
  check_directory(findings, "directory", place.data);
  const fs::path file = live_tables(place, owner);
  if (file.parent_path() != place.data) check_directory(findings, "database", file.parent_path());
  check_configuration(findings, invocation, place);
  const HouseState house = house_state(place, owner);
  check_service(findings, house);
  check_disk(findings, place, owner);
  check_tables(findings, place, file, !place.config || place.config->sqlite.enabled);
  check_freshness(findings, place, house.running);
  check_text_log(findings, place);
  return findings;
}

CheckResults verify_rollout(const Place& place, const Owner& owner) {
  CheckResults findings;
  const HouseState house = house_state(place, owner);
  check_service(findings, house);
  check_projections(findings, house, place);
  if (!place.config || place.config->sqlite.enabled)
    check_tables(findings, place, live_tables(place, owner), true);
  if (place.config && place.config->json.enabled) check_files(findings, place);
  check_freshness(findings, place, house.running);
  check_text_log(findings, place);
  return findings;
}

}  // namespace wattledger::tool
