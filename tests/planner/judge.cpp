#include "tests/planner/judge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace wattledger::testing {
namespace {

using policy::Energy;
using policy::PlanObstacle;
using policy::PlanProblem;
using policy::PlanSlot;
using policy::PlanStep;

__extension__ using Wide = __int128;
constexpr Wide whole = 1'000'000'000;  // of an efficiency

bool inside(Energy value, const std::optional<Energy>& most) {
  return value >= Energy(0) && (!most || value <= *most);
}

std::string step_trouble(const PlanProblem& problem, const PlanSlot& slot, const PlanStep& step,
                         Energy before) {
  const Energy none(0);
  if (step.charge > none && step.discharge > none) return "charges and discharges";
  if (step.imported > none && step.exported > none) return "imports and exports";
  if (!inside(step.charge, slot.charge_max)) return "charge";
  if (!inside(step.discharge, slot.discharge_max)) return "discharge";
  if (!inside(step.imported, slot.import_max)) return "import limit";
  if (!inside(step.exported, slot.export_max)) return "export limit";
  if (!inside(step.curtailed, problem.curtailment ? slot.pv : none)) return "curtailment";
  if (slot.pv - step.curtailed + step.discharge + step.imported !=
      slot.load + step.charge + step.exported)
    return "balance";
  const Wide change = (step.stored - before).count();
  const Wide charged = static_cast<Wide>(step.charge.count()) * problem.charge_efficiency.count();
  if (change >= 0 && (step.discharge != none || change != charged / whole)) return "charging";
  const Wide taken = -change * problem.discharge_efficiency.count();
  if (change < 0 && (step.charge != none || step.discharge.count() != taken / whole))
    return "discharging";
  if (step.discharge > std::max(slot.load - slot.pv, none) && problem.sale_floor &&
      step.stored < *problem.sale_floor)
    return "sale floor";
  if (step.stored < problem.min && step.stored < before) return "below min";
  if (step.stored > problem.max && step.stored > before) return "above max";
  return {};
}

constexpr Wide nowhere = static_cast<Wide>(1) << 120;

// A slot's cost in 1e-16 by what the battery takes at the bus: curtailment unit by unit, and what
// leaves the grid at nothing or at a limit.
Wide slot_cost(const PlanProblem& problem, const PlanSlot& slot, std::int64_t bus,
               std::int64_t unit) {
  Wide best = nowhere;
  const std::int64_t most = problem.curtailment ? slot.pv.count() : 0;
  const std::int64_t net = slot.load.count() + bus - slot.pv.count();
  const auto curtail = [&](std::int64_t curtailed) {
    const std::int64_t grid = net + curtailed;
    if (curtailed < 0 || curtailed > most) return;
    if (slot.import_max && grid > slot.import_max->count()) return;
    if (slot.export_max && -grid > slot.export_max->count()) return;
    const PriceE8 price = grid > 0 ? slot.import_price : slot.export_price;
    best = std::min(best, static_cast<Wide>(grid) * price.count());
  };
  for (std::int64_t curtailed = 0; curtailed <= most; curtailed += unit) curtail(curtailed);
  curtail(-net);
  if (slot.import_max) curtail(slot.import_max->count() - net);
  if (slot.export_max) curtail(-slot.export_max->count() - net);
  return best;
}

// The cost of a change of stored energy; nowhere when it is not possible.
Wide change_cost(const PlanProblem& problem, const PlanSlot& slot, std::int64_t change,
                 std::int64_t unit) {
  const Wide efficiency =
      change > 0 ? problem.charge_efficiency.count() : problem.discharge_efficiency.count();
  const Wide scaled = change > 0 ? change * whole : -change * efficiency;
  const Wide by = change > 0 ? efficiency : whole;
  if (scaled % by != 0) return nowhere;
  const auto energy = static_cast<std::int64_t>(scaled / by);
  if (energy > (change > 0 ? slot.charge_max : slot.discharge_max).count()) return nowhere;
  const Wide grid = slot_cost(problem, slot, change > 0 ? energy : -energy, unit);
  if (grid == nowhere || change >= 0) return grid;
  return grid - static_cast<Wide>(change) * problem.wear.count();
}

bool may(const PlanProblem& problem, std::int64_t from, std::int64_t to) {
  const std::int64_t min = problem.min.count(), max = problem.max.count();
  if (from < min) return to >= from && to <= max;
  if (from > max) return to <= from && to >= min;
  return to >= min && to <= max;
}

// Whether the battery gives more than the load lacks, by a change that change_cost() knows.
bool sells(const PlanProblem& problem, const PlanSlot& slot, std::int64_t change) {
  const Wide given = static_cast<Wide>(-change) * problem.discharge_efficiency.count() / whole;
  return change < 0 && given > std::max<std::int64_t>((slot.load - slot.pv).count(), 0);
}

// What it costs to have come to each level of the grid.
class Grid {
 public:
  Grid(const PlanProblem& problem, std::int64_t cell, std::int64_t unit)
      : problem_(&problem),
        cell_(cell),
        unit_(unit),
        low_(std::min(problem.min, problem.start).count() / cell) {
    const std::int64_t high = std::max(problem.max, problem.start).count() / cell;
    reached_.assign(static_cast<std::size_t>(high - low_ + 1), nowhere);
    reached_[static_cast<std::size_t>(problem.start.count() / cell - low_)] = 0;
  }

  bool go(const PlanSlot& slot) {
    const auto size = static_cast<std::int64_t>(reached_.size());
    std::vector<Wide> costs;  // of a change of 1 - size … size - 1
    for (std::int64_t change = 1 - size; change < size; ++change)
      costs.push_back(change_cost(*problem_, slot, change * cell_, unit_));
    std::vector<Wide> next(reached_.size(), nowhere);
    bool any = false;
    for (std::int64_t from = 0; from < size; ++from) {
      const Wide before = reached_[static_cast<std::size_t>(from)];
      if (before == nowhere) continue;
      for (std::int64_t to = 0; to < size; ++to) {
        const Wide cost = costs[static_cast<std::size_t>(to - from + size - 1)];
        if (cost == nowhere || !may(*problem_, (from + low_) * cell_, (to + low_) * cell_))
          continue;
        if (problem_->sale_floor && (to + low_) * cell_ < problem_->sale_floor->count() &&
            sells(*problem_, slot, (to - from) * cell_))
          continue;
        auto& there = next[static_cast<std::size_t>(to)];
        there = std::min(there, before + cost);
        any = true;
      }
    }
    if (any) reached_ = std::move(next);
    return any;
  }

  [[nodiscard]] MoneyE8 least() const {
    Wide best = nowhere;
    for (std::size_t i = 0; i < reached_.size(); ++i) {
      if (reached_[i] == nowhere) continue;
      const Wide stored = (static_cast<Wide>(i) + low_) * cell_;
      best = std::min(best, reached_[i] - (stored - problem_->start.count()) *
                                              problem_->terminal_value.count());
    }
    const Wide half = best < 0 ? -50'000'000 : 50'000'000;
    return MoneyE8(static_cast<std::int64_t>((best + half) / 100'000'000));
  }

 private:
  const PlanProblem* problem_;
  std::int64_t cell_, unit_, low_;
  std::vector<Wide> reached_;  // 1e-16
};

}  // namespace

std::string trouble_in(const PlanProblem& problem, const policy::Plan& plan) {
  if (plan.steps.size() != problem.slots.size()) return "not a step for every slot";
  Energy stored = problem.start;
  Wide cost = 0;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanSlot& slot = problem.slots[i];
    const PlanStep& step = plan.steps[i];
    const std::string trouble = step_trouble(problem, slot, step, stored);
    if (!trouble.empty()) return trouble + " at slot " + std::to_string(i);
    cost += static_cast<Wide>(step.imported.count()) * slot.import_price.count() -
            static_cast<Wide>(step.exported.count()) * slot.export_price.count();
    if (step.stored < stored)
      cost += static_cast<Wide>((stored - step.stored).count()) * problem.wear.count();
    stored = step.stored;
  }
  cost -= static_cast<Wide>((stored - problem.start).count()) * problem.terminal_value.count();
  const Wide difference = cost - static_cast<Wide>(plan.cost.count()) * 100'000'000;
  return difference > 50'000'000 || difference < -50'000'000 ? "cost" : "";
}

Judged judged(const PlanProblem& problem, std::int64_t cell, std::int64_t unit) {
  Grid grid(problem, cell, unit);
  for (std::size_t i = 0; i < problem.slots.size(); ++i) {
    if (grid.go(problem.slots[i])) continue;
    PlanSlot without = problem.slots[i];
    without.import_max.reset();
    const bool import = grid.go(without);
    return {{}, i, import ? PlanObstacle::import_limit : PlanObstacle::export_limit};
  }
  return {grid.least(), 0, {}};
}

std::optional<double> grid_cost(const PlanProblem& problem, int levels) {
  constexpr double kwh = 1e-8, price = 1e-8;
  const double infinite = std::numeric_limits<double>::infinity();
  const double min = static_cast<double>(problem.min.count()) * kwh;
  const double width = static_cast<double>((problem.max - problem.min).count()) * kwh;
  const double start = static_cast<double>(problem.start.count()) * kwh;
  const double in = static_cast<double>(problem.charge_efficiency.count()) * 1e-9;
  const double out = static_cast<double>(problem.discharge_efficiency.count()) * 1e-9;
  const auto level = [&](int i) { return min + width * i / (levels - 1); };
  const auto value = [&](Energy energy) { return static_cast<double>(energy.count()) * kwh; };
  const double worth = static_cast<double>(problem.terminal_value.count()) * price;
  std::vector<double> after(static_cast<std::size_t>(levels));
  for (int i = 0; i < levels; ++i) after[static_cast<std::size_t>(i)] = -worth * (level(i) - start);
  const auto cost = [&](const PlanSlot& slot, double change) {
    const double bus = change > 0 ? change / in : change * out;
    if (bus > value(slot.charge_max) || -bus > value(slot.discharge_max)) return infinite;
    const double net = value(slot.load) + bus - value(slot.pv);
    const double most = problem.curtailment ? value(slot.pv) : 0;
    const double least = slot.export_max ? value(*slot.export_max) : 1e9;
    double best = infinite;
    for (const double grid :
         {net, net + most, 0.0, -least, slot.import_max ? value(*slot.import_max) : net}) {
      if (grid < net - 1e-12 || grid > net + most + 1e-12 || grid < -least) continue;
      if (slot.import_max && grid > value(*slot.import_max)) continue;
      const PriceE8 at = grid > 0 ? slot.import_price : slot.export_price;
      best = std::min(best, grid * static_cast<double>(at.count()) * price);
    }
    return best + (change < 0 ? -change * static_cast<double>(problem.wear.count()) * price : 0);
  };
  const auto best_from = [&](const PlanSlot& slot, double from) {
    double best = infinite;
    for (int to = 0; to < levels; ++to) {
      const double rest = after[static_cast<std::size_t>(to)];
      if (rest < infinite) best = std::min(best, rest + cost(slot, level(to) - from));
    }
    return best;
  };
  for (std::size_t i = problem.slots.size(); i-- > 1;) {
    std::vector<double> before(after.size());
    for (int from = 0; from < levels; ++from)
      before[static_cast<std::size_t>(from)] = best_from(problem.slots[i], level(from));
    after = std::move(before);
  }
  const double best = best_from(problem.slots.front(), start);
  return best < infinite ? std::optional<double>(best) : std::nullopt;
}

}  // namespace wattledger::testing
