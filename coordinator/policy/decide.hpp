// decide(state, now): what to do, and why. Pure: the same state and now give the same bytes on
// every machine, compiler and day. Order of judgement: data missing, stale or implausible, latched
// safety, emergency charge, clock, owner's override, grid operator's limits, anti-flap, policy.
// What each rule reads and what its TriedRule.numbers mean: README.md beside this file.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "projections/fold/state.hpp"

namespace wattledger::policy {

// Raised by hand whenever any decision could come out differently; the golden corpus in tests/
// guards it.
inline constexpr std::uint32_t engine_revision = 5;

struct Judgement {
  fb::DecisionMadeT decision;  // complete but for `plan`, the sequence its PlanAdopted gets or has
  std::optional<fb::PlanAdoptedT>
      plan;                 // what is intended for the known horizon, if the policy plans
  bool keeps_plan = false;  // state.plan stands
};

[[nodiscard]] Judgement decide(const fold::State& state, UtcTime now);

// Safety faults that the newest reading shows and that are not yet in state.faults; and ones that
// are over by rule: back inside the limits by a fiftieth of their span. A stale or implausible
// reading shows nothing.
struct SafetyFindings {
  std::vector<fb::FaultRaisedT> raised;
  std::vector<fb::FaultClearedT> cleared;
};
[[nodiscard]] SafetyFindings look_for_faults(const fold::State& state, UtcTime now);

// Canonical encoding of a decision's fields but `plan`: "the same decision" means equal bytes here.
[[nodiscard]] std::vector<std::byte> canonical_bytes(const fb::DecisionMadeT& decision);

// True if `plan` intends something else than `last` for any slot from its own start on; where only
// one of the two reaches, self-use is what would happen anyway.
[[nodiscard]] bool plan_differs(const fb::PlanAdoptedT& plan,
                                const std::optional<fold::LastPlan>& last);

}  // namespace wattledger::policy
