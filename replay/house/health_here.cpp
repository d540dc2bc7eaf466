#include "replay/house/health_here.hpp"

#include <nlohmann/json.hpp>

#include "coordinator/health/history.hpp"
#include "coordinator/sources/fetch/configured.hpp"
#include "log/room.hpp"
#include "projections/damage.hpp"
#include "replay/display.hpp"
#include "replay/house/projections_here.hpp"
#include "replay/house/submit.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using std::chrono::seconds;

constexpr std::size_t health_file_bytes_max = 64U * 1024U;

// One that was not written anew for three times as long as it should be is stale.
bool is_stale(UtcTime at, std::optional<seconds> every, UtcTime now) {
  return now - at > 3 * every.value_or(config::HealthConfig{}.every);
}

Result<control::ReadHealth> file_of(const Place& place) {
  const auto text = read_regular_file(place.data / "health.json", health_file_bytes_max);
  if (!text) return Failure(text.error());
  return control::read_health(*text);
}

// The last weeks for the figures, and what came before them for the newest of each.
health::HealthHistory history_of(const log::Snapshot& snapshot, UtcTime now,
                                 projections::Damage& damage) {
  health::HealthHistory history;
  const auto first_of = [&](std::chrono::hours span) {
    const auto before = snapshot.known_at(now - span);
    return before ? before->next() : snapshot.first();
  };
  const Sequence recent = first_of(health::history_span);
  const Sequence older = first_of(health::drill_age_max);
  const auto scan = [&](Sequence from, Sequence to, auto take) {
    if (to < from) return;
    (void)projections::scan_over_damage(
        snapshot, from, to,
        [&](const log::RecordView& record) -> Result<bool> {
          take(record);
          return true;
        },
        damage);
  };
  scan(recent, snapshot.head(), [&](const log::RecordView& record) {
    history.take(record.sequence, record.recorded_at, record.event);
  });
  if (history.wants_older() && recent.value > 1)
    scan(older, Sequence{recent.value - 1}, [&](const log::RecordView& record) {
      history.take_older(record.sequence, record.recorded_at, record.event);
    });
  history.looked_back();
  return history;
}

std::vector<health::ProjectionFacts> projection_facts(const Place& place,
                                                      const log::Snapshot& snapshot) {
  std::vector<health::ProjectionFacts> facts;
  for (const ProjectionHere& each : projections_here(place, snapshot.meta())) {
    health::ProjectionFacts fact;
    fact.name = each.name;
    fact.fed = each.standing == "current" || each.standing == "behind" || each.standing == "empty";
    fact.message = each.message.empty() ? each.standing : each.message;
    fact.lag = snapshot.head().value - std::min(snapshot.head(), each.sequence).value;
    facts.push_back(std::move(fact));
  }
  return facts;
}

std::optional<UtcTime> first_recorded(const log::Snapshot& snapshot) {
  if (snapshot.head() == Sequence{0}) return std::nullopt;
  const auto first = snapshot.at(snapshot.first());
  return first ? std::optional(first->recorded_at) : snapshot.meta().head_recorded_at;
}

Result<HealthHere> of_daemon(const Place& place, const std::string& status) {
  const auto json = nlohmann::ordered_json::parse(status, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("health"))
    return fail(ErrorKind::corrupt, "the daemon's status tells no health",
                "use the tool of the daemon's own version");
  if (json["health"].is_null())
    return fail(ErrorKind::not_found,
                "the daemon has not judged its health yet: it has just begun, or lives through a "
                "simulated past first",
                "ask again in a minute");
  HealthHere here;
  here.json = json["health"].dump();
  auto read = control::read_health(here.json);
  if (!read) return Failure(read.error());
  here.report = std::move(read->report);
  here.every = read->every;
  if (const auto open = open_log(place)) here.zone = house_zone(open->snapshot);
  const UtcTime now = clock_now();
  if (is_stale(here.report.at, here.every, now)) {
    health::mark_stale(here.report, now);
    here.json = control::health_json(here.report, here.zone, here.every);
  }
  return here;
}

}  // namespace

health::HealthReport judge_from_log(const Place& place, const OpenLog& open,
                                    const fold::State& state, const std::string& holder) {
  const UtcTime now = house_now(open.snapshot);
  health::HealthFacts facts;
  projections::Damage damage;
  const health::HealthHistory history = history_of(open.snapshot, now, damage);
  facts.demo = open.snapshot.meta().demo;
  facts.daemon.holder = holder;
  facts.log_since = first_recorded(open.snapshot);
  facts.state = &state;
  facts.log = health::LogFacts{
      open.snapshot.head(), open.log.file_bytes(), damage.records - damage.cold, {}};
  facts.projections = projection_facts(place, open.snapshot);
  const config::Config usual;
  const config::Config& config = place.config ? *place.config : usual;
  if (const auto room = log::room_of(open.log)) {
    facts.disk = health::DiskFacts{room->disk_free, config.health.disk_free_min};
    facts.map = health::MapFacts{room->used, room->map, room->map_grows};
  }
  history.tell(facts, now);
  if (place.config)
    std::erase_if(facts.sources->failing, [&](const health::SourceFacts::Failing& each) {
      return !sources::still_asked(*place.config, each.provider);
    });
  facts.sources->prices_wanted = place.config && config.sources.prices != config::PriceSource::none;
  facts.backup->wanted = config.backup.enabled;
  return health::judge_health(facts, now);
}

Result<HealthHere> health_here(const Place& place) {
  auto answer = ask_daemon(place, "status", "{}");
  if (answer && *answer) return of_daemon(place, **answer);
  if (!answer) note(answer.error().line());
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto state = fold_all(place.data, open->snapshot);
  if (!state) return Failure(state.error());
  HealthHere here;
  here.report =
      judge_from_log(place, *open, *state, log::writer_lock_holder(place.log()).value_or(""));
  here.zone = state->site.zone;
  here.json = control::health_json(here.report, here.zone, std::nullopt);
  if (const auto file = file_of(place); file && is_stale(file->report.at, file->every, clock_now()))
    here.remark = "health.json is of " + local_text(file->report.at, here.zone) +
                  " and is not refreshed: it says nothing of now";
  return here;
}

}  // namespace wattledger::tool
