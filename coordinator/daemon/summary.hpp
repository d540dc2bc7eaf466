// What a run left in the log, for a person: counts, energies by the meter, what was paid.
#pragma once

#include <string>

#include "events/result.hpp"
#include "log/log.hpp"

namespace wattledger::daemon {

// A few aligned lines about every record of the log.
[[nodiscard]] Result<std::string> summarize(const log::Log& log);

}  // namespace wattledger::daemon
