// The fact that a record of the older system tells, in this log's units. What a unit or a sign
// makes doubtful stays unknown: the record itself is kept beside it.
#pragma once

#include <string>
#include <vector>

#include "events/codec.hpp"
#include "events/time.hpp"
#include "replay/legacy_import/source_record.hpp"

namespace wattledger::tool {

// The event without its origins. `doubts` gets one line for each value that no house can have.
[[nodiscard]] fb::EventT event_of(const SourceRecord& record, UtcTime at, const ZoneOffsets& zone,
                                  std::vector<std::string>& doubts);

// The same record beside an event that tells its fact already.
[[nodiscard]] fb::EventT addition_of(const SourceRecord& record, UtcTime at,
                                     const ZoneOffsets& zone, Sequence event);

}  // namespace wattledger::tool
