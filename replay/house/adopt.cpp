#include "replay/house/adopt.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "replay/house/projections_here.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

// The daemon folds the log anew for it; a year's takes minutes on a small machine.
constexpr std::chrono::minutes adoption_time_max{10};

Wanted wanted_here(const Place& place) {
  const projections::LiveOptions live = live_options(place);
  Wanted wanted;
  wanted.sqlite = live.sqlite;
  wanted.json = live.json;
  wanted.json_selling_files = live.json_selling_files;
  wanted.schema = live.sqlite_schema;
  wanted.sqlite_file =
      live.sqlite_file.empty() ? place.data / "goodwe_energy.db" : live.sqlite_file;
  return wanted;
}

// The daemon records the same itself when it adopts.
Result<void> record_adopted(log::Log& log, const log::WriterLock& lock,
                            const projections::Adopted& adopted,
                            const projections::StageReport& report) {
  projections::Building building;
  building.reason = report.reason;
  if (report.rows_derived != 0) {  // else nothing was built: an undo
    building.rows = report.rows_derived;
    building.took = report.took;
  }
  for (fb::EventT& event : projections::events_of(adopted, asker(), building)) {
    const auto appended = append_locked(log, lock, std::move(event));
    if (!appended) return Failure(appended.error());
  }
  return {};
}

Result<std::string> adopt_locked(const Place& place, const std::filesystem::path& staged,
                                 const projections::StageReport& report) {
  const auto lock = take_lock(place);
  if (!lock) return Failure(lock.error());
  auto log = log::Log::open(place.log());
  if (!log) return Failure(log.error());
  projections::LiveOptions options = live_options(place);
  for (const projections::StagedProjection& each : report.projections) {
    options.sqlite = options.sqlite || each.name == "sqlite";
    options.json = options.json || each.name == "json";
  }
  projections::LiveProjections live(*log, options);
  if (const auto started = live.start(); !started) return Failure(started.error());
  const auto adopted = live.adopt(staged);
  if (!adopted) return Failure(adopted.error());
  WATTLEDGER_TRY(record_adopted(*log, *lock, *adopted, report));
  if (const auto caught_up = live.catch_up(); !caught_up) return Failure(caught_up.error());
  WATTLEDGER_TRY(live.settle());
  return std::string("wattledger, as no daemon is running");
}

Result<std::string> adopt(const Place& place, const std::filesystem::path& staged,
                          const projections::StageReport& report) {
  const auto answer =
      ask_daemon(place, "adopt",
                 nlohmann::json{{"staged", staged.string()},
                                {"reason", report.reason},
                                {"rows", report.rows_derived},
                                {"took_ms", static_cast<std::uint64_t>(report.took.count())}}
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                 adoption_time_max);
  if (!answer) return Failure(answer.error());
  return *answer ? std::string("the daemon") : adopt_locked(place, staged, report);
}

}  // namespace

Owner house_owner() { return {wanted_here, adopt, projections_here}; }

}  // namespace wattledger::tool
