// The changes that a log knows: of the tool's verbs, and the daemon's own upkeep. Read-only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "log/reader.hpp"

namespace wattledger::tool {

inline constexpr const char* change_lock_directory = "changes";  // below the data
inline constexpr std::size_t change_id_shown = 8;                // hex digits

struct PastChange {
  Sequence started;
  std::string id;  // 32 hex digits; empty: the daemon's own have none
  std::string verb, arguments, by, detail;
  UtcTime started_at{};
  std::optional<Sequence> finished;
  std::optional<UtcTime> finished_at;
  fb::Result result = fb::Result::unknown;

  // "succeeded", "failed", "cancelled"; of one without an end "running" or "interrupted".
  [[nodiscard]] std::string outcome(bool at_work) const;
  [[nodiscard]] std::string name() const;  // what `change show` takes: the id's beginning, or #SEQ
};

// Newest first, at most `limit`: reads backwards, and over what is damaged.
[[nodiscard]] Result<std::vector<PastChange>> past_changes(const log::Snapshot& snapshot,
                                                           std::size_t limit);
// Of an id's beginning (four digits or more), or of a record as "#1234" or "1234". not_found;
// conflict when several begin so.
[[nodiscard]] Result<PastChange> find_change(const log::Snapshot& snapshot, const std::string& id);
// Of the last one of the verb that succeeded, within the newest changes.
[[nodiscard]] Result<std::optional<std::chrono::seconds>> last_duration(
    const log::Snapshot& snapshot, const std::string& verb);

}  // namespace wattledger::tool
