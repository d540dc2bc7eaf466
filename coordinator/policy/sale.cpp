#include "coordinator/policy/sale.hpp"

#include <algorithm>
#include <functional>

#include "coordinator/policy/price_slots.hpp"

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::Outcome;
using fb::Rule;
using std::chrono::seconds;

__extension__ using Wide = __int128;
using Numbers = std::vector<std::int64_t>;

// The least time whose prices a median says something of.
constexpr seconds median_of_at_least{24 * 3600};
constexpr seconds median_of_at_most{7 * 24 * 3600};

// What leaves the battery's terminals between two levels of it.
MilliwattHours delivered(const fold::PolicySettings& settings, BasisPoints from, BasisPoints to) {
  const std::int64_t share = std::max<std::int64_t>((from - to).count(), 0);
  const Wide stored = static_cast<Wide>(settings.battery_capacity.count()) * share;
  return MilliwattHours(static_cast<std::int64_t>(stored * settings.discharge_efficiency.count() /
                                                  (10'000 * 10'000)));
}

// What a kWh out of the battery costs when it is bought at `price`: the round trip's losses and
// wear, rounded up.
PriceE8 bought_back(const fold::PolicySettings& settings, PriceE8 price) {
  constexpr Wide most = 4'000'000'000'000'000'000;
  const Wide kept =
      static_cast<Wide>(settings.charge_efficiency.count()) * settings.discharge_efficiency.count();
  const Wide scaled = static_cast<Wide>(price.count()) * 10'000 * 10'000;
  const Wide cost = scaled / kept + (scaled % kept > 0 ? 1 : 0) + settings.wear.count();
  return PriceE8(static_cast<std::int64_t>(std::clamp(cost, -most, most)));
}

class Sale {
 public:
  explicit Sale(Judge& judge)
      : judge_(judge),
        state_(judge.state()),
        settings_(judge.settings()),
        limits_(judge.settings().selling),
        now_(judge.now()),
        slot_(slot_start(now_, settings_.slot)),
        room_(sale_room(judge)),
        ahead_(priced_slots(state_, settings_, slot_, now_ + settings_.tiered.near_within)) {}

  std::optional<Wish> wish();

 private:
  // Each: whether it forbids the sale.
  bool limits();
  bool floor();
  bool cap();
  bool price();
  bool sun();
  bool buy_back();
  bool timing();

  bool forbids(Rule rule, bool holds, Numbers numbers);
  [[nodiscard]] PriceE8 least_price() const;
  [[nodiscard]] UtcTime end() const;
  // At full power in what is left of the slot at `start`.
  [[nodiscard]] MilliwattHours full_power(UtcTime start) const {
    const UtcTime from = std::max(start, now_);
    return energy(room_.power, std::chrono::floor<seconds>(start + settings_.slot - from));
  }
  // Sold in this slot.
  [[nodiscard]] MilliwattHours sold_now() const {
    return std::min(full_power(slot_),
                    delivered(settings_, judge_.soc(), room_.target(judge_.soc())));
  }

  Judge& judge_;
  const fold::State& state_;
  const fold::PolicySettings& settings_;
  const fold::SellingSettings& limits_;
  const UtcTime now_;
  const UtcTime slot_;
  const SaleRoom room_;
  const std::vector<PricedSlot> ahead_;  // the first is the one that holds now, once price() passed
  PriceE8 feed_in_;
  PriceE8 least_;
  std::optional<Wish> forbidden_;
};

bool Sale::forbids(Rule rule, bool holds, Numbers numbers) {
  if (holds) {
    forbidden_.emplace();
    forbidden_->rule = rule;
    forbidden_->numbers = numbers;
  }
  judge_.passed(rule, holds ? Outcome::rejected : Outcome::not_applicable, std::move(numbers));
  return holds;
}

bool Sale::limits() {
  const LocalTime local = state_.site.zone.to_local(now_);
  const auto hour =
      std::chrono::floor<std::chrono::hours>(local - std::chrono::floor<std::chrono::days>(local));
  // What the house takes of it is not sold.
  const Watts sold = std::max(room_.power - judge_.drawn(), Watts(0));
  const bool holds = sold <= Watts(0) || !in_hours(state_, limits_.hours, now_);
  return forbids(Rule::sale_limits, holds, {hour.count(), sold.count()});
}

bool Sale::floor() {
  const BasisPoints soc = judge_.soc();
  const BasisPoints needed = room_.running ? room_.floor : std::max(room_.floor, limits_.start);
  return forbids(Rule::sale_floor, soc < needed || soc <= room_.floor,
                 {soc.count(), needed.count()});
}

bool Sale::cap() {
  const bool counted =
      !room_.running && room_.sales >= static_cast<std::uint32_t>(std::max(limits_.sales_max, 0));
  const bool sold = room_.left_session <= BasisPoints(0) || room_.left_day <= BasisPoints(0);
  return forbids(
      Rule::sale_cap, counted || sold,
      {room_.sold_session.count(), limits_.session_max.count(), room_.sold_day.count(),
       limits_.day_max.count(), static_cast<std::int64_t>(room_.sales), limits_.sales_max});
}

// The fixed one, and the share of the median where as much as a day's prices are known.
PriceE8 Sale::least_price() const {
  if (limits_.over_median <= BasisPoints(0)) return limits_.price_min;
  std::vector<PriceE8> known;
  const UtcTime from = slot_ - median_of_at_most + settings_.slot;
  for (const PricedSlot& each : priced_slots(state_, settings_, from, slot_ + settings_.slot))
    known.push_back(each.feed_in);
  if (settings_.slot * static_cast<std::int64_t>(known.size()) < median_of_at_least)
    return limits_.price_min;
  std::sort(known.begin(), known.end());
  const std::size_t middle = known.size() / 2;
  const Wide doubled = static_cast<Wide>(known[middle].count()) +
                       known[known.size() % 2 == 1 ? middle : middle - 1].count();
  const Wide scaled = doubled * limits_.over_median.count();
  const Wide least = scaled / 20'000 + (scaled % 20'000 > 0 ? 1 : 0);
  return std::max(limits_.price_min, PriceE8(static_cast<std::int64_t>(least)));
}

bool Sale::price() {
  least_ = least_price();
  if (ahead_.empty() || ahead_.front().start != slot_) return forbids(Rule::sale_price, true, {});
  feed_in_ = ahead_.front().feed_in;
  return forbids(Rule::sale_price, feed_in_ < least_, {feed_in_.count(), least_.count()});
}

// While the sun serves the house and more, it is what is fed in.
bool Sale::sun() {
  const auto& pv = state_.reading->pv_power;
  const auto& load = state_.reading->load_power;
  if (!pv || !load) return forbids(Rule::sale_sun, false, {});
  return forbids(Rule::sale_sun, *pv >= *load && *pv > Watts(0), {pv->count(), load->count()});
}

// From now until the battery is filled again for no more than what is earned, or by the sun, the
// house must be served by what the sale leaves: what is short would be bought, dearer.
bool Sale::buy_back() {
  const UtcTime end = now_ + settings_.tiered.near_within;
  const MilliwattHours left = delivered(settings_, judge_.soc(), settings_.soc_min) - sold_now();
  MilliwattHours need;
  auto known = ahead_.begin();
  for (UtcTime start = slot_; start < end; start += settings_.slot) {
    while (known != ahead_.end() && known->start < start) ++known;
    std::optional<PriceE8> dear;
    if (known != ahead_.end() && known->start == start)
      dear = bought_back(settings_, known->import);
    if (dear && *dear <= feed_in_) break;
    const auto pv = forecast_at(state_.pv_forecast, start);
    const Watts load = load_at(state_, settings_, start);
    if (pv && *pv - load > settings_.tiered.little_sun) break;
    const Watts drawn = std::max(load - pv.value_or(Watts(0)), Watts(0));
    const UtcTime from = std::max(start, now_);
    need += energy(drawn, std::chrono::floor<seconds>(start + settings_.slot - from));
    if (need <= left) continue;
    Numbers numbers = {feed_in_.count()};
    if (dear) numbers.push_back(dear->count());
    return forbids(Rule::sale_buy_back, true, std::move(numbers));
  }
  return forbids(Rule::sale_buy_back, false, {feed_in_.count()});
}

// Better slots are to come, as many as what may still be sold today fills. What was begun in a slot
// goes on in it: what is left to sell is less with every reading.
bool Sale::timing() {
  const auto& last = state_.decision;
  if (room_.running && last && slot_start(last->at, settings_.slot) == slot_)
    return forbids(Rule::sale_timing, false, {feed_in_.count()});
  const BasisPoints soc = judge_.soc();
  const MilliwattHours sold =
      delivered(settings_, soc, std::max(room_.floor, soc - room_.left_day));
  const std::int64_t one = energy(room_.power, settings_.slot).count();
  const std::int64_t slots =
      one <= 0 ? 1 : std::max<std::int64_t>((sold.count() + one - 1) / one, 1);
  std::vector<PriceE8> better;
  for (const PricedSlot& each : ahead_)
    if (each.feed_in > feed_in_ && in_hours(state_, limits_.hours, each.start))
      better.push_back(each.feed_in);
  if (static_cast<std::int64_t>(better.size()) < slots)
    return forbids(Rule::sale_timing, false, {feed_in_.count()});
  std::sort(better.begin(), better.end(), std::greater<>());
  return forbids(Rule::sale_timing, true,
                 {feed_in_.count(), better[static_cast<std::size_t>(slots) - 1].count()});
}

// Of the slots in a row in which it would be sold, no more than it takes.
UtcTime Sale::end() const {
  MilliwattHours left = delivered(settings_, judge_.soc(), room_.target(judge_.soc()));
  UtcTime end = slot_;
  for (const PricedSlot& each : ahead_) {
    const bool sold = each.start == slot_ ||
                      (each.start == end && each.feed_in >= least_ && left > MilliwattHours(0) &&
                       in_hours(state_, limits_.hours, each.start));
    if (!sold) break;
    left -= full_power(each.start);
    end += settings_.slot;
  }
  return end;
}

std::optional<Wish> Sale::wish() {
  if (!limits_.enabled) {
    judge_.passed(Rule::sale_limits, Outcome::not_applicable);
    return std::nullopt;
  }
  if (limits() || floor() || cap() || price() || sun() || buy_back() || timing()) {
    if (!room_.running) return std::nullopt;
    return forbidden_;
  }
  Wish wish;
  wish.rule = Rule::sale;
  wish.action = Action::sell;
  wish.numbers = {feed_in_.count(), least_.count()};
  wish.power = room_.power;
  wish.target = room_.target(judge_.soc());
  wish.until = end();
  wish.energy = sold_now();
  wish.cost = -cost(sold_now(), feed_in_);
  return wish;
}

}  // namespace

SaleRoom sale_room(const Judge& judge) {
  const fold::PolicySettings& settings = judge.settings();
  const fold::SellingSettings& limits = settings.selling;
  const fold::SessionHistory& history = judge.state().sessions;
  SaleRoom room;
  room.running = judge.selling();
  room.power = std::min({limits.power_max, settings.discharge_power_max, judge.export_room()});
  room.floor = std::max(limits.floor, settings.soc_min);
  if (history.sale) {
    room.sold_session = limits.session_max;
    if (const auto& start = history.sale->start_soc)
      room.sold_session = std::max(*start - judge.soc(), BasisPoints(0));
  }
  room.sold_day = room.sold_session;
  if (judge.counted_today()) {
    room.sold_day += history.sold;
    room.sales = history.sales;
  }
  room.left_session = std::max(limits.session_max - room.sold_session, BasisPoints(0));
  room.left_day = std::max(limits.day_max - room.sold_day, BasisPoints(0));
  return room;
}

std::optional<Wish> wish_sale(Judge& judge) { return Sale(judge).wish(); }

}  // namespace wattledger::policy
