// Corrections of earlier facts: what rows are made from where an owner said that a value was wrong.
// The fold of a decision never sees them: it rests on what was known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/codec.hpp"

namespace wattledger::projections {

class Corrections {
 public:
  // What the event of record `sequence` says of an earlier one; of two that name one field the
  // later holds.
  void take(Sequence sequence, const EventView& event);

  // The record's event with all of its corrections; nothing where there are none that it can hold.
  [[nodiscard]] std::optional<EncodedEvent> corrected(Sequence sequence,
                                                      const EventView& event) const;
  [[nodiscard]] bool empty() const { return by_record_.empty(); }

 private:
  std::map<Sequence, std::vector<std::pair<std::string, std::string>>> by_record_;  // field, value
};

}  // namespace wattledger::projections
