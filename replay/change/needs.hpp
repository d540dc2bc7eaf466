// What a change needs of the house before it begins. Read-only.
#pragma once

#include "replay/change/change.hpp"

namespace wattledger::tool {

struct ChangeRules {
  bool consent = true;
  bool quiet = true;    // no forced charge or sale
  bool windows = true;  // changes.windows
  bool backup = true;   // a fresh verified one
};
// Pure. Without a configuration nobody says which environment it is.
[[nodiscard]] ChangeRules change_rules(const std::optional<config::Config>& config);

// conflict, saying until when, while the inverter is in a mode that we forced.
[[nodiscard]] Result<void> require_quiet(const Place& place);
// conflict outside the configuration's windows, saying when the next one opens.
[[nodiscard]] Result<void> require_window(const Place& place, bool anyway);
// not_found when the log knows of no verified backup as young as `fresh`.
[[nodiscard]] Result<void> require_backup(const Place& place, std::chrono::hours fresh);
// Recorded-at of the newest BackupTaken that succeeded, not before `since`.
[[nodiscard]] Result<std::optional<UtcTime>> last_backup(const log::Snapshot& snapshot,
                                                         UtcTime since);

[[nodiscard]] bool there_is_a_log(const Place& place);

}  // namespace wattledger::tool
