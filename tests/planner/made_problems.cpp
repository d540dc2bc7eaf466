#include "tests/planner/made_problems.hpp"

#include <array>

namespace wattledger::testing {
namespace {

using policy::Efficiency;
using policy::Energy;
using policy::PlanProblem;
using policy::PlanSlot;

// Numbers that every library makes alike.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }

 private:
  std::mt19937_64 engine_;
};

struct Lossy {
  std::int64_t in, out;  // percent
  std::int64_t cells;    // in a unit
};
constexpr std::array<Lossy, 7> lossy{{{100, 100, 1},
                                      {50, 100, 2},
                                      {100, 50, 1},
                                      {50, 50, 2},
                                      {80, 100, 5},
                                      {100, 80, 4},
                                      {80, 80, 20}}};

}  // namespace

TinyProblem tiny_problem(std::uint64_t seed) {
  Dice dice(seed);
  TinyProblem tiny;
  const Lossy& kind = lossy[static_cast<std::size_t>(dice.between(0, 6))];
  tiny.cell = dice.between(1, 3) * 100'000;
  tiny.unit = tiny.cell * kind.cells;
  PlanProblem& problem = tiny.problem;
  problem.charge_efficiency = policy::to_efficiency(BasisPoints(kind.in * 100));
  problem.discharge_efficiency = policy::to_efficiency(BasisPoints(kind.out * 100));
  const std::int64_t min = dice.between(0, 2), max = min + dice.between(0, 5);
  problem.min = Energy(min * tiny.unit);
  problem.max = Energy(max * tiny.unit);
  const std::int64_t start = dice.one_in(8) ? dice.between(0, 9) * kind.cells
                                            : dice.between(min * kind.cells, max * kind.cells);
  problem.start = Energy(start * tiny.cell);
  const auto price = [&](std::int64_t low, std::int64_t high) {
    return PriceE8(dice.between(low, high) * 1'000'000);
  };
  if (dice.one_in(2)) problem.wear = price(0, 20);
  if (dice.one_in(2)) problem.terminal_value = price(-40, 80);
  problem.curtailment = dice.one_in(2);
  const bool tight = dice.one_in(3), tied = dice.one_in(4);
  const std::int64_t shift = dice.between(-100, 60);
  const auto units = [&](std::int64_t most) { return Energy(dice.between(0, most) * tiny.unit); };
  for (std::int64_t i = dice.between(3, 5); i > 0; --i) {
    PlanSlot slot;
    slot.import_price = tied ? price(-1, 1) : price(shift, shift + 100);
    slot.export_price = tied ? price(-1, 1) : slot.import_price + price(-60, 40);
    slot.load = units(3);
    slot.pv = dice.one_in(2) ? units(4) : Energy(0);
    slot.charge_max = units(3);
    slot.discharge_max = units(3);
    if (tight || dice.one_in(2)) slot.import_max = units(tight ? 2 : 5);
    if (tight || dice.one_in(2)) slot.export_max = units(tight ? 2 : 5);
    problem.slots.push_back(slot);
  }
  if (dice.one_in(3))
    problem.sale_floor = Energy(dice.between(min * kind.cells, (max + 1) * kind.cells) * tiny.cell);
  return tiny;
}

PlanProblem lifelike_problem(std::uint64_t seed, std::size_t slots, Prices prices) {
  Dice dice(seed);
  PlanProblem problem;
  const std::int64_t kwh = policy::energy_per_kwh.count();
  problem.max = Energy(dice.between(5, 20) * kwh);
  problem.min = problem.max / 5;
  problem.start = problem.min + Energy(dice.between(0, (problem.max - problem.min).count()));
  problem.charge_efficiency = policy::to_efficiency(BasisPoints(dice.between(8'500, 10'000)));
  problem.discharge_efficiency = policy::to_efficiency(BasisPoints(dice.between(8'500, 10'000)));
  problem.wear = PriceE8(dice.between(0, 10'000'000));
  problem.terminal_value = PriceE8(dice.between(0, 40'000'000));
  problem.curtailment = dice.one_in(2);
  const Energy power(dice.between(kwh / 4, 3 * kwh));
  const bool closed = problem.curtailment && dice.one_in(3);
  for (std::size_t i = 0; i < slots; ++i) {
    PlanSlot slot;
    slot.import_price = PriceE8(dice.between(10'000'000, 160'000'000));
    slot.export_price = slot.import_price - PriceE8(dice.between(0, 10'000'000));
    if (prices == Prices::negative) {
      slot.import_price -= PriceE8(120'000'000);
      slot.export_price -= PriceE8(120'000'000);
    }
    if (prices == Prices::export_above_import)
      slot.export_price += PriceE8(dice.between(0, 40'000'000));
    slot.load = Energy(dice.between(kwh / 50, kwh / 2));
    slot.pv = Energy(dice.one_in(2) ? dice.between(0, kwh) : 0);
    slot.charge_max = slot.discharge_max = power;
    slot.import_max = Energy(3 * kwh);
    if (problem.curtailment) slot.export_max = Energy(closed ? 0 : kwh / 2);
    problem.slots.push_back(slot);
  }
  return problem;
}

}  // namespace wattledger::testing
