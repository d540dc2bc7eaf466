#include "tests/backtest/backtest.hpp"

#include <algorithm>
#include <ctime>

#include "projections/fold/tariff.hpp"
#include "replay/audit/yardsticks.hpp"

namespace wattledger::testing {
namespace {

using fb::Action;
using policy::Energy;
using std::chrono::seconds;
using namespace std::chrono_literals;

constexpr seconds quarter{900};

fold::PowerForecast as_told(const forecast::Forecast& made, UtcTime now) {
  const auto values = [](const forecast::PowerSeries& series) {
    std::vector<std::optional<std::int32_t>> watts;
    for (const auto& each : series.watts)
      watts.push_back(each ? std::optional(static_cast<std::int32_t>(each->count()))
                           : std::nullopt);
    return watts;
  };
  return {Sequence{1},
          std::string(fold::own_forecast),
          now,
          made.power.start,
          made.power.step,
          values(made.power),
          values(made.low),
          values(made.high)};
}

// Everything that the house knows, as the daemon would have it.
class House {
 public:
  House(const Past& past, const fold::PolicySettings& settings, Told told)
      : past_(past), told_(told) {
    state_.site.zone = past.zone;
    state_.policy = fold::Policy{settings, {}, Sequence{1}};
    state_.coordinator.control_mode = fb::ControlMode::on;
    pv_settings_.limit = Watts(0);
    for (std::size_t i = 0; i < past.warm_up.size(); ++i) learn(past.warm_up, i);
  }

  // At the beginning of the day's quarter `index`.
  void look(std::size_t index, BasisPoints soc) {
    const Quarter& here = past_.days[index];
    publish_prices(here.start);
    tell_base(past_.days, index);
    if (told_ == Told::forecasts && here.start.time_since_epoch() % 3600s == 0s) issue(here.start);
    fold::Reading reading;
    reading.sequence = Sequence{++state_.through.value};
    reading.at = here.start;
    reading.soc = soc;
    reading.pv_power = index == 0 ? here.pv : past_.days[index - 1].pv;
    reading.load_power = index == 0 ? here.load : past_.days[index - 1].load;
    state_.reading = reading;
  }
  void learn(const std::vector<Quarter>& quarters, std::size_t index) {
    if (&quarters == &past_.warm_up) tell_base(quarters, index);
    for (int i = 0; i < 3; ++i) {
      const UtcTime at = quarters[index].start + i * 5min;
      observe(load_, past_.calendar, {}, at, quarters[index].load);
      observe(pv_, pv_settings_, at, quarters[index].pv);
    }
  }
  void decided(const policy::Judgement& judged, UtcTime now) {
    const fb::DecisionMadeT& decision = judged.decision;
    fold::LastDecision last;
    last.sequence = Sequence{++state_.through.value};
    last.at = now;
    last.since = state_.decision && state_.decision->action == decision.action
                     ? state_.decision->since
                     : now;
    last.action = decision.action;
    if (decision.power_w) last.power = Watts(*decision.power_w);
    if (decision.target_soc_bp) last.target_soc = BasisPoints(*decision.target_soc_bp);
    if (decision.until_us) last.until = utc_from_us(*decision.until_us);
    last.rule = decision.rule;
    state_.decision = last;
    if (!judged.plan) return;
    state_.plan = fold::LastPlan{
        last.sequence,        utc_from_us(judged.plan->start_us), seconds(judged.plan->step_s),
        judged.plan->actions, judged.plan->battery_power_w,       judged.plan->policy};
  }
  // What the slot's charge or sale came to: the daemon's sessions, without an inverter.
  void lived_through(UtcTime now, Action action, BasisPoints from, BasisPoints to) {
    fold::SessionHistory& sessions = state_.sessions;
    const auto day = std::chrono::floor<std::chrono::days>(past_.zone.to_local(now));
    if (sessions.day != day.time_since_epoch().count()) {
      sessions.day = static_cast<std::int32_t>(day.time_since_epoch().count());
      sessions.charges = sessions.sales = 0;
      sessions.sold = BasisPoints(0);
    }
    if (sessions.charge && action != Action::charge) {
      sessions.charged_to = from;
      sessions.charge_ended_at = now;
      sessions.charge.reset();
    }
    if (sessions.sale && action != Action::sell) {
      sessions.sold += std::max(sessions.sale->start_soc.value_or(from) - from, BasisPoints(0));
      sessions.sale_ended_at = now;
      sessions.sale.reset();
    }
    if (action == Action::charge && to > from) begin(sessions.charge, sessions.charges, now, from);
    if (action == Action::sell && to < from) begin(sessions.sale, sessions.sales, now, from);
  }
  [[nodiscard]] const fold::State& state() const { return state_; }

 private:
  static void begin(std::optional<fold::Session>& session, std::uint32_t& count, UtcTime now,
                    BasisPoints soc) {
    if (session) return;
    ++count;
    session.emplace();
    session->started_at = now;
    session->start_soc = soc;
  }

  void publish_prices(UtcTime now) {
    const UtcTime today = past_.zone.day_start(now);
    const bool tomorrow_known = past_.zone.to_local(now) - past_.zone.to_local(today) >= 13h;
    const UtcTime today_ends = past_.zone.next_day_start(now);
    const UtcTime known_to = tomorrow_known ? past_.zone.next_day_start(today_ends) : today_ends;
    while (published_ < past_.days.size() && past_.days[published_].start < known_to) {
      state_.prices.push_back(
          {past_.days[published_].start, quarter, past_.days[published_].market});
      ++published_;
    }
    if (state_.prices.size() > fold::price_slots_max)
      state_.prices.erase(state_.prices.begin(),
                          state_.prices.end() - static_cast<std::ptrdiff_t>(fold::price_slots_max));
  }
  // The owner's forecast of a local day is told at its midnight.
  void tell_base(const std::vector<Quarter>& quarters, std::size_t index) {
    const UtcTime now = quarters[index].start;
    if (past_.zone.day_start(now) != now) return;
    forecast::PowerSeries base{now, quarter, {}};
    const UtcTime end = past_.zone.next_day_start(now);
    for (std::size_t i = index; i < quarters.size() && quarters[i].start < end; ++i)
      base.watts.push_back(quarters[i].pv_told);
    take_base(pv_, base);
  }
  void issue(UtcTime now) {
    state_.load_forecast = as_told(load_forecast(load_, past_.calendar, {}, now, 192), now);
    state_.pv_forecast = as_told(pv_forecast(pv_, pv_settings_, now, 192), now);
  }

  const Past& past_;
  Told told_;
  fold::State state_;
  forecast::LoadState load_;
  forecast::PvState pv_;
  forecast::PvSettings pv_settings_;
  std::size_t published_ = 0;
};

Energy of_soc(const fold::PolicySettings& settings, std::int64_t soc_bp) {
  return Energy(policy::to_energy(settings.battery_capacity).count() / 10'000 * soc_bp);
}

BasisPoints soc_of(const fold::PolicySettings& settings, Energy stored) {
  return BasisPoints(stored.count() /
                     (policy::to_energy(settings.battery_capacity).count() / 10'000));
}

// What the battery does in a slot of the real house when told so.
Energy carried_out(const policy::PlanProblem& problem, const policy::PlanSlot& slot, Energy stored,
                   const fb::DecisionMadeT& decision, const fold::PolicySettings& settings) {
  const Energy net = slot.load - slot.pv;
  Energy take;
  Energy give;
  Energy most = problem.max;
  Energy least = problem.min;
  const Energy ordered = policy::energy_in(Watts(decision.power_w.value_or(0)), slot.length);
  if (decision.action == Action::charge) {
    take = ordered;
    most = std::min(most, of_soc(settings, decision.target_soc_bp.value_or(10'000)));
  } else if (decision.action == Action::sell) {
    give = ordered;
    least = std::max(least, of_soc(settings, decision.target_soc_bp.value_or(0)));
  } else if (decision.action == Action::self_use) {
    take = std::max(-net, Energy(0));
    give = std::max(net, Energy(0));
  }
  take = std::min(take, slot.charge_max);
  give = std::min(give, policy::energy_in(settings.discharge_power_max, slot.length));
  __extension__ using Wide = __int128;
  const Wide whole = policy::lossless.count();
  const auto gained =
      static_cast<std::int64_t>(take.count() * Wide{problem.charge_efficiency.count()} / whole);
  const auto lost =
      static_cast<std::int64_t>(give.count() * whole / problem.discharge_efficiency.count());
  const Energy room = std::max(most - stored, Energy(0));
  const Energy left = std::max(stored - least, Energy(0));
  return stored + std::min(Energy(gained), room) - std::min(Energy(lost), left);
}

}  // namespace

policy::PlanProblem whole_problem(const Past& past, const fold::PolicySettings& settings,
                                  PriceE8 terminal_value) {
  fold::State state;
  state.site.zone = past.zone;
  state.policy = fold::Policy{settings, {}, {}};
  std::vector<tool::KnownQuarter> quarters;
  for (const Quarter& each : past.days) {
    const fold::PriceSlot price{each.start, quarter, each.market};
    quarters.push_back({quarter, fold::final_price(state, price), fold::feed_in_price(state, price),
                        policy::energy_in(each.load, quarter), policy::energy_in(each.pv, quarter),
                        0});
  }
  tool::PlannedBattery battery;
  battery.start = of_soc(settings, 5'000);
  battery.min = of_soc(settings, settings.soc_min.count());
  battery.max = of_soc(settings, settings.soc_max.count());
  battery.charge = policy::to_efficiency(settings.charge_efficiency);
  battery.discharge = policy::to_efficiency(settings.discharge_efficiency);
  battery.charge_max = settings.charge_power_max;
  battery.discharge_max = settings.discharge_power_max;
  battery.wear = settings.wear;
  battery.sells = settings.selling.enabled;
  if (settings.selling.floor > settings.soc_min)
    battery.sale_floor = of_soc(settings, settings.selling.floor.count());
  return tool::problem_of(quarters, battery, terminal_value);
}

Lived live(const Past& past, const fold::PolicySettings& settings, Told told,
           PriceE8 terminal_value) {
  policy::PlanProblem problem = whole_problem(past, settings, terminal_value);
  problem.sale_floor.reset();  // the decisions', not the inverter's
  House house(past, settings, told);
  Lived lived;
  Energy stored = problem.start;
  std::vector<Energy> course;
  std::optional<Action> before;
  std::optional<UtcTime> day;
  for (std::size_t i = 0; i < past.days.size(); ++i) {
    const UtcTime now = past.days[i].start;
    house.look(i, soc_of(settings, stored));
    const std::clock_t begun = std::clock();
    const policy::Judgement judged = policy::decide(house.state(), now);
    lived.decide_us.push_back(1e6 * static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC);
    house.decided(judged, now);
    house.learn(past.days, i);
    ++lived.decisions;
    if (!day || *day != past.zone.day_start(now)) {
      day = past.zone.day_start(now);
      lived.mode_changes.push_back(0);
    }
    if (before && *before != judged.decision.action) ++lived.mode_changes.back();
    before = judged.decision.action;
    const BasisPoints soc_before = soc_of(settings, stored);
    stored = carried_out(problem, problem.slots[i], stored, judged.decision, settings);
    house.lived_through(now, judged.decision.action, soc_before, soc_of(settings, stored));
    if (stored < problem.min || stored > problem.max) ++lived.broken;
    course.push_back(stored);
    // A sale is carried out whatever the house needs: the planner's limit is not the inverter's.
    problem.slots[i].discharge_max = policy::energy_in(settings.discharge_power_max, quarter);
  }
  const auto settled = policy::settle(problem, course);
  if (settled)
    lived.cost = settled->cost;
  else
    lived.broken += 1'000'000;
  lived.stored_end = stored;
  return lived;
}

}  // namespace wattledger::testing
