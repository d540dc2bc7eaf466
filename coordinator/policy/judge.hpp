// A judgement in the making: every rule that is looked at leaves a trace; the first that holds
// decides. The rules that stand above every policy are in decide.cpp, those that restrain what a
// policy wishes in restraint.cpp, each policy has a file of its own. Inside this part only.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "coordinator/policy/decide.hpp"

namespace wattledger::policy {

// What a policy wants to do now. What has no meaning for the action is absent.
struct Wish {
  fb::Rule rule = fb::Rule::serve_house;
  fb::Action action = fb::Action::self_use;
  std::vector<std::int64_t> numbers;
  std::optional<Watts> power;
  std::optional<BasisPoints> target;  // of a sale its floor
  std::optional<UtcTime> until;
  std::optional<MilliwattHours> energy;  // expected of this slot, at the meter
  std::optional<MoneyE8> cost;           // below zero: earned
  std::optional<MoneyE8> saving;
};

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
  // Most power into the battery that the house's connection leaves.
  [[nodiscard]] Watts charge_power() const;
  // What the house needs beside the sun, by the newest reading, else as it is expected.
  [[nodiscard]] Watts drawn() const;
  // Whether the house draws more than its connection allows: then the battery is not to stand
  // still.
  [[nodiscard]] bool overloaded() const { return drawn() > settings_.import_max; }
  // Most power of a sale that it leaves. The house's load is not counted on: it may end.
  [[nodiscard]] Watts export_room() const;
  // Whether the day of the sessions' counts is still the local day; another day's are over.
  [[nodiscard]] bool counted_today() const;
  // Whether the last decision was a policy's, not one of a rule above the policies or of no price.
  [[nodiscard]] bool policy_decided() const;
  // Whether a charge, or a sale, that was decided goes on now, as far as is known.
  [[nodiscard]] bool charging() const { return runs(fb::Action::charge); }
  [[nodiscard]] bool selling() const { return runs(fb::Action::sell); }

  // What stands between a policy's wish and the decision: charge_temperature, operator_limit, then
  // anti_flap. True when one of them decided instead.
  bool restrained(fb::Action wanted);
  // Decides against a charge for which the connection leaves no power.
  void no_power(fb::Rule wished, std::vector<std::int64_t> numbers);
  // Decides: what is wished, unless it is restrained, or a charge without power.
  void settle(Wish wish);

 private:
  // The rules in their order. Each returns true when it has decided.
  bool data_missing();
  bool data_stale();
  bool data_implausible();
  bool latched_safety();
  bool emergency_charge();
  bool clock_unreliable();
  bool owner_override();
  [[nodiscard]] bool temperature_forbids_charge() const;
  bool charge_temperature(bool charges, fb::Action instead);
  bool operator_limit(bool charges);
  bool anti_flap(fb::Action wanted, bool holds);
  [[nodiscard]] bool holds_charge(fb::Action wanted) const;
  [[nodiscard]] bool runs(fb::Action action) const;
  void note(fb::Rule rule, fb::Outcome outcome, std::vector<std::int64_t> numbers);

  const fold::State& state_;
  const UtcTime now_;
  const fold::PolicySettings fallback_;
  const fold::PolicySettings& settings_;
  Judgement result_;
};

// The policies. Each decides, always, what the rules above left open.
void judge_cheapest(Judge& judge);
void judge_tiered(Judge& judge);
void judge_optimal(Judge& judge);

}  // namespace wattledger::policy
