#include "projections/corrections.hpp"

#include "events/set_field.hpp"

namespace wattledger::projections {

void Corrections::take(Sequence sequence, const EventView& event) {
  const auto* fact = event.as<fb::CorrectionRecorded>();
  if (fact == nullptr || fact->field() == nullptr || fact->value() == nullptr) return;
  // Nobody can know what is wrong with a record to come.
  if (fact->corrects() >= sequence.value) return;
  by_record_[Sequence{fact->corrects()}].emplace_back(fact->field()->str(), fact->value()->str());
}

std::optional<EncodedEvent> Corrections::corrected(Sequence sequence,
                                                   const EventView& event) const {
  const auto found = by_record_.find(sequence);
  if (found == by_record_.end()) return std::nullopt;
  fb::EventT native = event.unpack();
  bool changed = false;
  for (const auto& [field, value] : found->second)
    changed = set_field(native, field, value) || changed;
  if (!changed) return std::nullopt;
  auto encoded = encode(native);
  if (!encoded) return std::nullopt;
  return *std::move(encoded);
}

}  // namespace wattledger::projections
