// One record as one line for a person: sequence, local time, kind, key facts.
#pragma once

#include <string>

#include "log/reader.hpp"

namespace wattledger::tool {

// The facts that matter most at a glance: "SOC 64.0 %, battery -3000 W, …". Pure.
[[nodiscard]] std::string key_facts(const EventView& event, const ZoneOffsets& zone);

// "   1234  2025-10-26 02:15:00+02:00  ReadingRecorded           SOC 64.0 %, …". The time is the
// occurred-at.
[[nodiscard]] std::string record_line(const log::RecordView& record, const ZoneOffsets& zone);

// {"sequence":1234,"recorded_at":"…Z","kind":"ReadingRecorded","event":{…}}
[[nodiscard]] std::string record_json(const log::RecordView& record);

}  // namespace wattledger::tool
