// What a start takes from the log beside the folded state: the last weeks, read once for all who
// remember them.
#pragma once

#include "coordinator/daemon/forecaster.hpp"
#include "coordinator/sources/fetch/news.hpp"
#include "log/reader.hpp"

namespace wattledger::daemon {

// Tells the forecaster, and returns what the sources said. Records that are damaged, or whose
// segment is missing, are stepped over.
[[nodiscard]] Result<sources::ToldBefore> recollect(const log::Snapshot& snapshot, UtcTime now,
                                                    Forecaster& forecaster);

}  // namespace wattledger::daemon
