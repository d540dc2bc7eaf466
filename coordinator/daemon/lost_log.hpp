// A data directory whose log is gone although tables, files or backups tell of one. A daemon that
// began a new log there would put its empty tables into the place of the old ones.
#pragma once

#include "coordinator/config/config.hpp"
#include "events/result.hpp"
#include "log/appender.hpp"

namespace wattledger::daemon {

// corrupt, naming what tells of the lost log and what brings it back; done where a log is, or where
// there never was one.
[[nodiscard]] Result<void> require_no_lost_log(const config::Config& config);

// That the log is still what stands under its name: who would go on with one that was deleted or
// moved away would lose all of it with his end. conflict, saying which.
[[nodiscard]] Result<void> require_log_in_place(const log::Log& log);
// On the way out: what a deleted log holds is written out again, and told; else nothing.
void keep_deleted_log(const log::Log& log, log::Appender& appender);

}  // namespace wattledger::daemon
