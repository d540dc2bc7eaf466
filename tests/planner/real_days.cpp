#include "tests/planner/real_days.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <string_view>
#include <tuple>

#include "coordinator/sources/parse/decimal.hpp"
#include "tests/support/places.hpp"

namespace wattledger::testing {
namespace {

using policy::Energy;

using Cells = std::array<std::string_view, 4>;

// "2025-09-29 00:15" and what stands in the columns.
template <class Take>
bool each_row(const std::string& name, Take take) {
  std::ifstream stream(shared_data() / name);
  if (!stream) return false;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    Cells cells;
    std::string_view rest = line;
    for (auto& cell : cells) {
      cell = rest.substr(0, std::min(rest.find(','), rest.size()));
      rest.remove_prefix(std::min(cell.size() + 1, rest.size()));
    }
    take(cells);
  }
  return true;
}

std::int64_t e8(std::string_view text) {
  const auto decimal = sources::parse_decimal(text, 8, sources::Digits::rounded);
  return decimal.trouble ? 0 : decimal.count;
}

// A quarter of an hour of watts; what is not known is nothing.
Energy quarter(std::string_view watts) {
  return Energy(std::max<std::int64_t>(0, e8(watts) / 4'000));
}

std::string year_before(std::string_view stamp) {
  std::string text(stamp);
  text[3] = static_cast<char>(text[3] - 1);
  return text;
}

}  // namespace

std::vector<RealDay> real_days() {
  struct House {
    Energy load, pv;
  };
  std::map<std::string, House, std::less<>> house;  // by half hour, as its stamp begins
  std::vector<RealDay> days;
  if (!each_row("house/fr_house_30min_2024-02-28_2025-02-27.csv", [&](const Cells& cells) {
        house[std::string(cells[0].substr(0, 16))] = {quarter(cells[1]), quarter(cells[2]) * 2};
      }))
    return days;
  each_row("prices/pl_csdac_15min_2025-09-29_2025-12-02.csv", [&](const Cells& cells) {
    const std::string_view date = cells[0].substr(0, 10);
    if (days.empty() || days.back().date != date) days.push_back({std::string(date), {}});
    std::string half = year_before(cells[0].substr(0, 16));
    half[14] = half[14] < '3' ? '0' : '3';
    half[15] = '0';
    const auto found = house.find(half);
    policy::PlanSlot slot;
    slot.import_price = PriceE8(e8(cells[1]) + 8'920'000);
    slot.export_price = PriceE8(e8(cells[1]));
    if (found != house.end())
      std::tie(slot.load, slot.pv) = std::pair(found->second.load, found->second.pv);
    slot.charge_max = slot.discharge_max = slot.export_max.emplace(250'000'000);
    slot.import_max = Energy(350'000'000);
    days.back().slots.push_back(slot);
  });
  return days;
}

policy::PlanProblem example_house(std::vector<policy::PlanSlot> slots) {
  policy::PlanProblem problem;
  problem.slots = std::move(slots);
  problem.start = Energy(1'000'000'000);
  problem.min = Energy(400'000'000);
  problem.max = Energy(2'000'000'000);
  problem.charge_efficiency = problem.discharge_efficiency =
      policy::to_efficiency(BasisPoints(9'500));
  problem.wear = PriceE8(5'000'000);
  problem.terminal_value = PriceE8(30'000'000);
  return problem;
}

}  // namespace wattledger::testing
