#include "coordinator/policy/planner.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "coordinator/policy/slot_cost.hpp"
#include "coordinator/policy/value_function.hpp"

namespace wattledger::policy {
namespace {

using Refused = tl::unexpected<Infeasible>;

Refused refused(std::size_t slot, PlanObstacle obstacle) {
  return Refused(Infeasible{slot, obstacle});
}

template <class Unit>
bool within(Quantity<Unit> value, Quantity<Unit> low, Quantity<Unit> high) {
  return low <= value && value <= high;
}
bool is_energy(Energy energy) { return within(energy, Energy(0), plan_energy_max); }
bool is_energy(const std::optional<Energy>& energy) { return !energy || is_energy(*energy); }
bool is_price(PriceE8 price) { return within(price, -plan_price_max, plan_price_max); }

bool in_range(const PlanSlot& slot) {
  return is_price(slot.import_price) && is_price(slot.export_price) && is_energy(slot.load) &&
         is_energy(slot.pv) && is_energy(slot.import_max) && is_energy(slot.export_max) &&
         is_energy(slot.charge_max) && is_energy(slot.discharge_max);
}

std::optional<Infeasible> out_of_range(const PlanProblem& problem) {
  const bool battery = is_energy(problem.start) && is_energy(problem.min) &&
                       is_energy(problem.max) && problem.min <= problem.max &&
                       is_energy(problem.sale_floor) && problem.wear >= PriceE8(0) &&
                       is_price(problem.wear) && is_price(problem.terminal_value) &&
                       within(problem.charge_efficiency, plan_efficiency_min, lossless) &&
                       within(problem.discharge_efficiency, plan_efficiency_min, lossless);
  if (!battery || problem.slots.empty() || problem.slots.size() > plan_slots_max)
    return Infeasible{0, PlanObstacle::numbers};
  for (std::size_t i = 0; i < problem.slots.size(); ++i)
    if (!in_range(problem.slots[i])) return Infeasible{i, PlanObstacle::numbers};
  return std::nullopt;
}

// What the stored energy may change by, at a level: outside of its bounds only towards them.
CellRange bounds_at(const PlanProblem& problem, std::int64_t stored) {
  const std::int64_t min = problem.min.count(), max = problem.max.count();
  return {stored < min ? 0 : min - stored, stored > max ? 0 : max - stored};
}

// Beyond every change; differences of such are still numbers.
constexpr std::int64_t furthest = std::numeric_limits<std::int64_t>::max() / 4;

// The change of a battery that gives the load all that it lacks: what is below is a sale.
std::int64_t house_change(const PlanProblem& problem, const PlanSlot& slot) {
  return change_of(problem, std::min<std::int64_t>((slot.pv - slot.load).count(), 0));
}
// The most that may be taken out at a level, as a change: what serves the house, or a sale down to
// its floor.
std::int64_t least_change(const PlanProblem& problem, const PlanSlot& slot, std::int64_t stored) {
  if (!problem.sale_floor) return -furthest;
  return std::min(house_change(problem, slot), problem.sale_floor->count() - stored);
}

CellRange common(CellRange a, CellRange b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// Why a slot leaves no way: the grid wants more of the battery than it can do. Empty at the bus or
// beyond the store, the side is the same.
PlanObstacle forced_by(const PlanSlot& slot, CellRange bus) {
  if (bus.begin <= bus.end)
    return bus.end < 0 ? PlanObstacle::import_limit : PlanObstacle::export_limit;
  const bool short_of = bus.end < -slot.discharge_max.count();
  return short_of ? PlanObstacle::import_limit : PlanObstacle::export_limit;
}

// Adds up a course's slots.
class Account {
 public:
  explicit Account(const PlanProblem& problem) : problem_(&problem), stored_(problem.start) {
    plan_.steps.reserve(problem.slots.size());
  }

  [[nodiscard]] Energy stored() const { return stored_; }

  void add(CellRange bus, std::int64_t change) {
    const PlanSlot& slot = problem_->slots[plan_.steps.size()];
    Settled settled_slot = settled(*problem_, slot, bus, change);
    stored_ += Energy(change);
    settled_slot.step.stored = stored_;
    cost_ += settled_slot.cost;
    plan_.steps.push_back(settled_slot.step);
  }

  [[nodiscard]] Planned<Plan> plan() && {
    const Wide gained = (stored_ - problem_->start).count();
    const Wide e16 = cost_ - gained * problem_->terminal_value.count();
    const Wide half = energy_per_kwh.count() / 2;
    const Wide e8 = (e16 + (e16 < 0 ? -half : half)) / energy_per_kwh.count();
    constexpr Wide most = std::numeric_limits<std::int64_t>::max();
    if (e8 > most || e8 < -most) return refused(0, PlanObstacle::numbers);
    plan_.cost = MoneyE8(static_cast<std::int64_t>(e8));
    return std::move(plan_);
  }

 private:
  const PlanProblem* problem_;
  Energy stored_;
  Wide cost_ = 0;
  Plan plan_;
};

// Each slot's change is `wish(slot, number, stored)`, as near as the limits let it.
template <class Wish>
Planned<Plan> marched(const PlanProblem& problem, Wish wish) {
  if (const auto wrong = out_of_range(problem)) return Refused(*wrong);
  Account account(problem);
  for (std::size_t i = 0; i < problem.slots.size(); ++i) {
    const PlanSlot& slot = problem.slots[i];
    const CellRange bus = bus_range(problem, slot);
    if (bus.begin > bus.end) return refused(i, forced_by(slot, bus));
    const std::int64_t stored = account.stored().count();
    CellRange can = common(change_range(problem, bus), bounds_at(problem, stored));
    can.begin = std::max(can.begin, least_change(problem, slot, stored));
    if (can.begin > can.end) return refused(i, forced_by(slot, bus));
    account.add(bus, std::clamp(wish(slot, i, stored), can.begin, can.end));
  }
  return std::move(account).plan();
}

// The functions of all slots, backwards, then the course through them.
class Solver {
 public:
  Solver(const PlanProblem& problem, const PlannerLimits& limits)
      : problem_(&problem),
        limits_(limits),
        inside_(problem.slots.size() + 1),
        outside_(problem.slots.size() + 1) {
    const std::int64_t start = problem.start.count();
    if (problem.start < problem.min) {
      outside_range_ = {start, problem.min.count() - 1};
      outward_ = {0, furthest};
    } else if (problem.start > problem.max) {
      outside_range_ = {problem.max.count() + 1, start};
      outward_ = {-furthest, 0};
    }
  }

  Planned<Plan> solve() {
    add_end();
    for (std::size_t i = problem_->slots.size(); i-- > 0;) step_back(i);
    if (Choice first = choice(0, problem_->start.count()); !first.found) return diagnosed();
    return walked();
  }

 private:
  [[nodiscard]] bool starts_outside() const { return outside_range_.begin <= outside_range_.end; }

  // Nothing left to do: what is stored is worth the terminal value.
  void add_end() {
    const auto add = [&](PiecewiseLinear& function, CellRange range) {
      const std::int64_t slope = -problem_->terminal_value.count() * 10'000;
      begin_run(function, range.begin, static_cast<Wide>(slope) * range.begin);
      add_segment(function, range.end - range.begin, slope);
    };
    add(inside_.back(), {problem_->min.count(), problem_->max.count()});
    if (starts_outside()) add(outside_.back(), outside_range_);
  }

  void step_back(std::size_t i) {
    const PlanSlot& slot = problem_->slots[i];
    slot_cost(*problem_, slot, bus_range(*problem_, slot), step_);
    lead_to(inside_[i + 1], step_, slot, {problem_->min.count(), problem_->max.count()}, work_);
    keep(inside_[i]);
    if (!starts_outside()) return;
    restrict_to(step_, outward_, inward_step_);
    PiecewiseLinear stays, comes_in;
    lead_to(outside_[i + 1], inward_step_, slot, outside_range_, stays);
    lead_to(inside_[i + 1], inward_step_, slot, outside_range_, comes_in);
    lower_of(stays, comes_in, work_);
    keep(outside_[i]);
  }

  // Whether a slot's sales must be looked at apart; then the step's two parts, and where a sale may
  // lead to.
  bool part_sales(const PiecewiseLinear& next, const PiecewiseLinear& step, const PlanSlot& slot) {
    if (!problem_->sale_floor || step.runs.empty()) return false;
    const std::int64_t house = house_change(*problem_, slot);
    if (step.runs.front().begin >= house || problem_->sale_floor <= problem_->min) return false;
    restrict_to(step, {house, furthest}, house_step_);
    restrict_to(step, {-furthest, house - 1}, sale_step_);
    restrict_to(next, {problem_->sale_floor->count(), furthest}, above_floor_);
    return true;
  }

  // The cheapest way from each stored energy through a slot to the next one's function.
  void lead_to(const PiecewiseLinear& next, const PiecewiseLinear& step, const PlanSlot& slot,
               CellRange range, PiecewiseLinear& out) {
    if (!part_sales(next, step, slot)) {
      convolve_(next, step, range, out);
      return;
    }
    convolve_(next, house_step_, range, by_house_);
    convolve_(above_floor_, sale_step_, range, by_sale_);
    lower_of(by_house_, by_sale_, out);
  }

  void choose_in_slot(const PiecewiseLinear& next, const PiecewiseLinear& step,
                      const PlanSlot& slot, std::int64_t stored, Choice& best) {
    if (!part_sales(next, step, slot)) {
      choose_least(next, step, stored, best);
      return;
    }
    choose_least(next, house_step_, stored, best);
    choose_least(above_floor_, sale_step_, stored, best);
  }

  void keep(PiecewiseLinear& function) {
    if (work_.segments.size() > limits_.pieces_max || work_.runs.size() > limits_.runs_max) {
      exact_ = false;
      function = thinned(
          work_, std::max<std::size_t>(1, std::min(limits_.pieces_max / 2, limits_.runs_max)));
    } else {
      function = work_;
    }
  }

  Choice choice(std::size_t i, std::int64_t stored) {
    Choice best;
    const PlanSlot& slot = problem_->slots[i];
    slot_cost(*problem_, slot, bus_range(*problem_, slot), step_);
    if (Energy(stored) >= problem_->min && Energy(stored) <= problem_->max) {
      choose_in_slot(inside_[i + 1], step_, slot, stored, best);
    } else {
      restrict_to(step_, outward_, inward_step_);
      choose_in_slot(inside_[i + 1], inward_step_, slot, stored, best);
      choose_in_slot(outside_[i + 1], inward_step_, slot, stored, best);
    }
    return best;
  }

  Planned<Plan> walked() {
    Account account(*problem_);
    for (std::size_t i = 0; i < problem_->slots.size(); ++i) {
      const Choice best = choice(i, account.stored().count());
      account.add(bus_range(*problem_, problem_->slots[i]), best.change);
    }
    auto plan = std::move(account).plan();
    if (!plan) return plan;
    const std::int64_t start = problem_->start.count();
    const PiecewiseLinear& first = starts_outside() ? outside_.front() : inside_.front();
    const auto worth = [](std::int64_t slope) {
      return PriceE8((-slope + (slope > 0 ? -5'000 : 5'000)) / 10'000);
    };
    std::int64_t slope = 0;
    if (slope_after(first, start, slope)) plan->value_of_more = worth(slope);
    if (slope_before(first, start, slope)) plan->value_of_less = worth(slope);
    plan->exact = exact_;
    return exact_ ? std::move(plan) : no_worse(std::move(*plan));
  }

  // After thinning: the plan, or what needs no plan.
  Planned<Plan> no_worse(Plan plan) const {
    const std::vector<Energy> idle(problem_->slots.size(), problem_->start);
    for (Planned<Plan>& other : std::array{follow(*problem_, idle), self_consumption(*problem_)})
      if (other && other->cost < plan.cost) {
        plan.steps = std::move(other->steps);
        plan.cost = other->cost;
      }
    return plan;
  }

  // No plan: the first slot that no course gets past.
  [[nodiscard]] Planned<Plan> diagnosed() const {
    CellRange reached{problem_->start.count(), problem_->start.count()};
    for (std::size_t i = 0; i < problem_->slots.size(); ++i) {
      const PlanSlot& slot = problem_->slots[i];
      const CellRange bus = bus_range(*problem_, slot);
      if (bus.begin <= bus.end)
        reached = reached_after(slot, change_range(*problem_, bus), reached);
      if (bus.begin > bus.end || reached.begin > reached.end)
        return refused(i, forced_by(slot, bus));
    }
    return refused(0, PlanObstacle::numbers);  // cannot be: some course gets to the end
  }

  [[nodiscard]] CellRange reached_after(const PlanSlot& slot, CellRange change,
                                        CellRange reached) const {
    const CellRange bounds{problem_->min.count(), problem_->max.count()};
    CellRange all{std::numeric_limits<std::int64_t>::max(),
                  std::numeric_limits<std::int64_t>::min()};
    const auto add_part = [&](CellRange from, CellRange by, CellRange limits) {
      if (from.begin > from.end || by.begin > by.end) return;
      const CellRange to = common({from.begin + by.begin, from.end + by.end}, limits);
      if (to.begin <= to.end) all = {std::min(all.begin, to.begin), std::max(all.end, to.end)};
    };
    // What a sale leads to touches what is led to without one: one range together.
    const auto add = [&](CellRange from, CellRange by, CellRange limits) {
      const std::int64_t house = problem_->sale_floor ? house_change(*problem_, slot) : -furthest;
      add_part(from, common(by, {house, furthest}), limits);
      if (problem_->sale_floor)
        add_part(from, common(by, {-furthest, house - 1}),
                 common(limits, {problem_->sale_floor->count(), furthest}));
    };
    add(common(reached, bounds), change, bounds);
    if (starts_outside())
      add(common(reached, outside_range_), common(change, outward_),
          {std::min(bounds.begin, outside_range_.begin), std::max(bounds.end, outside_range_.end)});
    return all;
  }

  const PlanProblem* problem_;
  PlannerLimits limits_;
  std::vector<PiecewiseLinear> inside_;   // at the beginning of each slot, and at the end
  std::vector<PiecewiseLinear> outside_;  // the same between a start outside the bounds and them
  CellRange outside_range_{0, -1}, outward_{0, -1};
  PiecewiseLinear step_, inward_step_, work_;
  PiecewiseLinear house_step_, sale_step_, above_floor_, by_house_, by_sale_;
  Convolution convolve_;
  bool exact_ = true;
};

}  // namespace

std::string_view name_of(PlanObstacle obstacle) {
  switch (obstacle) {
    case PlanObstacle::import_limit:
      return "import_limit";
    case PlanObstacle::export_limit:
      return "export_limit";
    case PlanObstacle::charge_limit:
      return "charge_limit";
    case PlanObstacle::discharge_limit:
      return "discharge_limit";
    case PlanObstacle::stored_min:
      return "stored_min";
    case PlanObstacle::stored_max:
      return "stored_max";
    case PlanObstacle::numbers:
      return "numbers";
    case PlanObstacle::sale_floor:
      return "sale_floor";
  }
  return "?";
}

Planned<Plan> plan(const PlanProblem& problem, const PlannerLimits& limits) {
  if (const auto wrong = out_of_range(problem)) return Refused(*wrong);
  return Solver(problem, limits).solve();
}

Planned<Plan> settle(const PlanProblem& problem, std::span<const Energy> stored) {
  if (const auto wrong = out_of_range(problem)) return Refused(*wrong);
  if (stored.size() != problem.slots.size()) return refused(0, PlanObstacle::numbers);
  Account account(problem);
  for (std::size_t i = 0; i < problem.slots.size(); ++i) {
    if (!is_energy(stored[i])) return refused(i, PlanObstacle::numbers);
    const PlanSlot& slot = problem.slots[i];
    const CellRange bus = bus_range(problem, slot);
    if (bus.begin > bus.end) return refused(i, forced_by(slot, bus));
    const std::int64_t change = (stored[i] - account.stored()).count();
    const CellRange bounds = bounds_at(problem, account.stored().count());
    if (change < bounds.begin) return refused(i, PlanObstacle::stored_min);
    if (change > bounds.end) return refused(i, PlanObstacle::stored_max);
    if (change < least_change(problem, slot, account.stored().count()))
      return refused(i, PlanObstacle::sale_floor);
    const CellRange can = change_range(problem, bus);
    if (change > can.end)
      return refused(i, bus.end == slot.charge_max.count() ? PlanObstacle::charge_limit
                                                           : PlanObstacle::import_limit);
    if (change < can.begin)
      return refused(i, bus.begin == -slot.discharge_max.count() ? PlanObstacle::discharge_limit
                                                                 : PlanObstacle::export_limit);
    account.add(bus, change);
  }
  return std::move(account).plan();
}

Planned<Plan> follow(const PlanProblem& problem, std::span<const Energy> stored) {
  if (stored.size() != problem.slots.size()) return refused(0, PlanObstacle::numbers);
  for (std::size_t i = 0; i < stored.size(); ++i)
    if (!is_energy(stored[i])) return refused(i, PlanObstacle::numbers);
  return marched(problem, [&](const PlanSlot&, std::size_t i, std::int64_t now) {
    return stored[i].count() - now;
  });
}

Planned<Plan> self_consumption(const PlanProblem& problem) {
  return marched(problem, [&](const PlanSlot& slot, std::size_t, std::int64_t) {
    return change_of(problem, (slot.pv - slot.load).count());
  });
}

Planned<MoneyE8> no_battery_cost(const PlanProblem& problem) {
  PlanProblem without = problem;
  without.start = without.min = without.max = Energy(0);
  for (PlanSlot& slot : without.slots) slot.charge_max = slot.discharge_max = Energy(0);
  const auto plan = self_consumption(without);
  if (!plan) return Refused(plan.error());
  return plan->cost;
}

}  // namespace wattledger::policy
