// A plan's hours ahead as one sentence, in the reader's language.
#pragma once

#include <string>
#include <string_view>

#include "events/codec.hpp"
#include "events/time.hpp"
#include "projections/fold/language.hpp"

namespace wattledger::fold {

// Who reads, and when.
struct PlanReader {
  UtcTime now;
  const ZoneOffsets& zone;
  std::string_view currency;
  Language language = Language::english;
};

// The slot that holds `now`; as many as there are where the plan is over, 0 before it begins.
[[nodiscard]] std::size_t plan_slot_at(const fb::PlanAdoptedT& plan, UtcTime now);

// "Until tomorrow 24:00: charging tomorrow 02:00-04:30 to 80 %, holding the battery 06:00-07:00,
// serving the house else; saves about 3.21 PLN." At most four stretches are told, the others
// counted. Empty where nothing of the plan lies ahead. UTF-8.
[[nodiscard]] std::string plan_text(const fb::PlanAdoptedT& plan, const PlanReader& reader);

}  // namespace wattledger::fold
