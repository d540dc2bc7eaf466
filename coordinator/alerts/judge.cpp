#include "coordinator/alerts/judge.hpp"

#include "coordinator/alerts/message.hpp"

namespace wattledger::alerts {
namespace {

using std::chrono::hours;

Holding calm() { return {}; }

Holding fault(const std::optional<std::string>& detail) {
  return {detail.has_value(), {}, {}, detail.value_or("")};
}

// A clock that was set back makes nothing older.
std::chrono::seconds age(UtcTime then, UtcTime now) {
  return std::chrono::duration_cast<seconds>(now > then ? now - then : UtcTime::duration(0));
}

std::string in_hours(std::chrono::seconds time) {
  return std::to_string(std::chrono::duration_cast<hours>(time).count()) + " h";
}

std::optional<Holding> stale(const Facts& facts) {
  if (!facts.stale_after) return std::nullopt;
  // What is older than this program says nothing of it.
  const UtcTime from = std::max(facts.reading_at.value_or(facts.started), facts.started);
  const auto old = age(from, facts.now);
  if (old <= *facts.stale_after) return calm();
  return Holding{true, old.count(), facts.stale_after->count(),
                 "no reading for " + std::to_string(old.count()) +
                     " s; decisions need one of the last " +
                     std::to_string(facts.stale_after->count()) + " s"};
}

std::optional<Holding> lag(const Facts& facts) {
  if (!facts.projections) return std::nullopt;
  for (const Facts::Projection& each : *facts.projections) {
    if (!each.fed) return Holding{true, {}, {}, each.name + " is not fed: " + each.why};
    if (each.behind > lag_records)
      return Holding{true, each.behind, lag_records,
                     each.name + " is " + std::to_string(each.behind) + " records behind the log"};
  }
  return calm();
}

std::optional<Holding> disk(const Facts& facts, bool stands) {
  if (!facts.disk_free) return std::nullopt;
  const std::uint64_t margin = stands ? facts.disk_free_min / disk_margin_divisor : 0;
  if (*facts.disk_free >= facts.disk_free_min + margin) return calm();
  constexpr unsigned mib = 20;
  return Holding{true, static_cast<std::int64_t>(*facts.disk_free),
                 static_cast<std::int64_t>(facts.disk_free_min),
                 std::to_string(*facts.disk_free >> mib) +
                     " MiB are free on the log's disk, fewer than " +
                     std::to_string(facts.disk_free_min >> mib)};
}

Holding overdue(const Facts& facts) {
  const Facts::Backups& backups = facts.backups;
  if (!backups.wanted) return calm();
  const auto old = age(backups.taken.value_or(backups.since), facts.now);
  if (old <= backup_overdue_after) return calm();
  return {true, old.count(), seconds(backup_overdue_after).count(),
          backups.taken ? "the newest backup is " + in_hours(old) + " old"
                        : "no backup has succeeded for " + in_hours(old)};
}

Holding passing(bool happened, UtcTime at, std::chrono::hours lasts, const Facts& facts,
                const char* what) {
  if (!happened || age(at, facts.now) >= lasts) return calm();
  return {true, {}, {}, what + local_time_text(at, facts.zone.offset_at(at))};
}

}  // namespace

std::optional<Holding> judge(Condition condition, const Facts& facts, bool stands) {
  switch (condition) {
    case Condition::safety_stop:
      return fault(facts.safety_fault);
    case Condition::stale_data:
      return stale(facts);
    case Condition::inverter_silent:
      return fault(facts.inverter_fault);
    case Condition::log_damaged:
      return fault(facts.log_fault);
    case Condition::database_damaged:
      if (!facts.database_finding) return std::nullopt;
      if (*facts.database_finding == "ok") return calm();
      return Holding{true,
                     {},
                     {},
                     *facts.database_finding +
                         "; move the file away, and wattledger replay builds it anew from the log"};
    case Condition::projection_lag:
      return lag(facts);
    case Condition::disk_space:
      return disk(facts, stands);
    case Condition::backup_failed:
      return fault(facts.backups.failure);
    case Condition::backup_overdue:
      return overdue(facts);
    case Condition::foreign_change:
      return passing(facts.foreign_change_at.has_value(),
                     facts.foreign_change_at.value_or(UtcTime{}), foreign_change_lasts, facts,
                     "somebody else changed the inverter's settings at ");
    case Condition::clock:
      return fault(facts.clock_fault);
    case Condition::crash:
      return passing(facts.crashed, facts.started, crash_lasts, facts,
                     "the run before ended without its way down; this one began at ");
  }
  return std::nullopt;
}

std::vector<News> Judge::look(const Facts& facts) {
  std::vector<News> news;
  for (const Named& each : conditions) {
    const auto open = open_.find(each.condition);
    const bool standing = open != open_.end();
    const auto holding = judge(each.condition, facts, standing);
    if (!holding || holding->holds == standing) {
      turned_.erase(each.condition);
      continue;
    }
    const auto turned = turned_.emplace(each.condition, facts.now).first;
    if (turned->second > facts.now) turned->second = facts.now;  // the clock was set back
    if (facts.now - turned->second < (standing ? each.calm : each.held)) continue;
    News told{each.condition, !standing, *holding, {}};
    if (standing) told.of = open->second;
    news.push_back(std::move(told));
  }
  return news;
}

}  // namespace wattledger::alerts
