// Where the data lies: --data, else the configuration's, else ./wattledger-data, else
// ./wattledger-demo.
#pragma once

#include <filesystem>
#include <optional>

#include "coordinator/config/config.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"
#include "projections/fold/state.hpp"
#include "replay/command.hpp"

namespace wattledger::tool {

struct Place {
  std::filesystem::path data;            // absolute
  std::optional<config::Config> config;  // when --config was given
  [[nodiscard]] std::filesystem::path log() const { return data / "log"; }
};

// not_found, naming what was looked for, when there is no such directory.
[[nodiscard]] Result<Place> find_place(const Invocation& invocation);

// The log of a place, opened for reading, with one snapshot. `log` must outlive `snapshot`, hence
// the order.
struct OpenLog {
  log::Log log;
  log::Snapshot snapshot;
};
[[nodiscard]] Result<OpenLog> open_log(const Place& place);

// What time it is in the house: a demo's or a simulated one's stands still at its log's end while
// nobody runs it, for what is recorded later than its own days would forbid it to live them.
[[nodiscard]] UtcTime house_now(const log::Snapshot& snapshot);

// A zone by its name, from 2010 to 2034: what an import brings may be older than what a SiteAdopted
// tells. not_found for an unknown one.
[[nodiscard]] Result<ZoneOffsets> long_zone(const std::string& name);

// The house's time zone as the log has it: from its first SiteAdopted, else from its newest import,
// UTC when there is neither.
[[nodiscard]] ZoneOffsets house_zone(const log::Snapshot& snapshot);
// … and its name; empty when the log has none.
[[nodiscard]] std::string house_zone_name(const log::Snapshot& snapshot);
// Of the newest import that says one.
[[nodiscard]] std::string imported_zone_name(const log::Snapshot& snapshot);
[[nodiscard]] ZoneOffsets zone_of(const fb::SiteAdopted& site);

// The fold of the whole log, begun at a fold snapshot under `data` if one is valid. What cannot be
// read is stepped over, with a note.
[[nodiscard]] Result<fold::State> fold_all(const std::filesystem::path& data,
                                           const log::Snapshot& snapshot);

}  // namespace wattledger::tool
