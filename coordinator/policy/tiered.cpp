// Policy `tiered`: what the battery does by how full it is, the older program's rules with their
// faults mended (README.md names both). Rules that charge allow every lower SOC whatever they allow
// a higher one, so that a fuller battery never charges where an emptier one would not.
#include <algorithm>
#include <array>

#include "coordinator/policy/cheapest_slots.hpp"
#include "coordinator/policy/sale.hpp"
#include "coordinator/policy/tiered_rules.hpp"

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::Outcome;
using fb::Rule;
using std::chrono::seconds;

__extension__ using Wide = __int128;
using Numbers = std::vector<std::int64_t>;

// Where a charge ended full, the next begins only so far below.
constexpr BasisPoints full_again_below{200};
// The cheapest of less time to come says nothing.
constexpr seconds compared_at_least{3600};
// How much earlier than it must a charge before the end of the cheap hours begins.
constexpr seconds zone_slack{1800};

}  // namespace

Wish Tiered::serve(Rule rule, Numbers numbers) {
  Wish wish;
  wish.rule = rule;
  wish.numbers = std::move(numbers);
  return wish;
}

// Until the first slot that is above the ceiling, unknown, or in which the operator requires less
// use; no longer than it takes.
Wish Tiered::charge(Rule rule, Numbers numbers, BasisPoints target, PriceE8 ceiling) const {
  constexpr std::uint32_t required_reduction = 3;
  Wish wish = serve(rule, std::move(numbers));
  wish.action = Action::charge;
  wish.power = power_;
  wish.target = target;
  const UtcTime enough = now_ + time_to(target);
  UtcTime end = slot_end();
  for (const PricedSlot& each : ahead_) {
    if (each.start < end) continue;
    if (each.start > end || end >= enough || each.import > ceiling ||
        peak_code(state_, each.start) == required_reduction)
      break;
    end += settings_.slot;
  }
  wish.until = end;
  const auto left = std::chrono::floor<seconds>(slot_end() - now_);
  wish.energy = std::min(energy_needed(settings_, soc_, target), energy(power_, left));
  if (!price_) return wish;
  Wide sum = 0;
  std::int64_t known = 0;
  for (const PricedSlot& each : ahead_) {
    if (each.start >= slot_ + settings_.horizon) break;
    sum += each.import.count();
    ++known;
  }
  wish.cost = cost(*wish.energy, *price_);
  if (known > 0)
    wish.saving = cost(*wish.energy, PriceE8(static_cast<std::int64_t>(sum / known)) - *price_);
  return wish;
}

seconds Tiered::time_to(BasisPoints target) const {
  constexpr Wide longest = 366 * 86'400;  // of a battery as large and poor as settings may say
  if (power_ <= Watts(0)) return seconds(0);
  const Wide needed = static_cast<Wide>(energy_needed(settings_, soc_, target).count()) * 3'600;
  const Wide speed = static_cast<Wide>(power_.count()) * 1'000;
  return seconds(static_cast<std::int64_t>(std::min((needed + speed - 1) / speed, longest)));
}

// By the forecast of the sun; nothing where it says nothing.
std::optional<Tiered::Sun> Tiered::sun_ahead(seconds within) const {
  std::optional<Sun> sun;
  for (UtcTime start = slot_end(); start <= slot_ + within; start += settings_.slot) {
    const auto pv = forecast_at(state_.pv_forecast, start);
    if (!pv) continue;
    const Watts surplus = *pv - load_at(state_, settings_, start);
    if (!sun) sun = Sun{surplus, start};
    sun->most = std::max(sun->most, surplus);
    if (sun->any || surplus <= tiers_.little_sun) continue;
    sun->any = true;
    sun->from = start;
  }
  return sun;
}

// Once a charge has ended there, `used` of the battery is used before the next begins.
BasisPoints Tiered::begins_below(BasisPoints goal, BasisPoints used) const {
  const fold::SessionHistory& history = state_.sessions;
  const bool reached = !charging_ && history.charged_to && history.charge_ended_at &&
                       now_ - *history.charge_ended_at < tiered_recent &&
                       *history.charged_to >= goal - full_again_below;
  if (reached) return goal - used;
  // The first begins below too: a level that flickers about the goal is no news.
  return charging_ ? goal : goal - full_again_below;
}

// Where the charge under way was to end; what was more only while it was super cheap is over.
BasisPoints Tiered::goal_of_charge() const {
  return std::min(state_.decision->target_soc.value_or(settings_.soc_target), settings_.soc_target);
}

std::optional<PriceE8> Tiered::cheapest(UtcTime from, UtcTime to) const {
  std::optional<PriceE8> least;
  for (const PricedSlot& each : ahead_)
    if (each.start >= from && each.start < to)
      least = least ? std::min(*least, each.import) : each.import;
  return least;
}

// The running slot is among those it compares; nothing where too little is known to compare.
std::optional<PriceE8> Tiered::cheapest_near() const {
  const UtcTime end = slot_ + tiers_.near_within;
  const auto compared = std::count_if(ahead_.begin(), ahead_.end(), [&](const PricedSlot& each) {
    return each.start > slot_ && each.start < end;
  });
  if (settings_.slot * compared < compared_at_least) return std::nullopt;
  return cheapest(slot_, end);
}

// A nearly empty battery charges without a price too; nothing else is decided without one.
Tiered::Verdict Tiered::without_price() {
  if (price_) return passed(Rule::no_price);
  Numbers levels = {soc_.count(), tiers_.critical.count()};
  const BasisPoints goal = lifted_to();
  const bool begun = charging_ && state_.decision->rule == Rule::critical_charge;
  if (soc_ < goal && (soc_ < tiers_.critical || begun))
    return charge(Rule::critical_charge, std::move(levels), goal, tiers_.price_critical);
  passed(Rule::critical_charge, std::move(levels));
  return serve(Rule::no_price, {});
}

Tiered::Verdict Tiered::super_cheap() {
  Numbers numbers = {price_->count(), tiers_.super_cheap.count()};
  if (*price_ > tiers_.super_cheap ||
      soc_ >= begins_below(settings_.soc_max, tiers_.session_again_below))
    return passed(Rule::super_cheap, std::move(numbers));
  return charge(Rule::super_cheap, std::move(numbers), settings_.soc_max, tiers_.super_cheap);
}

Tiered::Verdict Tiered::critical() {
  const bool begun = charging_ && state_.decision->rule == Rule::critical_charge;
  const BasisPoints goal = lifted_to();
  const BasisPoints limit = begun ? goal : std::min(tiers_.critical, goal);
  // Above price_high nothing else charges; below it no battery that is nearly empty waits.
  const PriceE8 enough = std::max(tiers_.price_critical, tiers_.price_high);
  Numbers numbers = {soc_.count(), limit.count(), price_->count(), enough.count()};
  if (soc_ >= limit) return passed(Rule::critical_charge, std::move(numbers));
  if (*price_ > enough)
    if (Verdict waits = critical_wait()) return waits;
  return charge(Rule::critical_charge, std::move(numbers), goal, enough);
}

Tiered::Verdict Tiered::critical_wait() {
  const PricedSlot* cheapest_slot = nullptr;
  for (const PricedSlot& each : ahead_)
    if (each.start > slot_ && each.start <= slot_ + tiers_.wait_max &&
        (cheapest_slot == nullptr || each.import < cheapest_slot->import))
      cheapest_slot = &each;
  const auto at_s = [](UtcTime time) { return to_us(time) / 1'000'000; };
  if (cheapest_slot != nullptr && cheapest_slot->import <= below_by(*price_, tiers_.wait_saving))
    return serve(Rule::critical_wait,
                 {price_->count(), cheapest_slot->import.count(), at_s(cheapest_slot->start)});
  const auto sun = sun_ahead(tiers_.wait_max);
  if (sun && sun->any)
    return serve(Rule::critical_wait, {price_->count(), 0, at_s(sun->from), sun->most.count()});
  Numbers numbers = {price_->count()};
  if (cheapest_slot != nullptr)
    numbers.insert(numbers.end(), {cheapest_slot->import.count(), at_s(cheapest_slot->start)});
  return passed(Rule::critical_wait, std::move(numbers), Outcome::rejected);
}

Tiered::Verdict Tiered::battery_full() {
  Numbers numbers = {soc_.count(), settings_.soc_target.count()};
  if (soc_ < begins_below(settings_.soc_target, full_again_below))
    return passed(Rule::battery_full, std::move(numbers));
  return serve(Rule::battery_full, std::move(numbers));
}

// Ends a charge, and nothing below begins one that this would end.
Tiered::Verdict Tiered::price_too_high() {
  Numbers numbers = {price_->count(), tiers_.price_high.count()};
  if (*price_ <= tiers_.price_high) return passed(Rule::price_too_high, std::move(numbers));
  return serve(Rule::price_too_high, std::move(numbers));
}

Tiered::Verdict Tiered::no_sun() {
  const auto& pv = state_.reading->pv_power;
  const auto& load = state_.reading->load_power;
  if (!pv || !load) return passed(Rule::no_sun);
  const Watts surplus = *pv - *load;
  Numbers numbers = {surplus.count(), tiers_.little_sun.count(), price_->count(),
                     tiers_.no_sun_price.count()};
  const auto sun = sun_ahead(tiered_sun_within);
  if (sun) numbers.push_back(sun->most.count());
  const BasisPoints goal = std::min(tiers_.no_sun_below, settings_.soc_target);
  if (surplus > tiers_.little_sun || (sun && sun->any) || *price_ > tiers_.no_sun_price ||
      soc_ >= begins_below(goal, tiers_.session_again_below))
    return passed(Rule::no_sun, std::move(numbers));
  return charge(Rule::no_sun, std::move(numbers), goal, tiers_.price_high);
}

// The tariff's zone ends within the time that a charge takes, and every price known of the next
// one is above today's.
Tiered::Verdict Tiered::zone_ending() {
  const std::string here = fold::tariff_zone(state_, slot_);
  const UtcTime last = slot_ + tiers_.near_within;
  UtcTime end = slot_end();
  while (end < last && fold::tariff_zone(state_, end) == here) end += settings_.slot;
  if (soc_ >= tiers_.middle || end >= last) return passed(Rule::zone_ending);
  const std::string next = fold::tariff_zone(state_, end);
  UtcTime over = end;
  while (over < last && fold::tariff_zone(state_, over) == next) over += settings_.slot;
  const auto dear = cheapest(end, over);
  if (!dear) return passed(Rule::zone_ending);
  const auto left = std::chrono::floor<seconds>(end - now_);
  const seconds takes = time_to(settings_.soc_target);
  Numbers numbers = {left.count(), takes.count(), price_->count(), dear->count()};
  if (left > takes + zone_slack || *dear <= *price_)
    return passed(Rule::zone_ending, std::move(numbers));
  Wish wish =
      charge(Rule::zone_ending, std::move(numbers), settings_.soc_target, tiers_.price_high);
  wish.until = std::min(*wish.until, end);
  return wish;
}

// The evening that begins next, if it does within near_within and all its prices are known.
Tiered::Verdict Tiered::before_peak() {
  const auto is_evening = [&](UtcTime at) { return in_hours(state_, tiers_.evening_hours, at); };
  if (soc_ >= tiers_.middle || soc_ < tiers_.before_peak_from || is_evening(slot_))
    return passed(Rule::before_peak);
  UtcTime begin = slot_end();
  while (begin <= slot_ + tiers_.near_within && !is_evening(begin)) begin += settings_.slot;
  Wide sum = 0;
  std::int64_t slots = 0;
  UtcTime end = begin;
  for (const PricedSlot& each : ahead_) {
    if (each.start != end || !is_evening(end)) continue;
    sum += each.import.count();
    ++slots;
    end += settings_.slot;
  }
  if (slots == 0 || is_evening(end) || begin > slot_ + tiers_.near_within)
    return passed(Rule::before_peak);
  const Wide size = *price_ < PriceE8(0) ? -price_->count() : price_->count();
  const Wide risen =
      static_cast<Wide>(price_->count()) * 10'000 + size * tiers_.before_peak_rise.count();
  Numbers numbers = {price_->count(), static_cast<std::int64_t>(sum / slots),
                     tiers_.before_peak_price.count()};
  if (*price_ > tiers_.before_peak_price || sum * 10'000 <= risen * slots)
    return passed(Rule::before_peak, std::move(numbers));
  Wish wish =
      charge(Rule::before_peak, std::move(numbers), settings_.soc_target, tiers_.price_high);
  wish.until = std::min(*wish.until, begin);
  return wish;
}

// The lower tier's last word.
Tiered::Verdict Tiered::near_cheapest() {
  if (soc_ >= tiers_.middle) return passed(Rule::near_cheapest);
  const auto least = cheapest_near();
  if (!least) return serve(Rule::serve_house, {});
  const PriceE8 bound = above_by(*least, tiers_.near_cheapest);
  Numbers numbers = {price_->count(), least->count(), bound.count()};
  if (*price_ > bound) return serve(Rule::price_above_cheapest, std::move(numbers));
  return charge(Rule::near_cheapest, std::move(numbers), settings_.soc_target, tiers_.price_high);
}

Wish Tiered::wish() {
  if (Verdict verdict = without_price()) return *verdict;
  constexpr std::array rules = {
      &Tiered::super_cheap,    &Tiered::young_session,  &Tiered::critical, &Tiered::battery_full,
      &Tiered::price_too_high, &Tiered::charge_goes_on, &Tiered::no_sun,   &Tiered::zone_ending,
      &Tiered::before_peak,    &Tiered::near_cheapest,  &Tiered::session};
  for (const auto rule : rules)
    if (Verdict verdict = (this->*rule)()) return *verdict;
  return serve(Rule::serve_house, {});
}

// One wish: a charge, or else a sale, or else what stood against the charge.
void Tiered::judge() {
  Wish wanted = wish();
  if (price_) judge_.result().decision.price_e8 = price_->count();
  if (wanted.rule == Rule::no_price) {
    judge_.chosen(Rule::no_price, Action::self_use, {});
    return;
  }
  if (wanted.action != Action::charge)
    if (auto sale = wish_sale(judge_)) {
      judge_.passed(wanted.rule, Outcome::rejected, std::move(wanted.numbers));
      wanted = *std::move(sale);
    }
  const bool charges = wanted.action == Action::charge && power_ > Watts(0);
  if (!charges && wanted.action != Action::sell && wanted.rule != Rule::critical_wait)
    if (Verdict kept = charge_kept()) {
      judge_.passed(wanted.rule, Outcome::rejected, std::move(wanted.numbers));
      wanted = *std::move(kept);
    }
  judge_.settle(std::move(wanted));
}

void judge_tiered(Judge& judge) { Tiered(judge).judge(); }

}  // namespace wattledger::policy
