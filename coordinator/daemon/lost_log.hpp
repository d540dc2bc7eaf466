// A data directory whose log is gone although tables, files or backups tell of one. A daemon that
// began a new log there would put its empty tables into the place of the old ones.
#pragma once

#include "coordinator/config/config.hpp"
#include "events/result.hpp"

namespace wattledger::daemon {

// corrupt, naming what tells of the lost log and what brings it back; done where a log is, or where
// there never was one.
[[nodiscard]] Result<void> require_no_lost_log(const config::Config& config);

}  // namespace wattledger::daemon
