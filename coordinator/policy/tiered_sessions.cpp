// Policy `tiered`: charges that run or ran. Sessions of the upper tier, what goes on, and what is
// kept of a charge that is over.
#include <algorithm>

#include "coordinator/policy/cheapest_slots.hpp"
#include "coordinator/policy/tiered_rules.hpp"

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::Rule;

// A quantile of fewer slots says nothing.
constexpr std::size_t quantile_of_at_least = 10;

}  // namespace

// A session is a charge that began in the upper tier; one for want of sun goes on to its own end.
bool Tiered::in_session() const {
  if (!charging_ || state_.decision->rule == Rule::no_sun ||
      state_.decision->rule == Rule::charge_goes_on)
    return false;
  const auto& session = state_.sessions.charge;
  if (session && session->start_soc) return *session->start_soc >= tiers_.middle;
  return state_.decision->rule == Rule::cheap_price ||
         state_.decision->rule == Rule::session_goes_on;
}

// The price up to which a session begins and goes on, by the prices of the last day; without them
// by the cheapest to come.
PriceE8 Tiered::cheap_bound() const {
  const UtcTime from = slot_ - tiered_recent + settings_.slot;
  std::vector<PriceE8> known;
  for (const PricedSlot& each : priced_slots(state_, settings_, from, slot_end()))
    known.push_back(each.import);
  if (known.size() < quantile_of_at_least) {
    const auto near = cheapest_near();
    return near ? above_by(*near, tiers_.near_cheapest) : tiers_.price_high;
  }
  const PriceE8 any = *quantile(known, tiers_.cheap_quantile);
  if (soc_ >= tiers_.session_start_below) return any;
  return std::max(any, *quantile(std::move(known), tiers_.cheap_quantile_low));
}

// A session stands a while, whatever the price.
Tiered::Verdict Tiered::young_session() {
  if (!in_session()) return passed(Rule::session_goes_on);
  const BasisPoints goal = goal_of_charge();
  const auto& session = state_.sessions.charge;
  const UtcTime end = (session ? session->started_at : state_.decision->since) + tiers_.session_min;
  Numbers numbers = {soc_.count(), goal.count()};
  if (soc_ >= goal || end <= now_) return passed(Rule::session_goes_on, std::move(numbers));
  Wish wish = charge(Rule::session_goes_on, std::move(numbers), goal, cheap_bound());
  wish.until = std::max(*wish.until, slot_start(end, settings_.slot));
  return wish;
}

// To where it was to end; a session only while the price is cheap for one.
Tiered::Verdict Tiered::charge_goes_on() {
  if (!charging_) return passed(Rule::charge_goes_on);
  const BasisPoints goal = goal_of_charge();
  if (in_session()) {
    const PriceE8 bound = cheap_bound();
    if (soc_ >= goal || *price_ > bound) return passed(Rule::session_goes_on);
    return charge(Rule::session_goes_on, {soc_.count(), goal.count()}, goal, bound);
  }
  Numbers numbers = {price_->count(), tiers_.price_high.count()};
  if (soc_ >= goal) return passed(Rule::charge_goes_on, std::move(numbers));
  return charge(Rule::charge_goes_on, std::move(numbers), goal, tiers_.price_high);
}

// The upper tier: charges in sessions, at prices that are cheap both for the last day and for what
// is to come.
Tiered::Verdict Tiered::session() {
  if (!in_session())
    if (Verdict stays = session_start()) return stays;
  const auto least = cheapest_near();
  if (!least) return serve(Rule::serve_house, {});
  const PriceE8 near = above_by(*least, tiers_.near_cheapest);
  Numbers numbers = {price_->count(), least->count(), near.count()};
  if (*price_ > near) return serve(Rule::price_above_cheapest, std::move(numbers));
  passed(Rule::price_above_cheapest, std::move(numbers));
  const PriceE8 bound = cheap_bound();
  Numbers cheap = {price_->count(), bound.count()};
  if (*price_ > bound) return serve(Rule::cheap_price, std::move(cheap));
  return charge(Rule::cheap_price, std::move(cheap), settings_.soc_target, bound);
}

// What stands against the beginning of a session but its price.
Tiered::Verdict Tiered::session_start() {
  const BasisPoints below = std::min(tiers_.session_start_below, settings_.soc_target);
  if (soc_ >= below)
    return serve(Rule::battery_full, {soc_.count(), settings_.soc_target.count(), below.count()});
  const fold::SessionHistory& history = state_.sessions;
  Numbers counts = {judge_.counted_today() ? static_cast<std::int64_t>(history.charges) : 0,
                    tiers_.sessions_max};
  if (counts[0] >= counts[1]) return serve(Rule::session_limit, std::move(counts));
  passed(Rule::session_limit, std::move(counts));
  const bool ended = history.charged_to && *history.charged_to >= tiers_.middle &&
                     history.charge_ended_at && now_ - *history.charge_ended_at < tiered_recent;
  if (!ended) return passed(Rule::recently_full);
  Numbers levels = {soc_.count(), history.charged_to->count()};
  if (*history.charged_to - soc_ < tiers_.session_again_below)
    return serve(Rule::recently_full, std::move(levels));
  return passed(Rule::recently_full, std::move(levels));
}

// The price at which it would be charged again: what was charged is not used up to there.
PriceE8 Tiered::kept_up_to() const {
  PriceE8 ceiling = tiers_.super_cheap;
  if (const auto least = cheapest_near())
    ceiling = std::max(ceiling, std::min(above_by(*least, tiers_.near_cheapest), cheap_bound()));
  const auto sun = sun_ahead(tiered_sun_within);
  if (!sun || !sun->any) ceiling = std::max(ceiling, tiers_.no_sun_price);
  return std::min(ceiling, tiers_.price_high);
}

// What was charged not long ago is kept for dearer slots that are known, unless the sun gives more
// than the house takes: else the house would use it at the price of its charge, to be charged anew.
Tiered::Verdict Tiered::charge_kept() {
  const fold::SessionHistory& history = state_.sessions;
  const bool kept = state_.decision && state_.decision->rule == Rule::charge_kept;
  std::optional<BasisPoints> charged_to;
  if (charging_)
    charged_to = soc_;  // here the charge ends
  else if (kept)
    charged_to = state_.decision->target_soc;
  else if (history.charge_ended_at && now_ - *history.charge_ended_at < tiered_recent)
    charged_to = history.charged_to;
  if (!charged_to || soc_ < *charged_to - tiers_.session_again_below)
    return passed(Rule::charge_kept);
  // What lifted a critical battery is kept up to the price at which it would be lifted again.
  const bool lifted = soc_ <= lifted_to();
  const PriceE8 again = lifted ? std::max(tiers_.price_critical, tiers_.price_high) : kept_up_to();
  // Once kept it is not used at the first price that is a little above.
  const PriceE8 ceiling = kept && !lifted ? above_by(again, tiers_.near_cheapest) : again;
  Numbers numbers = {soc_.count(), charged_to->count(), price_->count(), ceiling.count()};
  const auto& pv = state_.reading->pv_power;
  const auto& load = state_.reading->load_power;
  const bool dearer =
      lifted || std::any_of(ahead_.begin(), ahead_.end(), [&](const PricedSlot& each) {
        return each.import > again && each.start < slot_ + tiers_.near_within;
      });
  constexpr std::uint32_t recommended_saving = 2;
  const bool saving = peak_code(state_, now_).value_or(0) >= recommended_saving;
  if (*price_ > ceiling || !dearer || saving || (pv && load && *pv > *load) || judge_.overloaded())
    return passed(Rule::charge_kept, std::move(numbers));
  Wish wish = serve(Rule::charge_kept, std::move(numbers));
  wish.action = Action::hold;
  wish.target = soc_;
  wish.until = slot_end();
  for (const PricedSlot& each : ahead_) {
    if (each.start < *wish.until) continue;
    if (each.start > *wish.until || each.import > ceiling) break;
    *wish.until += settings_.slot;
  }
  return wish;
}

}  // namespace wattledger::policy
