#include "replay/place.hpp"

#include <algorithm>
#include <system_error>

#include "coordinator/config/secrets.hpp"
#include "log/file_owner.hpp"
#include "projections/damage.hpp"
#include "projections/fold_cache.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

// The daemon adopts its site before anything else.
constexpr std::uint64_t site_search_records_max = 10'000;

// Calls `found` with the house's site. Imports that stand in front have none and are passed over.
template <class Found>
void find_site(const log::Snapshot& snapshot, const Found& found) {
  Sequence first = snapshot.first();
  for (const log::ImportBatch& batch : snapshot.meta().batches)
    if (batch.started <= first && batch.finished >= first) first = batch.finished.next();
  const Sequence last{std::min(first.value + site_search_records_max, snapshot.head().value)};
  if (last < first) return;
  const auto scanned =
      snapshot.scan(first, last, [&](const log::RecordView& record) -> Result<bool> {
        const auto* site = record.event.as<fb::SiteAdopted>();
        if (site != nullptr) found(*site);
        return site == nullptr;
      });
  // A damaged record is the business of the command that reads it; times are then shown in UTC.
  (void)scanned;
}

bool there_is(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Result<fs::path> data_by_habit() {
  const fs::path house = "wattledger-data";
  const fs::path demo = "wattledger-demo";
  if (there_is(house)) {
    if (there_is(demo))
      note(
          "using ./wattledger-data; ./wattledger-demo is here too, --data wattledger-demo asks it");
    return house;
  }
  if (there_is(demo)) return demo;
  return fail(
      ErrorKind::not_found, "there is neither ./wattledger-data nor ./wattledger-demo here",
      "name the data directory with --data DIR or the daemon's configuration with --config FILE");
}

Result<fs::path> choose_data(const Invocation& invocation,
                             const std::optional<config::Config>& config) {
  if (!invocation.data.empty()) return fs::path(invocation.data);
  if (config) return config->data;
  return data_by_habit();
}

}  // namespace

Result<Place> find_place(const Invocation& invocation) {
  Place place;
  if (!invocation.config.empty()) {
    auto config = config::load_to_look(invocation.config);
    if (!config) return Failure(std::move(config).error());
    place.config = std::move(*config);
  }
  auto data = choose_data(invocation, place.config);
  if (!data) return Failure(std::move(data).error());
  if (!there_is(*data))
    return fail(
        ErrorKind::not_found, "no data directory " + data->string(),
        "check --data; wattledgerd makes it when it starts, and so does wattledger import legacy");
  std::error_code failed;
  place.data = fs::canonical(*data, failed);
  if (failed) return fail(ErrorKind::io, data->string() + ": " + failed.message());
  log::make_files_as_owner_of(place.data);
  return place;
}

Result<OpenLog> open_log(const Place& place) {
  if (!there_is(place.log()))
    return fail(
        ErrorKind::not_found,
        "no log in " + place.data.string() + " (its directory log/ is missing)",
        "check --data; a lost one comes back with 'wattledger backup restore' ('wattledger backup "
        "list' shows from what); where there never was one, wattledgerd makes it, and so does "
        "wattledger import legacy");
  auto log = log::Log::open(place.log());
  if (!log) return Failure(std::move(log).error());
  auto snapshot = log->snapshot();
  if (!snapshot) return Failure(std::move(snapshot).error());
  return OpenLog{std::move(*log), std::move(*snapshot)};
}

ZoneOffsets zone_of(const fb::SiteAdopted& site) {
  std::vector<ZoneOffsets::Transition> transitions;
  if (site.transitions() != nullptr)
    for (const fb::ZoneTransition* each : *site.transitions())
      transitions.push_back({utc_from_us(each->at_us()), std::chrono::seconds(each->offset_s())});
  return ZoneOffsets(std::move(transitions));
}

std::string imported_zone_name(const log::Snapshot& snapshot) {
  std::string name;
  const auto& batches = snapshot.meta().batches;
  for (auto batch = batches.rbegin(); batch != batches.rend() && name.empty(); ++batch) {
    const auto scanned = snapshot.scan(batch->started, batch->started,
                                       [&](const log::RecordView& record) -> Result<bool> {
                                         const auto* started = record.event.as<fb::ImportStarted>();
                                         if (started != nullptr && started->zone() != nullptr)
                                           name = started->zone()->str();
                                         return true;
                                       });
    (void)scanned;  // as with a site
  }
  return name;
}

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

UtcTime house_now(const log::Snapshot& snapshot) {
  const bool own_time = snapshot.meta().demo && snapshot.head() != Sequence{0};
  return own_time ? snapshot.meta().head_recorded_at : clock_now();
}

ZoneOffsets house_zone(const log::Snapshot& snapshot) {
  std::optional<ZoneOffsets> zone;
  find_site(snapshot, [&](const fb::SiteAdopted& site) { zone = zone_of(site); });
  if (zone) return *zone;
  const std::string imported = imported_zone_name(snapshot);
  if (imported.empty()) return {};
  auto named = long_zone(imported);
  return named ? *std::move(named) : ZoneOffsets();
}

std::string house_zone_name(const log::Snapshot& snapshot) {
  std::string name;
  find_site(snapshot, [&](const fb::SiteAdopted& site) {
    if (site.zone() != nullptr) name = site.zone()->str();
  });
  return name.empty() ? imported_zone_name(snapshot) : name;
}

Result<fold::State> fold_all(const fs::path& data, const log::Snapshot& snapshot) {
  fold::State state;
  Sequence from = snapshot.first();
  auto remembered = projections::FoldCache(data / "cache").find(snapshot, snapshot.head());
  if (remembered.snapshot) {
    state = std::move(remembered.snapshot->state);
    from = remembered.snapshot->sequence.next();
  }
  projections::Damage damage;
  const auto scanned = projections::scan_over_damage(
      snapshot, from, snapshot.head(),
      [&](const log::RecordView& record) -> Result<bool> {
        fold::evolve(state, record.sequence, record.recorded_at, record.event);
        return true;
      },
      damage);
  if (!scanned) return Failure(scanned.error());
  if (damage.records > 0)
    note("the log is damaged: " + projections::damage_text(damage) +
         "; run wattledger log verify for the whole extent");
  return state;
}

}  // namespace wattledger::tool
