#include "coordinator/policy/slot_cost.hpp"

#include <algorithm>
#include <array>

namespace wattledger::policy {
namespace {

constexpr std::int64_t unlimited = 4'000'000'000'000;  // beyond every sum of plan_energy_max
constexpr std::int64_t whole = lossless.count();

std::int64_t limit_of(const std::optional<Energy>& limit) {
  return limit ? limit->count() : unlimited;
}
std::int64_t curtailable(const PlanProblem& problem, const PlanSlot& slot) {
  return problem.curtailment ? slot.pv.count() : 0;
}

// a × b ÷ c, b and c above 0.
std::int64_t scaled_down(std::int64_t a, std::int64_t b, std::int64_t c) {
  const Wide product = static_cast<Wide>(a) * b;
  const Wide quotient = product / c;
  return static_cast<std::int64_t>(quotient - (quotient * c > product ? 1 : 0));
}
std::int64_t scaled_up(std::int64_t a, std::int64_t b, std::int64_t c) {
  return -scaled_down(-a, b, c);
}

// The grid's cost over net, at one way of curtailing: between its break points the price is the
// marginal one. At `zero` the grid gives and takes nothing.
struct BusRun {
  std::array<std::int64_t, 4> at{};  // break points; equal ones make no part
  std::array<std::int64_t, 3> price{};
  std::int64_t zero = 0;

  [[nodiscard]] Wide cost_at(std::int64_t net) const {
    Wide cost = 0;
    for (std::size_t i = 0; i < price.size(); ++i) {
      const std::int64_t to = std::clamp(net, at[i], at[i + 1]);
      cost += static_cast<Wide>(price[i]) * (to - std::clamp(zero, at[i], at[i + 1]));
    }
    return cost;
  }
};

// A slot's one or two ways.
struct BusCost {
  std::array<BusRun, 2> runs;
  std::size_t count = 1;
};

BusCost bus_cost(const PlanProblem& problem, const PlanSlot& slot) {
  const std::int64_t import = slot.import_price.count(), export_ = slot.export_price.count();
  const std::int64_t pv = curtailable(problem, slot);
  const std::int64_t most = limit_of(slot.import_max), least = -limit_of(slot.export_max);
  const BusRun sparing{{least - pv, least, 0, most}, {0, export_, import}, 0};
  const BusRun curtailing{
      {least - pv, -pv, std::max(-pv, most - pv), most}, {export_, import, 0}, -pv};
  if (import < 0 && export_ < 0) return {{curtailing, {}}, 1};
  // Each where it is the better one.
  if (import < 0)
    return {{BusRun{{least - pv, least, 0, 0}, {0, export_, 0}, 0},
             BusRun{{-pv, -pv, curtailing.at[2], most}, {0, import, 0}, -pv}},
            2};
  if (export_ < 0) return {{BusRun{{least - pv, -pv, 0, most}, {export_, 0, import}, 0}, {}}, 1};
  return {{sparing, {}}, 1};
}

// 1e-12 currency per stored kWh. One more unit of tie-break each way.
std::int64_t charge_slope(const PlanProblem& problem, std::int64_t price) {
  return scaled_down(price, 10'000 * whole, problem.charge_efficiency.count()) + 1;
}
std::int64_t discharge_slope(const PlanProblem& problem, std::int64_t price) {
  return scaled_down(price, 10'000 * problem.discharge_efficiency.count(), whole) -
         problem.wear.count() * 10'000 - 1;
}

std::int64_t discharged_by(const PlanProblem& problem, std::int64_t taken_out) {
  return scaled_down(taken_out, problem.discharge_efficiency.count(), whole);
}

// Charge (+) or discharge (−) at the bus for a change. Several charges store the same cells: the
// one that leaves the grid at nothing, else the least one.
std::int64_t bus_of(const PlanProblem& problem, const PlanSlot& slot, CellRange bus,
                    std::int64_t change) {
  if (change < 0) return -discharged_by(problem, -change);
  const std::int64_t efficiency = problem.charge_efficiency.count();
  const std::int64_t least = scaled_up(change, whole, efficiency);
  const std::int64_t most = scaled_up(change + 1, whole, efficiency) - 1;
  const std::int64_t surplus = slot.pv.count() - slot.load.count();
  const std::int64_t wanted = change > 0 && least <= surplus && surplus <= most ? surplus : least;
  return std::clamp(wanted, std::max<std::int64_t>(bus.begin, 0),
                    std::max<std::int64_t>(bus.end, 0));
}

// Where the slope falls, the next run begins a cell further on.
void add_convex(PiecewiseLinear& out, std::int64_t length, std::int64_t slope) {
  if (length <= 0) return;
  const Run& run = out.runs.back();
  if (run.count > 0 && out.segments.back().slope > slope) {
    begin_run(out, run.end + 1, value_at_end(out, run) + slope);
    --length;
  }
  add_segment(out, length, slope);
}

void add_bus_run(const PlanProblem& problem, const PlanSlot& slot, CellRange bus, const BusRun& run,
                 PiecewiseLinear& out) {
  const std::int64_t surplus = slot.pv.count() - slot.load.count();
  const std::int64_t begin = std::max(bus.begin, run.at.front() + surplus);
  const std::int64_t end = std::min(bus.end, run.at.back() + surplus);
  if (begin > end) return;
  const std::int64_t change = change_of(problem, begin);
  const std::int64_t at_bus = std::clamp(bus_of(problem, slot, bus, change), begin, end);
  Wide value = run.cost_at(at_bus - surplus) * 10'000 + (change < 0 ? -change : change);
  if (change < 0) value += static_cast<Wide>(problem.wear.count()) * 10'000 * -change;
  begin_run(out, change, value);
  for (std::size_t i = 0; i < run.price.size(); ++i) {
    const std::int64_t from = std::clamp(run.at[i] + surplus, begin, end);
    const std::int64_t to = std::clamp(run.at[i + 1] + surplus, begin, end);
    const auto cells = [&](std::int64_t a, std::int64_t b) {
      return change_of(problem, b) - change_of(problem, a);
    };
    add_convex(out, cells(std::min<std::int64_t>(from, 0), std::min<std::int64_t>(to, 0)),
               discharge_slope(problem, run.price[i]));
    add_convex(out, cells(std::max<std::int64_t>(from, 0), std::max<std::int64_t>(to, 0)),
               charge_slope(problem, run.price[i]));
  }
}

}  // namespace

CellRange bus_range(const PlanProblem& problem, const PlanSlot& slot) {
  const std::int64_t surplus = slot.pv.count() - slot.load.count();
  return {std::max(-slot.discharge_max.count(),
                   surplus - curtailable(problem, slot) - limit_of(slot.export_max)),
          std::min(slot.charge_max.count(), surplus + limit_of(slot.import_max))};
}

std::int64_t change_of(const PlanProblem& problem, std::int64_t bus) {
  return bus >= 0 ? scaled_down(bus, problem.charge_efficiency.count(), whole)
                  : -scaled_up(-bus, whole, problem.discharge_efficiency.count());
}

CellRange change_range(const PlanProblem& problem, CellRange bus) {
  return {change_of(problem, bus.begin), change_of(problem, bus.end)};
}

Settled settled(const PlanProblem& problem, const PlanSlot& slot, CellRange bus,
                std::int64_t change) {
  const std::int64_t at_bus = bus_of(problem, slot, bus, change);
  const std::int64_t net = at_bus + slot.load.count() - slot.pv.count();
  const std::int64_t least = std::max(net, -limit_of(slot.export_max));
  const std::int64_t most = std::min(net + curtailable(problem, slot), limit_of(slot.import_max));
  const auto cost = [&](std::int64_t grid) {
    return static_cast<Wide>(grid) *
           (grid > 0 ? slot.import_price.count() : slot.export_price.count());
  };
  // The cost is linear on both sides of 0; equal ones curtail less.
  std::int64_t grid = least;
  for (const std::int64_t other : {std::int64_t{0}, most})
    if (other >= least && other <= most && cost(other) < cost(grid)) grid = other;
  Settled result;
  result.step.charge = Energy(std::max<std::int64_t>(at_bus, 0));
  result.step.discharge = Energy(std::max<std::int64_t>(-at_bus, 0));
  result.step.imported = Energy(std::max<std::int64_t>(grid, 0));
  result.step.exported = Energy(std::max<std::int64_t>(-grid, 0));
  result.step.curtailed = Energy(grid - net);
  result.cost = cost(grid);
  if (change < 0) result.cost += static_cast<Wide>(problem.wear.count()) * -change;
  return result;
}

void slot_cost(const PlanProblem& problem, const PlanSlot& slot, CellRange bus,
               PiecewiseLinear& out) {
  out.clear();
  if (bus.begin > bus.end) return;
  const BusCost cost = bus_cost(problem, slot);
  add_bus_run(problem, slot, bus, cost.runs[0], out);
  if (cost.count == 1) return;
  PiecewiseLinear sparing, curtailing;
  std::swap(sparing, out);
  add_bus_run(problem, slot, bus, cost.runs[1], curtailing);
  lower_of(sparing, curtailing, out);
}

}  // namespace wattledger::policy
