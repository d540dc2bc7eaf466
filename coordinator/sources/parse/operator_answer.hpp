// What the answers of the Polish operator's API have in common, whatever the report. For this part
// only. Pure. Source: api.raporty.pse.pl (Microsoft's Data API builder behind it: $first, $after,
// nextLink).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/sources/parse/answer.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

// The list `value`. rejected with the operator's words for {"error": …}; invalid_input without a
// list.
[[nodiscard]] Result<const Json*> operator_records(const Json& answer, const AnswerDoor& door);
// Address of the next page; empty on the last one.
[[nodiscard]] std::string operator_next_page(const Json& answer);
// "2025-10-05 00:15[:00[.000]]" of a field that is UTC by its name.
[[nodiscard]] std::optional<UtcTime> utc_field(const Json& record, std::string_view name);
// publication_ts_utc, or publication_ts in the operator's zone.
[[nodiscard]] std::optional<UtcTime> publication(const Json& record, const ZoneOffsets& zone);

}  // namespace wattledger::sources
