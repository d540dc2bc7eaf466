// Where records of a time can stand, for who reads there in a way of their own;
// Snapshot::scan_occurred() reads them as they are.
#pragma once

#include <vector>

#include "log/reader.hpp"

namespace wattledger::log {

// Ascending, together all records with from <= occurred-at < to; they may hold others. Times that
// cannot be read are passed over.
[[nodiscard]] Result<std::vector<SequenceRange>> ranges_occurred(const Snapshot& snapshot,
                                                                 UtcTime from, UtcTime to);

}  // namespace wattledger::log
