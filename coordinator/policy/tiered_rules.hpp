// Policy `tiered` at work, for its own files: tiered.cpp has the rules by level, price and sun,
// tiered_sessions.cpp those about charges that run or ran.
#pragma once

#include <optional>
#include <vector>

#include "coordinator/policy/judge.hpp"
#include "coordinator/policy/price_slots.hpp"

namespace wattledger::policy {

// How long a charge that is over counts.
inline constexpr std::chrono::seconds tiered_recent{24 * 3600};
// A critical battery is lifted so far above its limit: about an hour of a house.
inline constexpr BasisPoints tiered_critical_lift{800};
// How far ahead the sun is looked for by rule no_sun.
inline constexpr std::chrono::seconds tiered_sun_within{6 * 3600};

class Tiered {
 public:
  explicit Tiered(Judge& judge)
      : judge_(judge),
        state_(judge.state()),
        settings_(judge.settings()),
        tiers_(judge.settings().tiered),
        now_(judge.now()),
        slot_(slot_start(now_, settings_.slot)),
        soc_(judge.soc()),
        power_(judge.charge_power()),
        charging_(judge.charging() && judge.policy_decided()),
        ahead_(priced_slots(
            state_, settings_, slot_,
            now_ + std::max({tiers_.near_within, tiers_.wait_max, settings_.horizon}))) {
    if (!ahead_.empty() && ahead_.front().start == slot_) price_ = ahead_.front().import;
  }
  void judge();

 private:
  using Numbers = std::vector<std::int64_t>;
  using Verdict = std::optional<Wish>;
  Wish wish();
  // The rules in their order. Each: what is wished, if the rule holds. Times ahead count from the
  // beginning of the slot, so that all of a slot sees the same.
  Verdict without_price();
  Verdict super_cheap();
  Verdict young_session();
  Verdict critical();
  Verdict battery_full();
  Verdict price_too_high();
  Verdict charge_goes_on();
  Verdict no_sun();
  Verdict zone_ending();
  Verdict before_peak();
  Verdict near_cheapest();
  Verdict session();
  // … and their parts.
  Verdict critical_wait();
  Verdict session_start();
  // What stands behind them all.
  Verdict charge_kept();
  [[nodiscard]] PriceE8 kept_up_to() const;
  // Where the charge of a critical battery ends.
  [[nodiscard]] BasisPoints lifted_to() const {
    return std::min(tiers_.critical + tiered_critical_lift, settings_.soc_target);
  }

  Verdict passed(fb::Rule rule, Numbers numbers = {},
                 fb::Outcome outcome = fb::Outcome::not_applicable) {
    judge_.passed(rule, outcome, std::move(numbers));
    return std::nullopt;
  }
  [[nodiscard]] static Wish serve(fb::Rule rule, Numbers numbers);
  [[nodiscard]] Wish charge(fb::Rule rule, Numbers numbers, BasisPoints target,
                            PriceE8 ceiling) const;

  struct Sun {
    Watts most;        // of PV beyond the load
    UtcTime from;      // of the first slot with more than little_sun
    bool any = false;  // there is such a slot
  };
  [[nodiscard]] std::optional<Sun> sun_ahead(std::chrono::seconds within) const;
  [[nodiscard]] BasisPoints begins_below(BasisPoints goal, BasisPoints used) const;
  [[nodiscard]] BasisPoints goal_of_charge() const;
  [[nodiscard]] bool in_session() const;
  [[nodiscard]] std::optional<PriceE8> cheapest(UtcTime from, UtcTime to) const;
  [[nodiscard]] std::optional<PriceE8> cheapest_near() const;
  [[nodiscard]] PriceE8 cheap_bound() const;
  [[nodiscard]] std::chrono::seconds time_to(BasisPoints target) const;
  [[nodiscard]] UtcTime slot_end() const { return slot_ + settings_.slot; }

  Judge& judge_;
  const fold::State& state_;
  const fold::PolicySettings& settings_;
  const fold::TieredSettings& tiers_;
  const UtcTime now_;
  const UtcTime slot_;
  const BasisPoints soc_;
  const Watts power_;
  const bool charging_;  // a charge of this policy's is under way
  const std::vector<PricedSlot> ahead_;
  std::optional<PriceE8> price_;  // final, of this slot
};

}  // namespace wattledger::policy
