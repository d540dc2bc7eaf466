#include "coordinator/daemon/chores.hpp"

#include <spdlog/spdlog.h>

#include "coordinator/daemon/beginning.hpp"
#include "projections/live/staging.hpp"

namespace wattledger::daemon {
namespace {

constexpr std::chrono::minutes room_look_every{1};
constexpr std::chrono::hours tidy_every{1};
constexpr std::chrono::minutes telling_again_after{10};

}  // namespace

Chores::Chores(const config::Config& config, Clock& clock, Journal& journal, const OwnLog& log,
               LookAtRoom room)
    : config_(config),
      clock_(clock),
      journal_(journal),
      log_(log.log),
      room_(std::move(room)),
      health_(config, clock, journal, log.log, log.appender) {
  if (clock_.simulated()) return;
  alerts_.emplace(config_, journal_, log_);
  if (log.demo) return;
  if (config_.backup.enabled) backups_.emplace(config_, journal_, log.log, log.appender);
  if (config_.tiers.enabled) tiers_.emplace(config_, journal_, log.log, log.lock);
}

Result<void> tell_started(Journal& journal, const projections::LiveProjections& live,
                          const projections::LiveStart& start, const StartTold& told) {
  for (const projections::TargetReport& target : start.targets) spdlog::info("{}", target.message);
  projections::Building building;
  building.reason = told.reason;
  building.took = start.took;
  for (fb::EventT& event : projections::events_of(start.rebuilt, {}, building)) {
    event.source = told.source;
    const auto recorded = journal.record(std::move(event), log::Urgency::telemetry);
    if (!recorded) return Failure(recorded.error());
  }
  bool all_fed = true;
  for (const projections::LiveStatus& status : live.status()) {
    if (status.fed) continue;
    all_fed = false;
    // Asked for by a reload: whoever asked builds it now.
    if (status.standing == projections::TargetStanding::other_version && told.reason == "reloaded")
      spdlog::warn("{}", status.message);
    else
      spdlog::error("Failed to connect {}: {}", status.projection, status.message);
  }
  if (all_fed) spdlog::info("Storage layer initialized");
  return {};
}

void Chores::take_projections(const projections::LiveProjections& live, ProjectionThread& thread,
                              fb::Source source) {
  live_ = &live;
  health_.take_projections(live);
  thread_ = &thread;
  source_ = source;
  sqlite_ = config_.sqlite.enabled;
  if (!clock_.simulated()) upkeep_.emplace(journal_, thread);
}

Result<void> Chores::look(UtcTime now) {
  WATTLEDGER_TRY(tell_damage());
  tell_scarce_room(now);
  tidy_staging(now);
  WATTLEDGER_TRY(tell_switched());
  if (upkeep_ && sqlite_) WATTLEDGER_TRY(upkeep_->look(now));
  if (backups_) WATTLEDGER_TRY(backups_->look(now));
  if (tiers_) WATTLEDGER_TRY(tiers_->look(now));
  return look_for_alerts(now);
}

Result<void> Chores::look_for_alerts(UtcTime now) {
  if (!alerts_) return {};
  begin_telling(now);
  return alerts_->look(now, {live_, upkeep_ ? upkeep_->finding() : std::nullopt, disk_free_});
}

// Before the first alert is raised: what the log holds already is not told by who begins.
void Chores::begin_telling(UtcTime now) {
  if (teller_ || config_.alerts.empty()) return;
  if (telling_tried_at_ && now < *telling_tried_at_ + telling_again_after &&
      now >= *telling_tried_at_)
    return;
  telling_tried_at_ = now;
  auto post = alerts::Post::open(
      log_, config_.data / "alerts.sent", config_.alerts, config_.site.name,
      [](const config::AlertReceiver& receiver, const alerts::Message& message,
         const std::stop_token& stop) { return alerts::send(receiver, message, {}, stop); });
  if (!post) {
    spdlog::error("nobody is told of alerts: {}", post.error().line());
    return;
  }
  teller_ = std::make_unique<AlertThread>(clock_, *std::move(post));
  teller_->start();
}

Result<void> Chores::close() {
  health_.close(clock_.now());
  if (tiers_) WATTLEDGER_TRY(tiers_->close());
  return backups_ ? backups_->close() : Result<void>();
}

Result<void> Chores::tell_damage() {
  projections::Damage damage = journal_.damage();
  if (live_ != nullptr) {
    projections::Damage seen = live_->damage();
    if (seen.records > damage.records) damage = std::move(seen);
  }
  if (damage.records <= damaged_told_) return {};
  damaged_told_ = damage.records;
  return raise_log_damaged(journal_, damage);
}

Result<void> Chores::tell_switched() {
  const auto switched = thread_ != nullptr ? thread_->switched() : std::nullopt;
  if (!switched) return {};
  if (!*switched) {
    spdlog::error("Failed to connect the projections of the new configuration: {}",
                  switched->error().line());
    return {};
  }
  WATTLEDGER_TRY(tell_started(journal_, *live_, **switched, {"reloaded", source_}));
  health_.write_next();
  return {};
}

// Whatever an adoption or an unfinished rebuild left a day ago. The disk's times are the machine's,
// which a simulation does not live in.
void Chores::tidy_staging(UtcTime now) {
  if (clock_.simulated()) return;
  if (tidied_at_ && now < *tidied_at_ + tidy_every && now >= *tidied_at_) return;
  tidied_at_ = now;
  for (const auto& path :
       projections::remove_old_staging(config_.data, std::filesystem::file_time_type::clock::now()))
    spdlog::info("{} was a day old and is removed", path.string());
}

// Once a minute; each scarcity is said when it begins.
void Chores::tell_scarce_room(UtcTime now) {
  if (room_looked_at_ && now < *room_looked_at_ + room_look_every && now >= *room_looked_at_)
    return;
  room_looked_at_ = now;
  const auto room = room_(log_);
  if (!room) return;  // a disk that does not even say is the next commit's to tell
  health_.take_room(*room);
  disk_free_ = room->disk_free;
  std::set<log::Scarce> scarce;
  for (const log::RoomWarning& warning : log::room_warnings(*room)) {
    scarce.insert(warning.what);
    if (!scarce_told_.contains(warning.what)) spdlog::warn("{}", warning.line);
  }
  scarce_told_ = std::move(scarce);
}

}  // namespace wattledger::daemon
