// How what only shows reads a damaged log: on behind what cannot be read, and it says so at the
// end. What proves (audit verify, log verify, replay) stops there instead.
//
// Threads: any. What was met is kept once for the process, as a process is one command.
#pragma once

#include "log/reader.hpp"
#include "replay/command.hpp"

namespace wattledger::tool {

// A record that is damaged, or whose segment is missing.
[[nodiscard]] bool is_damage(const Error& error);

// As Snapshot::scan() and scan_occurred().
Result<void> scan_on(const log::Snapshot& snapshot, Sequence from, Sequence to,
                     const log::Snapshot::Each& each);
Result<void> scan_occurred_on(const log::Snapshot& snapshot, UtcTime from, UtcTime to,
                              const log::Snapshot::Each& each);

// Notes what was stepped over, and that the result lacks it: findings; else done.
[[nodiscard]] Exit tell_damage();

}  // namespace wattledger::tool
