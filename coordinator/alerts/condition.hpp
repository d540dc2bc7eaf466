// The conditions that an owner is told of, by the names that AlertRaised has. Plain values; the
// limits stand in judge.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "events/codec.hpp"

namespace wattledger::alerts {

enum class Condition : std::uint8_t {
  safety_stop,
  stale_data,
  inverter_silent,
  log_damaged,
  database_damaged,
  projection_lag,
  disk_space,
  backup_failed,
  backup_overdue,
  foreign_change,
  clock,
  crash
};

struct Named {
  Condition condition;
  std::string_view name;
  fb::Severity severity;
  std::chrono::seconds held;  // it must hold for as long before it is raised …
  std::chrono::seconds calm;  // … and be over for as long before it ends
  std::string_view unit;      // of measured and limit; "" where there are none
  bool rollback;              // one of the rollout playbook's rollback triggers
  std::string_view when;
};

using std::chrono::seconds;
inline constexpr std::array<Named, 12> conditions = {{
    {Condition::safety_stop, "safety_stop", fb::Severity::critical, seconds(0), seconds(0), "",
     false, "a fault of safety stands, and nothing is charged or sold"},
    {Condition::stale_data, "stale_data", fb::Severity::warning, seconds(0), seconds(120), "s",
     true, "no reading for longer than safety.stale_after_s: nothing is decided"},
    {Condition::inverter_silent, "inverter_silent", fb::Severity::critical, seconds(0),
     seconds(120), "", false, "the inverter does not answer, or repeats itself"},
    {Condition::log_damaged, "log_damaged", fb::Severity::critical, seconds(0), seconds(0),
     "records", false, "records of the log cannot be read"},
    {Condition::database_damaged, "database_damaged", fb::Severity::critical, seconds(0),
     seconds(0), "", true, "SQLite's check of its file finds damage"},
    {Condition::projection_lag, "projection_lag", fb::Severity::warning, seconds(600), seconds(60),
     "records", true, "tables or files are not fed, or far behind the log, for ten minutes"},
    {Condition::disk_space, "disk_space", fb::Severity::critical, seconds(0), seconds(0), "bytes",
     true, "less is free on the log's disk than health.disk_free_min_mb"},
    {Condition::backup_failed, "backup_failed", fb::Severity::warning, seconds(0), seconds(0), "",
     false, "the newest backup did not succeed"},
    {Condition::backup_overdue, "backup_overdue", fb::Severity::warning, seconds(0), seconds(0),
     "s", false, "none has succeeded for two days, and backup.enabled asks for one each night"},
    {Condition::foreign_change, "foreign_change", fb::Severity::warning, seconds(0), seconds(0), "",
     false, "somebody else changed the inverter's settings within the hour"},
    {Condition::clock, "clock", fb::Severity::warning, seconds(0), seconds(0), "", false,
     "nobody sets the computer's clock: only safety and emergency are decided"},
    {Condition::crash, "crash", fb::Severity::critical, seconds(0), seconds(0), "", true,
     "the program ended without its way down, within the hour before"},
}};

[[nodiscard]] constexpr const Named& named(Condition condition) {
  return conditions[static_cast<std::size_t>(condition)];
}

// nullptr for no condition of ours.
[[nodiscard]] constexpr const Named* condition_of(std::string_view name) {
  for (const Named& each : conditions)
    if (each.name == name) return &each;
  return nullptr;
}

}  // namespace wattledger::alerts
