// Which projections a data directory has, by its configuration or, without one, by what lies there.
#pragma once

#include <vector>

#include "coordinator/control/status.hpp"
#include "projections/live/live_projections.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

// The options that the owner of the live projections has: the configuration's; without one SQLite,
// and JSON if files of ours are there.
[[nodiscard]] projections::LiveOptions live_options(const Place& place);

// How far each has come, by its checkpoint alone. Opens nothing for writing.
[[nodiscard]] std::vector<ProjectionHere> projections_here(const Place& place,
                                                           const log::Meta& meta);
// The same as the status has it.
[[nodiscard]] std::vector<control::ProjectionStatus> projection_status(const Place& place,
                                                                       const log::Meta& meta);

}  // namespace wattledger::tool
