// spdlog to stderr (short lines, for the journal) and to a rotating file,
// <data>/logs/master_coordinator.log, whose name and some of whose texts the legacy playbook greps
// for.
#pragma once

#include "coordinator/config/config.hpp"
#include "events/result.hpp"

namespace wattledger::daemon {

// `quiet`: only warnings on stderr, because a progress line stands there.
Result<void> start_logging(const config::Config& config, bool quiet);

}  // namespace wattledger::daemon
