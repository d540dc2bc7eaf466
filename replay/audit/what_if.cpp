#include "replay/audit/what_if.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "coordinator/policy/orders.hpp"
#include "projections/fold/imported.hpp"
#include "replay/audit/state_at.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

constexpr std::uint64_t progress_every = 4'096;

using Told = std::function<void(Sequence, Sequence)>;

// Where the period lies and from which State its days are lived, and what a first look at it and
// the days around it tells.
struct Survey {
  Sequence first, head;
  fold::State before;  // the first record
  BatteryFit fit;
  std::optional<fold::PolicySettings> house;
  std::optional<Watts> rated_power;
  std::uint64_t readings = 0;
  bool batteries_differ = false;
};

void look_at(const log::RecordView& record, const Period& period, Survey& survey) {
  if (fold::is_imported(record.event)) return;
  if (const auto* reading = record.event.as<fb::ReadingRecorded>()) {
    survey.fit.observe(*reading, record.event.occurred_at());
    ++survey.readings;
  }
  if (const auto* site = record.event.as<fb::SiteAdopted>(); site != nullptr)
    if (const auto power = site->rated_power_w()) survey.rated_power = Watts(*power);
  const auto* adopted = record.event.as<fb::PolicyAdopted>();
  if (adopted == nullptr || adopted->text() == nullptr || record.event.occurred_at() >= period.to)
    return;
  auto settings = fold::parse_policy(adopted->text()->string_view());
  if (!settings) return;
  if (survey.house && survey.house->battery_capacity != settings->battery_capacity)
    survey.batteries_differ = true;
  survey.house = std::move(*settings);
}

bool is_our_reading(const log::RecordView& record) {
  return record.event.kind() == Kind::ReadingRecorded && !fold::is_imported(record.event);
}

// Why there is nothing to live.
Error nothing_read(const log::Snapshot& snapshot) {
  bool any = false;
  (void)scan_on(snapshot, snapshot.first(), snapshot.head(),
                [&](const log::RecordView& record) -> Result<bool> {
                  any = is_our_reading(record);
                  return !any;
                });
  if (any)
    return {ErrorKind::not_found, "no whole reading with a policy before it is in this period",
            "choose --from and --to inside what wattledger log stat shows"};
  return {ErrorKind::not_found, "the log holds no readings of its own to run a policy over",
          "what an import brought was never read as an inverter's; run the daemon, or --data"};
}

// The first record of the time at or behind `at`; behind the head if there is none.
Result<Sequence> first_of(const log::Snapshot& snapshot, const Period& period) {
  Sequence first = snapshot.head().next();
  WATTLEDGER_TRY(scan_occurred_on(snapshot, period.from, period.to,
                                  [&](const log::RecordView& record) -> Result<bool> {
                                    first = record.sequence;
                                    return false;
                                  }));
  return first;
}

Period with_days_beside(const Period& period) {
  Period wide = period;
  if (wide.from > UtcTime::min() + fit_beside) wide.from -= fit_beside;
  if (wide.to < UtcTime::max() - fit_beside) wide.to += fit_beside;
  return wide;
}

Result<Survey> survey_of(const log::Log& log, const projections::FoldCache& cache,
                         const Period& period, const Told& progress) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  Survey survey;
  survey.head = snapshot->head();
  const Period wide = with_days_beside(period);
  const auto first = first_of(*snapshot, period);
  if (!first) return Failure(first.error());
  survey.first = *first;
  const auto wide_first = first_of(*snapshot, wide);
  if (!wide_first) return Failure(wide_first.error());
  auto beside = state_at(*snapshot, cache, Sequence{wide_first->value - 1});
  if (!beside) return Failure(beside.error());
  survey.rated_power = beside->site.rated_power;
  if (beside->policy) survey.house = std::move(beside->policy->settings);
  WATTLEDGER_TRY(scan_occurred_on(*snapshot, wide.from, wide.to,
                                  [&](const log::RecordView& record) -> Result<bool> {
                                    if (record.sequence.value % progress_every == 0)
                                      progress(record.sequence, survey.head);
                                    look_at(record, period, survey);
                                    return true;
                                  }));
  if (survey.readings == 0) return Failure(nothing_read(*snapshot));
  if (!survey.house)
    return fail(ErrorKind::not_found, "no policy that this program can read stands in the log",
                "run wattledger log cat --kind PolicyAdopted");
  auto before = state_at(*snapshot, cache, Sequence{survey.first.value - 1});
  if (!before) return Failure(before.error());
  survey.before = *std::move(before);
  return survey;
}

bool begins(const fb::ReadingRecorded& reading, UtcTime at, const Period& period,
            const fold::State& state) {
  return at >= period.from && state.policy && reading.battery_soc_bp() && reading.load_power_w() &&
         reading.pv_power_w() && reading.quality() != fb::Quality::implausible;
}

// Folds up to the period's first whole reading, makes a World of the state there, and lets it live
// through the records that follow.
template <class World, class Make>
Result<std::optional<World>> lived(const log::Log& log, const Survey& survey, const Period& period,
                                   const Make& make, const Told& progress) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const Sequence head = survey.head;
  fold::State state = survey.before;
  std::optional<World> world;
  const auto each = [&](const log::RecordView& record) -> Result<bool> {
    if (record.sequence.value % progress_every == 0) progress(record.sequence, head);
    if (fold::is_imported(record.event)) return true;
    const UtcTime at = record.event.occurred_at();
    const auto* reading = record.event.as<fb::ReadingRecorded>();
    if (reading != nullptr && at >= period.to) return false;
    if (world) {
      if (auto done = world->record(record); !done) return Failure(std::move(done).error());
      return true;
    }
    fold::evolve(state, record.sequence, record.recorded_at, record.event);
    if (reading != nullptr && begins(*reading, at, period, state))
      make(world, std::move(state), *reading, at);
    return true;
  };
  WATTLEDGER_TRY(scan_on(*snapshot, survey.first, head, each));
  return world;
}

std::vector<DaySums> by_day(const WhatIf& result, const ByDay<DaySums>& sums) {
  std::vector<DaySums> days;
  for (std::size_t i = 0; i < result.days.size(); ++i) days.push_back(sums.at(i));
  return days;
}

void add_way(WhatIf& result, WayKind kind, std::string name, std::vector<DaySums> days) {
  Way way{kind, std::move(name), std::move(days), {}};
  for (std::size_t i = 0; i < way.days.size(); ++i)
    if (!result.days[i].left_out) way.total += way.days[i];
  result.ways.push_back(std::move(way));
}

double hours_of(UtcTime::duration time) { return static_cast<double>(time.count()) / 3.6e9; }

// Of each day what lies inside the period and the recording, and whether enough of it is known.
void judge_days(WhatIf& result, const ByDay<DayFacts>& facts) {
  const double unknown_max = static_cast<double>(day_unknown_max.count());
  double price_h = 0, hours = 0;
  for (std::size_t i = 0; i < facts.values().size(); ++i) {
    WhatIfDay day;
    day.day = facts.first() + static_cast<std::int32_t>(i);
    day.facts = facts.values()[i];
    const UtcTime start = result.zone.to_utc(
        LocalTime(std::chrono::local_days(std::chrono::days(day.day)).time_since_epoch()));
    const UtcTime next = result.zone.next_day_start(start);
    const UtcTime end = std::min(next, result.to);
    const UtcTime begin = std::max(start, result.from);
    day.length_h = hours_of(next - start);
    day.expected_h = hours_of(std::max(end - begin, UtcTime::duration(0)));
    day.left_out = day.facts.priced_h <= 0 || day.expected_h - day.facts.priced_h > unknown_max;
    if (!day.left_out) {
      price_h += day.facts.price_h;
      hours += day.facts.priced_h;
    }
    result.days.push_back(day);
  }
  if (hours > 0)
    result.stored_value =
        price_h / hours * static_cast<double>(result.house.terminal_value.count()) / 1e4;
}

policy::Energy energy_of(double wh) { return policy::Energy(std::llround(wh * 1e5)); }
double wh(policy::Energy energy) { return static_cast<double>(energy.count()) / 1e5; }
double money(MoneyE8 amount) { return static_cast<double>(amount.count()) / 1e8; }

policy::Efficiency efficiency_of(double share) {
  return policy::Efficiency(std::llround(std::min(share, 1.0) * 1e9));
}

PlannedBattery planned(const WhatIf& result) {
  const BatteryModel& model = result.battery.model;
  PlannedBattery battery;
  battery.start = energy_of(result.soc_at_start * model.capacity_wh);
  battery.min = energy_of(model.floor * model.capacity_wh);
  battery.max = energy_of(model.capacity_wh);
  battery.charge = efficiency_of(model.charge_efficiency);
  battery.discharge = efficiency_of(model.discharge_efficiency);
  battery.charge_max = Watts(std::llround(model.charge_max_w));
  battery.discharge_max = Watts(std::llround(model.discharge_max_w));
  battery.wear = result.house.wear;
  battery.sells = result.foresight_sells;
  if (model.export_max_w) battery.export_max = Watts(std::llround(*model.export_max_w));
  return battery;
}

// What the proven plan does, day by day.
void add_plan(WhatIf& result, const std::vector<KnownQuarter>& quarters,
              const policy::PlanProblem& problem, const policy::Plan& plan) {
  std::vector<DaySums> days(result.days.size());
  const std::vector<policy::Order> orders = policy::orders_of(problem, plan);
  policy::Energy stored = problem.start;
  std::optional<fb::Action> before;
  for (std::size_t i = 0; i < quarters.size(); ++i) {
    const policy::PlanStep& step = plan.steps[i];
    DaySums& day = days[static_cast<std::size_t>(quarters[i].day - result.days.front().day)];
    Flows flows;
    flows.bought = wh(step.imported);
    flows.sold = wh(step.exported);
    flows.charged = wh(step.charge);
    flows.discharged = wh(step.discharge);
    flows.curtailed = wh(step.curtailed);
    flows.load = wh(quarters[i].load);
    flows.pv = wh(quarters[i].pv);
    flows.gained = wh(step.stored - stored);
    flows.taken_out = std::max(-flows.gained, 0.0);
    day.flows += flows;
    day.paid += flows.bought / 1e3 * per_kwh(quarters[i].import_price);
    day.earned += flows.sold / 1e3 * per_kwh(quarters[i].export_price);
    if (before && *before != orders[i].action) ++day.mode_changes;
    before = orders[i].action;
    stored = step.stored;
  }
  add_way(result, WayKind::foresight, "foresight", std::move(days));
}

void foresee(WhatIf& result, std::vector<KnownQuarter> quarters) {
  const std::int32_t first = result.days.front().day;
  std::erase_if(quarters, [&](const KnownQuarter& each) {
    return result.days[static_cast<std::size_t>(each.day - first)].left_out;
  });
  result.foresight_missing = quarters.size() > policy::plan_slots_max;
  if (result.foresight_missing) return;
  const PriceE8 value(std::llround(result.stored_value * 1e8));
  const policy::PlanProblem problem = problem_of(quarters, planned(result), value);
  const auto plan = policy::plan(problem);
  result.foresight_missing = !plan;
  if (!plan) return;
  add_plan(result, quarters, problem, *plan);
  const double cost = result.cost(result.ways.back().total);
  if (!plan->exact || std::abs(cost - money(plan->cost)) > 0.01)
    result.remarks.push_back("the planner could not prove the foresight's plan the cheapest one");
}

bool sells(const WayAsked& asked, const fold::PolicySettings& house) {
  return asked.kind == WayKind::policy && asked.policy.in(house).selling.enabled;
}

void add_remarks(WhatIf& result, const Survey& survey) {
  if (survey.batteries_differ)
    result.remarks.push_back(
        "the log adopted batteries of different capacity; one model stands for all of them");
  if (result.battery.capacity_scaled)
    result.remarks.push_back(
        "the SOC moved as that of a battery of another capacity than configured: the model's is "
        "fitted "
        "too, and both ways lose alike");
}

using Recorded = Result<std::optional<RecordedWays>>;
using Lived = Result<std::optional<PolicyWorld>>;

// The days, the recorded ways and the yardsticks.
Result<WhatIf> recorded_result(const Survey& survey, const FittedBattery& battery,
                               Recorded recorded, bool sold) {
  if (!recorded) return Failure(std::move(recorded).error());
  if (!*recorded)
    return fail(ErrorKind::not_found, "no whole reading with a policy before it is in this period",
                "choose --from and --to inside what wattledger log stat shows");
  const RecordedWays& ways = **recorded;
  WhatIf result;
  result.house = *survey.house;
  result.battery = battery;
  result.zone = ways.state().site.zone;
  result.from = ways.begun_at();
  result.to = ways.last_reading();
  result.error = ways.error();
  result.soc_at_start = ways.soc_at_start();
  result.foresight_sells = sold;
  judge_days(result, ways.facts());
  if (result.days_kept() == 0)
    return fail(ErrorKind::not_found,
                "no day of this period has its readings and prices but for an hour",
                "choose another period; wattledger inputs show tells which prices are known");
  add_way(result, WayKind::recorded, "recorded", by_day(result, ways.metered().days()));
  add_way(result, WayKind::model, "recorded, by the model", by_day(result, ways.modelled().days()));
  add_way(result, WayKind::self_use, "self-use only", by_day(result, ways.self_use().days()));
  add_way(result, WayKind::no_battery, "no battery", by_day(result, ways.no_battery().days()));
  foresee(result, ways.quarters());
  add_remarks(result, survey);
  return result;
}

// Where the asked way stands among the ways; a policy's is put in behind the recorded ones.
Result<std::size_t> placed(WhatIf& result, const WayAsked& asked, Lived lived) {
  if (asked.kind == WayKind::policy) {
    if (!lived) return Failure(std::move(lived).error());
    if (!*lived) return fail(ErrorKind::not_found, "the period holds nothing to decide by");
    add_way(result, asked.kind, asked.policy.name, by_day(result, (*lived)->account().days()));
    return result.ways.size() - 1;
  }
  for (std::size_t i = 0; i < result.ways.size(); ++i)
    if (result.ways[i].kind == asked.kind) return i;
  return fail(ErrorKind::not_found,
              "foresight cannot be reckoned here: more than " +
                  std::to_string(policy::plan_slots_max) + " quarters, or no plan is possible",
              "choose a shorter period");
}

}  // namespace

double WhatIf::cost(const DaySums& sums) const {
  return sums.paid - sums.earned + sums.flows.taken_out / 1e3 * per_kwh(house.wear) -
         sums.flows.gained / 1e3 * stored_value;
}

const Way* WhatIf::way(WayKind kind) const {
  for (const Way& each : ways)
    if (each.kind == kind) return &each;
  return nullptr;
}

std::size_t WhatIf::days_kept() const {
  return static_cast<std::size_t>(
      std::count_if(days.begin(), days.end(), [](const WhatIfDay& day) { return !day.left_out; }));
}

bool WhatIfDay::is_whole() const {
  return !left_out && length_h - facts.priced_h <= static_cast<double>(day_unknown_max.count());
}

std::size_t WhatIf::whole_days() const {
  return static_cast<std::size_t>(
      std::count_if(days.begin(), days.end(), [](const WhatIfDay& day) { return day.is_whole(); }));
}

DaySums WhatIf::of_whole_days(const Way& way) const {
  DaySums sums;
  for (std::size_t i = 0; i < days.size(); ++i)
    if (days[i].is_whole()) sums += way.days[i];
  return sums;
}

std::optional<double> WhatIf::modes_a_day(const Way& way) const {
  const std::size_t whole = whole_days();
  if (whole == 0) return std::nullopt;
  return static_cast<double>(of_whole_days(way).mode_changes) / static_cast<double>(whole);
}

DayError day_error(const WhatIf& what_if) {
  const Way* meter = what_if.way(WayKind::recorded);
  const Way* model = what_if.way(WayKind::model);
  DayError error;
  double bought = 0, sold = 0, squares = 0;
  const auto count = static_cast<double>(what_if.days_kept());
  for (std::size_t i = 0; i < what_if.days.size(); ++i) {
    if (what_if.days[i].left_out) continue;
    const DaySums &by_meter = meter->days[i], &by_model = model->days[i];
    const double cost = what_if.cost(by_model) - what_if.cost(by_meter);
    error.cost_sum += cost;
    squares += cost * cost;
    bought += std::pow((by_model.flows.bought - by_meter.flows.bought) / 1e3, 2);
    sold += std::pow((by_model.flows.sold - by_meter.flows.sold) / 1e3, 2);
  }
  error.cost_rms = std::sqrt(squares / count);
  error.bought_rms = std::sqrt(bought / count);
  error.sold_rms = std::sqrt(sold / count);
  const double mean = error.cost_sum / count;
  const double spread = std::sqrt(std::max(squares / count - mean * mean, 0.0));
  error.band = std::abs(error.cost_sum) + 2 * spread * std::sqrt(count);
  return error;
}

Result<WhatIf> what_if(const log::Log& log, const projections::FoldCache& cache,
                       const Period& period, const WayAsked& asked,
                       const std::optional<WayAsked>& against, const Told& progress) {
  auto survey = survey_of(log, cache, period, progress);
  if (!survey) return Failure(std::move(survey).error());
  const FittedBattery battery = survey->fit.result(*survey->house, survey->rated_power);
  const Told untold = [](Sequence, Sequence) {};
  const auto live = [&](const WayAsked& way, const Told& told) -> Lived {
    if (way.kind != WayKind::policy) return std::optional<PolicyWorld>();
    return lived<PolicyWorld>(
        log, *survey, period,
        [&](std::optional<PolicyWorld>& world, fold::State state,
            const fb::ReadingRecorded& reading, UtcTime at) {
          world.emplace(battery.model, period, way.policy, std::move(state), reading, at);
        },
        told);
  };
  const bool sold = survey->house->selling.enabled || sells(asked, *survey->house) ||
                    (against && sells(*against, *survey->house));
  Result<WhatIf> result = fail(ErrorKind::not_found, "");
  Lived other = std::optional<PolicyWorld>(), base = std::optional<PolicyWorld>();
  {
    const std::jthread recorded([&] {
      result =
          recorded_result(*survey, battery,
                          lived<RecordedWays>(
                              log, *survey, period,
                              [&](std::optional<RecordedWays>& ways, fold::State state,
                                  const fb::ReadingRecorded& reading, UtcTime at) {
                                ways.emplace(battery.model, period, std::move(state), reading, at);
                              },
                              untold),
                          sold);
    });
    const std::jthread compared([&] {
      if (against) base = live(*against, untold);
    });
    other = live(asked, progress);
  }
  if (!result) return result;
  const auto other_at = placed(*result, asked, std::move(other));
  if (!other_at) return Failure(other_at.error());
  result->other = *other_at;
  const auto base_at = against ? placed(*result, *against, std::move(base))
                               : placed(*result, WayAsked{WayKind::model, {}}, std::move(base));
  if (!base_at) return Failure(base_at.error());
  result->base = *base_at;
  return result;
}

}  // namespace wattledger::tool
