// A judgement in the making: every rule that is looked at leaves a trace; the first that holds
// decides. The rules that stand above every policy are in decide.cpp, each policy has a file of its
// own. Inside this part only.
#pragma once

#include <utility>
#include <vector>

#include "coordinator/policy/decide.hpp"

namespace wattledger::policy {

class Judge {
 public:
  Judge(const fold::State& state, UtcTime now)
      : state_(state), now_(now), settings_(state.policy ? state.policy->settings : fallback_) {}

  Judgement judge();

  // For the policies:
  [[nodiscard]] const fold::State& state() const { return state_; }
  [[nodiscard]] const fold::PolicySettings& settings() const { return settings_; }
  [[nodiscard]] UtcTime now() const { return now_; }
  [[nodiscard]] BasisPoints soc() const { return *state_.reading->soc; }  // known and plausible
  [[nodiscard]] std::int64_t seconds_since(UtcTime time) const {
    return std::chrono::floor<std::chrono::seconds>(now_ - time).count();
  }
  // A rule was looked at; what its numbers mean: README.md beside this file.
  bool chosen(fb::Rule rule, fb::Action action, std::vector<std::int64_t> numbers);         // true
  bool passed(fb::Rule rule, fb::Outcome outcome, std::vector<std::int64_t> numbers = {});  // false
  void charge_until(UtcTime until, BasisPoints target);
  [[nodiscard]] Judgement& result() { return result_; }

 private:
  // The rules in their order. Each returns true when it has decided.
  bool data_missing();
  bool data_stale();
  bool data_implausible();
  bool latched_safety();
  bool emergency_charge();
  bool clock_unreliable();
  bool owner_override();
  void note(fb::Rule rule, fb::Outcome outcome, std::vector<std::int64_t> numbers);

  const fold::State& state_;
  const UtcTime now_;
  const fold::PolicySettings fallback_;
  const fold::PolicySettings& settings_;
  Judgement result_;
};

// The policies. Each decides, always, what the rules above left open.
void judge_cheapest(Judge& judge);

}  // namespace wattledger::policy
