// The two proofs of audit what-if, on days that the daemon lived with the simulated inverter: the
// policy that was in force comes to what the meter says, within the error that is stated; foresight
// is the planner's proven optimum. Neither the inverter's physics nor the problem below is the
// model's.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "coordinator/policy/planner.hpp"
#include "projections/fold/power_series.hpp"
#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// The log's quarters by the readings, one a minute: each stands for its minute.
struct Quarter {
  std::string day;  // local
  PriceE8 import, feed_in;
  double load_wh = 0, pv_wh = 0;
};

std::map<UtcTime, Quarter> quarters_of(const std::filesystem::path& data) {
  auto log = log::Log::open(data / "log");
  REQUIRE(log.has_value());
  const auto snapshot = log->snapshot();
  REQUIRE(snapshot.has_value());
  std::map<UtcTime, Quarter> quarters;
  fold::State state;
  std::optional<UtcTime> last;
  double load = 0, pv = 0;
  const auto scanned = snapshot->scan(
      snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
        const auto* reading = record.event.as<fb::ReadingRecorded>();
        const UtcTime at = record.event.occurred_at();
        if (reading != nullptr && last && at > *last) {
          const UtcTime start = std::chrono::floor<fold::Quarters>(*last);
          // A missing price is the one before, for an hour.
          const fold::PriceSlot* price = fold::price_at(state, start);
          for (int back = 1; price == nullptr && back <= 4; ++back)
            price = fold::price_at(state, start - fold::Quarters(back));
          if (price != nullptr) {
            Quarter& quarter = quarters[start];
            quarter.day = date_text(state.site.zone.to_local(start));
            quarter.import = fold::final_price(state, *price);
            quarter.feed_in = fold::feed_in_price(state, *price);
            const double hours = static_cast<double>((at - *last).count()) / 3.6e9;
            quarter.load_wh += load * hours;
            quarter.pv_wh += pv * hours;
          }
        }
        if (reading != nullptr) {
          last = at;
          load = reading->load_power_w().value_or(0);
          pv = reading->pv_power_w().value_or(0);
        }
        fold::evolve(state, record.sequence, record.recorded_at, record.event);
        return true;
      });
  REQUIRE(scanned.has_value());
  return quarters;
}

policy::Energy energy_of(double wh) { return policy::Energy(std::llround(wh * 1e5)); }

policy::PlanProblem problem_of(const std::map<UtcTime, Quarter>& quarters,
                               const nlohmann::json& told, double soc) {
  const auto& battery = told["battery"];
  const double capacity = battery["capacity_kwh"].get<double>() * 1e3;
  policy::PlanProblem problem;
  std::set<std::string> left_out;
  for (const auto& day : told["days"])
    if (day["left_out"] == true) left_out.insert(day["day"]);
  for (const auto& [start, quarter] : quarters) {
    if (left_out.contains(quarter.day)) continue;
    policy::PlanSlot slot;
    slot.import_price = quarter.import;
    slot.export_price = quarter.feed_in;
    slot.load = energy_of(quarter.load_wh);
    slot.pv = energy_of(quarter.pv_wh);
    slot.charge_max = energy_of(battery["charge_max_w"].get<double>() / 4);
    slot.discharge_max = std::min(energy_of(battery["discharge_max_w"].get<double>() / 4),
                                  std::max(slot.load - slot.pv, policy::Energy(0)));
    problem.slots.push_back(slot);
  }
  problem.start = energy_of(soc * capacity);
  problem.min = energy_of(battery["floor_pct"].get<double>() / 100 * capacity);
  problem.max = energy_of(capacity);
  const auto efficiency = [&](const char* key) {
    return policy::Efficiency(std::llround(battery[key].get<double>() * 1e9));
  };
  problem.charge_efficiency = efficiency("charge_efficiency");
  problem.discharge_efficiency = efficiency("discharge_efficiency");
  problem.wear = PriceE8(5'000'000);
  problem.terminal_value = PriceE8(std::llround(told["stored_kwh_value"].get<double>() * 1e8));
  problem.curtailment = false;
  return problem;
}

double cost_of(const nlohmann::json& told, const std::string& way) {
  for (const auto& each : told["ways"])
    if (each["way"] == way) return each["cost"];
  FAIL(way << " is no way of this answer");
  return 0;
}

double money(MoneyE8 amount) { return static_cast<double>(amount.count()) / 1e8; }

}  // namespace

TEST_SUITE("simulation/what_if") {
  TEST_CASE("the policy in force comes to the recorded cost, foresight to the planner's optimum") {
    const MemoryDirectory home;
    const auto data = home / "data";
    const auto lived = testing::run(WATTLEDGERD, simulation(2 * proof_days, data));
    REQUIRE_MESSAGE(lived.code == 0, lived.err);
    const auto answered = testing::run(
        WATTLEDGER_TOOL,
        {"--data", data.string(), "audit", "what-if", "--policy", "optimal", "--format", "json"});
    REQUIRE_MESSAGE(answered.code == 0, answered.err);
    const auto told = nlohmann::json::parse(answered.out);
    const auto& error = told["model_error"];
    CHECK(error["soc_rms_pct"] < 2.0);
    const double band = error["band"], meter = cost_of(told, "recorded");
    MESSAGE("recorded " << meter << ", optimal again " << cost_of(told, "optimal") << ", band "
                        << band);
    CHECK(std::abs(cost_of(told, "recorded, by the model") - meter) <= band);
    CHECK(std::abs(cost_of(told, "optimal") - meter) <= band);
    // The statement is worth something: two of a hundred of what the battery saves.
    CHECK(band < 0.02 * (cost_of(told, "no battery") - meter) + 0.5);

    const policy::PlanProblem problem = problem_of(quarters_of(data), told, 0.5);
    const auto best = policy::plan(problem);
    REQUIRE(best);
    CHECK(best->exact);
    // The last quarter lacks its last minute there, and the losses are told to six places.
    CHECK(std::abs(cost_of(told, "foresight") - money(best->cost)) < 0.02);
    const auto idle = policy::no_battery_cost(problem);
    REQUIRE(idle);
    CHECK(std::abs(cost_of(told, "no battery") - money(*idle)) < 0.02);  // that minute
    const auto serving = policy::self_consumption(problem);
    REQUIRE(serving);
    // Sun and load are evened out within a quarter there, and not here.
    CHECK(std::abs(cost_of(told, "self-use only") - money(serving->cost)) <
          0.02 * (cost_of(told, "no battery") - cost_of(told, "foresight")));
    for (const char* way : {"recorded, by the model", "optimal", "self-use only", "no battery"})
      CHECK(cost_of(told, way) >= cost_of(told, "foresight") - 1e-3);
  }
}
