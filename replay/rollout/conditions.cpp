// The three conditions of tables alone, and the triggers of a rollback.
#include <fmt/format.h>
#include <unistd.h>

#include "projections/rebuild.hpp"
#include "replay/change/history.hpp"
#include "replay/comparison.hpp"
#include "replay/display.hpp"
#include "replay/progress.hpp"
#include "replay/rollout/checks.hpp"

namespace wattledger::tool {
namespace {

constexpr std::size_t retries_per_hour = 10;        // the playbook's
constexpr std::chrono::minutes created_within{10};  // the playbook's
constexpr std::chrono::minutes decided_within{20};  // a slot and a little
constexpr std::chrono::seconds shown_within{600};   // as the older system's diagnosis
constexpr std::chrono::seconds answered_within{300};
constexpr std::chrono::days drilled_within{90};

// Since when both have been kept without a change of the mode: by the last rollout that ended well.
Result<std::optional<UtcTime>> both_since(const log::Snapshot& snapshot) {
  const auto changes = past_changes(snapshot, 1'000);
  if (!changes) return Failure(changes.error());
  for (const PastChange& each : *changes) {
    if (each.verb.rfind("rollout ", 0) != 0 || each.result != fb::Result::succeeded) continue;
    if (each.verb == "rollout migrate") continue;  // changes no mode
    const bool both = each.detail.rfind("both", 0) == 0;
    return both ? each.finished_at : std::optional<UtcTime>{};
  }
  return std::optional<UtcTime>{};
}

CheckResult days_of_both(const Place& place, const OpenLog& open, std::uint64_t days) {
  const std::string check = "days of both";
  const auto since = both_since(open.snapshot);
  if (!since) return {Level::fail, check, since.error().line(), {}};
  if (!place.config || mode_of(*place.config) != Mode::both || !*since)
    return {Level::fail, check,
            fmt::format("the log knows of no rollout to both that still holds; {} days are wanted",
                        days),
            "wattledger rollout deploy --mode both"};
  const auto age = std::chrono::floor<std::chrono::seconds>(house_now(open.snapshot) - **since);
  const bool long_enough = age >= std::chrono::days(days);
  const auto text = text_log_figures(text_log_file(place), std::string());
  if (text.errors != 0)
    return {Level::fail, check,
            fmt::format("{} of both, and the text log has {} lines of a storage error",
                        duration_text(age), text.errors),
            "see why: " + text.last_error};
  return {long_enough ? Level::ok : Level::fail, check,
          fmt::format("{} of both without a storage error, {} days are wanted", duration_text(age),
                      days),
          long_enough ? "" : "wait"};
}

// A strategy works when a backup was restored, not when it was written.
CheckResult drilled_backup(const OpenLog& open) {
  const UtcTime now = house_now(open.snapshot);
  std::optional<UtcTime> taken, drilled;
  std::optional<std::uint64_t> differences;
  const auto from = open.snapshot.first_recorded_at_or_after(now - drilled_within);
  if (!from) return {Level::fail, "backup", from.error().line(), {}};
  const auto read = [&](const log::RecordView& record) -> Result<bool> {
    if (const auto* backup = record.event.as<fb::BackupTaken>();
        backup != nullptr && backup->result() == fb::Result::succeeded)
      taken = record.recorded_at;
    if (const auto* drill = record.event.as<fb::BackupDrilled>()) {
      drilled.reset();  // the last one counts, however it ended
      if (drill->result() == fb::Result::succeeded) drilled = record.recorded_at;
      differences = drill->differences() ? std::optional(*drill->differences()) : std::nullopt;
    }
    return true;
  };
  if (from->value != 0)
    if (const auto scanned = open.snapshot.scan(*from, open.snapshot.head(), read); !scanned)
      return {Level::fail, "backup", scanned.error().line(), {}};
  const auto shown = [&](const std::optional<UtcTime>& at) {
    return at ? local_text(*at, house_zone(open.snapshot)) : std::string("never");
  };
  const bool good = taken && drilled && differences.value_or(0) == 0;
  return {good ? Level::ok : Level::fail, "backup",
          fmt::format("last taken {}, last drilled well {}, {} differences", shown(taken),
                      shown(drilled), differences ? std::to_string(*differences) : "unknown"),
          good ? "" : "wattledger backup create, then wattledger backup drill"};
}

CheckResult all_in_tables(const Invocation& invocation, const Place& place, const Owner& owner) {
  const std::string check = "all in tables";
  const auto log = log::Log::open(place.log());
  if (!log) return {Level::fail, check, log.error().line(), {}};
  Wanted wanted = owner.wanted(place);
  wanted.json = false;
  projections::CompareLiveOptions compare;
  compare.aside = place.data / "staging" / fmt::format("rollout-{}", ::getpid());
  Progress progress(invocation, "comparing");
  compare.progress = [&](Sequence done, Sequence head) { progress.at(done.value, head.value); };
  const auto compared = projections::compare_live(*log, live_places(place, wanted), compare);
  if (!compared) return {Level::fail, check, compared.error().line(), {}};
  std::uint64_t rows = 0;
  for (const auto& [table, count] : table_figures(wanted.sqlite_file).rows)
    rows += static_cast<std::uint64_t>(count);
  const bool same = compared->differences.empty();
  return {same ? Level::ok : Level::fail, check,
          same ? fmt::format("{} rows of the playbook's tables, each as the log gives it", rows)
               : differences_text(*compared, "the log"),
          same ? "" : "wattledger rollout migrate"};
}

CheckResult trigger(std::string name, bool fires, std::string text, std::string threshold) {
  return {fires ? Level::fail : Level::ok, std::move(name),
          std::move(text) + " (rollback " + std::move(threshold) + ")",
          fires ? "wattledger rollout rollback" : ""};
}

std::string age_text(const std::optional<UtcTime>& at, UtcTime now) {
  return at ? duration_text(std::chrono::floor<std::chrono::seconds>(now - *at)) + " ago"
            : std::string("not within a day");
}

}  // namespace

CheckResults database_only_conditions(const Invocation& invocation, const Place& place,
                                      const Owner& owner, std::uint64_t days) {
  CheckResults findings;
  {
    const auto open = open_log(place);
    if (!open) return {{Level::fail, "log", open.error().what, open.error().remedy}};
    findings.push_back(days_of_both(place, *open, days));
    findings.push_back(drilled_backup(*open));
  }
  findings.push_back(all_in_tables(invocation, place, owner));
  return findings;
}

CheckResults rollback_triggers(const Look& look, bool tables_wanted) {
  const auto& [now, zone, started, log, tables, text] = look;
  CheckResults findings;
  if (tables_wanted) {
    const bool late = !tables.there && started && now - *started > created_within;
    findings.push_back(trigger("database file", late, tables.there ? "there" : "not there",
                               "when missing 10 min after the start"));
    const auto shown = tables.newest.find("system_state");
    const std::string limit = iso_text(zone.to_local(now - shown_within));
    const bool no_data =
        started && now - *started > shown_within &&
        (shown == tables.newest.end() || shown->second.substr(0, 19) < limit.substr(0, 19));
    findings.push_back(trigger("dashboard", no_data,
                               shown == tables.newest.end()
                                   ? std::string("no state to show")
                                   : "its newest state is of " + shown->second,
                               "when older than 10 min"));
  }
  findings.push_back(trigger("retries", text.retries > retries_per_hour,
                             fmt::format("{} in the last hour", text.retries), "above 10"));
  const bool blocked = started && now - *started > decided_within &&
                       (!log.last_decision || now - *log.last_decision > decided_within);
  findings.push_back(trigger("decisions", blocked, "the last " + age_text(log.last_decision, now),
                             "when older than 20 min"));
  findings.push_back(trigger("storage errors", text.errors != 0,
                             fmt::format("{} in the last hour", text.errors), "at the first"));
  const bool hangs = started && now - *started > answered_within &&
                     (!log.last_reading || now - *log.last_reading > answered_within);
  findings.push_back(trigger(
      "crashes", log.crashes != 0 || hangs,
      fmt::format("{} in a day; the last reading {}", log.crashes, age_text(log.last_reading, now)),
      "at the first, or when the last reading is older than 5 min"));
  return findings;
}

}  // namespace wattledger::tool
