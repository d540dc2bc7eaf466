#include "coordinator/policy/worth_recording.hpp"

#include "coordinator/policy/price_slots.hpp"

namespace wattledger::policy {
namespace {

// Of what was decided last, by `before`, and now.
template <class Quantity, class Number>
bool differs(const std::optional<Quantity>& before, const flatbuffers::Optional<Number>& now) {
  return before.has_value() != now.has_value() ||
         (before && before->count() != static_cast<std::int64_t>(*now));
}

}  // namespace

bool worth_recording(const fold::State& state, const fb::DecisionMadeT& decision, UtcTime now) {
  if (!state.decision) return true;
  const fold::LastDecision& last = *state.decision;
  const auto slot = state.policy ? state.policy->settings.slot : std::chrono::seconds(900);
  if (slot_start(now, slot) != slot_start(last.at, slot)) return true;
  if (last.action != decision.action || last.rule != decision.rule) return true;
  // A hold keeps the SOC it began with; the others are renewed before the inverter ends them by
  // itself.
  if (decision.action != fb::Action::hold &&
      (differs(last.power, decision.power_w) || differs(last.target_soc, decision.target_soc_bp)))
    return true;
  return last.until && decision.until_us && utc_from_us(*decision.until_us) > *last.until &&
         *last.until - now < slot;
}

}  // namespace wattledger::policy
