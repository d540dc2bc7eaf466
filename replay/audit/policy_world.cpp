#include "replay/audit/policy_world.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/policy/forced_mode.hpp"
#include "coordinator/policy/price_slots.hpp"
#include "coordinator/policy/session_changes.hpp"
#include "coordinator/policy/worth_recording.hpp"

namespace wattledger::tool {
namespace {

using fb::Action;
using fb::InverterMode;
using std::chrono::seconds;

constexpr std::int64_t percent_bp = 100;

InverterMode mode_now(const fold::InverterState& inverter, UtcTime now) {
  const bool over = inverter.confirmed_until && *inverter.confirmed_until <= now;
  return over ? InverterMode::general : inverter.confirmed;
}

bool must_be_told(const fold::State& state, const policy::ForcedMode& told, UtcTime now) {
  const fold::InverterState& inverter = state.inverter;
  if (mode_now(inverter, now) != told.mode || inverter.wished != told.mode) return true;
  if (told.mode == InverterMode::general) return false;
  if (inverter.wished_power != told.power || inverter.wished_soc != told.target_soc) return true;
  if (!inverter.confirmed_until || told.until < *inverter.confirmed_until) return true;
  return told.until > *inverter.confirmed_until &&
         *inverter.confirmed_until - now < state.policy->settings.slot;
}

// Made by the recorded battery, or because of what was decided then.
bool made_by_decisions(Kind kind) {
  return kind == Kind::DecisionMade || kind == Kind::PlanAdopted || kind == Kind::CommandIssued ||
         kind == Kind::CommandConfirmed || kind == Kind::CommandFailed ||
         kind == Kind::ForeignChangeSeen || kind == Kind::ChargingSessionChanged ||
         kind == Kind::SellingSessionChanged || kind == Kind::DailyPlanChanged;
}

std::int32_t watts(double power) { return static_cast<std::int32_t>(std::lround(power)); }
std::int64_t milliwatt_hours(double wh) { return std::llround(wh * 1e3); }

}  // namespace

fold::PolicySettings with_rules(const fold::PolicySettings& house,
                                const fold::PolicySettings& rules) {
  fold::PolicySettings settings = house;
  settings.policy = rules.policy;
  settings.soc_min = rules.soc_min;
  settings.soc_max = rules.soc_max;
  settings.soc_target = rules.soc_target;
  settings.soc_emergency = rules.soc_emergency;
  settings.soc_emergency_target = rules.soc_emergency_target;
  settings.selling = rules.selling;
  settings.tiered = rules.tiered;
  settings.terminal_value = rules.terminal_value;
  settings.forecast_margin = rules.forecast_margin;
  settings.plan_gain_min = rules.plan_gain_min;
  settings.charge_price_max = rules.charge_price_max;
  settings.horizon = rules.horizon;
  settings.anti_flap = rules.anti_flap;
  return settings;
}

fold::PolicySettings OtherPolicy::in(const fold::PolicySettings& house) const {
  if (rules) return with_rules(house, *rules);
  fold::PolicySettings settings = house;
  settings.policy = name;
  return settings;
}

PolicyWorld::PolicyWorld(const BatteryModel& model, const Period& period, OtherPolicy policy,
                         fold::State state, const fb::ReadingRecorded& first, UtcTime at)
    : model_(model),
      period_(period),
      policy_(std::move(policy)),
      state_(std::move(state)),
      past_(period),
      battery_(model, *first.battery_soc_bp() / 1e4),
      read_at_(at),
      account_(local_day(at, state_.site.zone)) {
  const auto counter = [](flatbuffers::Optional<std::int64_t> mwh) {
    return static_cast<double>(mwh.value_or(0)) / 1e3;
  };
  charged_ = counter(first.battery_charge_total_mwh());
  discharged_ = counter(first.battery_discharge_total_mwh());
  bought_ = counter(first.import_total_mwh());
  sold_ = counter(first.export_total_mwh());
  if (state_.owner_override) override_ = state_.owner_override->request;
  // Here it steers, and what it tells the inverter is done.
  state_.coordinator.control_mode = fb::ControlMode::on;
  state_.inverter.failures = 0;
  order_.mode = mode_now(state_.inverter, at);
  order_.power_w = static_cast<double>(state_.inverter.wished_power.value_or(Watts(0)).count());
  order_.target =
      static_cast<double>(state_.inverter.wished_soc.value_or(BasisPoints(0)).count()) / 1e4;
  if (order_.mode != InverterMode::general) order_ends_ = state_.inverter.confirmed_until;
  past_.take(first, at);
  (void)adopt(state_.policy->settings, at);
}

// Not told anew where it is the house's own.
Result<void> PolicyWorld::adopt(const fold::PolicySettings& house, UtcTime at) {
  const fold::PolicySettings settings = policy_.in(house);
  past_.new_facts();
  if (settings == state_.policy->settings) return {};
  fb::PolicyAdoptedT adopted;
  adopted.text = fold::render_policy(settings);
  return tell(std::move(adopted), at);
}

Result<void> PolicyWorld::fold_in(fb::EventT event, UtcTime at) {
  if (event.occurred_at_us == 0) event.occurred_at_us = to_us(at);
  const auto encoded = encode(event);
  if (!encoded) return Failure(encoded.error());
  const auto view = encoded->view();
  if (!view) return Failure(view.error());
  fold::evolve(state_, state_.through.next(), std::max(at, state_.recorded_at), *view);
  return {};
}

template <class FactT>
Result<void> PolicyWorld::tell(FactT fact, UtcTime at) {
  fb::EventT event;
  event.fact.Set(std::move(fact));
  return fold_in(std::move(event), at);
}

void PolicyWorld::fold_recorded(const log::RecordView& record) {
  fold::evolve(state_, state_.through.next(), record.recorded_at, record.event);
  state_.coordinator.control_mode = fb::ControlMode::on;
}

void PolicyWorld::advance(UtcTime to) {
  const auto live = [this](UtcTime end) {
    for (const Stretch& each : past_.until(end, state_)) {
      account_.mode(each.day, order_.mode);
      const Flows flows = battery_.live(order_, each.load_w, each.pv_w, each.hours());
      charged_ += flows.charged;
      discharged_ += flows.discharged;
      bought_ += flows.bought;
      sold_ += flows.sold;
      account_.add(each, flows);
    }
  };
  if (order_ends_ && *order_ends_ <= to) {
    live(*order_ends_);
    order_ = {};
    order_ends_.reset();
  }
  live(to);
}

fb::ReadingRecordedT PolicyWorld::as_here(const fb::ReadingRecorded& reading) const {
  fb::ReadingRecordedT here;
  reading.UnPackTo(&here);
  // Inverters tell whole percents.
  here.battery_soc_bp = static_cast<std::uint16_t>(std::lround(battery_.soc() * 100) * percent_bp);
  here.battery_current_ma = here.battery2_power_w = here.battery2_current_ma = flatbuffers::nullopt;
  here.battery2_soc_bp = flatbuffers::nullopt;
  here.import_today_mwh = here.export_today_mwh = here.battery_charge_today_mwh =
      here.battery_discharge_today_mwh = flatbuffers::nullopt;
  here.forced_mode = order_.mode;
  here.import_total_mwh = milliwatt_hours(bought_);
  here.export_total_mwh = milliwatt_hours(sold_);
  here.battery_charge_total_mwh = milliwatt_hours(charged_);
  here.battery_discharge_total_mwh = milliwatt_hours(discharged_);
  if (!here.load_power_w || !here.pv_power_w) return here;
  constexpr double moment_h = 1.0 / 60;
  SimulatedBattery probe = battery_;
  const Flows flows = probe.live(order_, *here.load_power_w, *here.pv_power_w, moment_h);
  here.battery_power_w = watts((flows.discharged - flows.charged) / moment_h);
  here.grid_power_w = watts((flows.sold - flows.bought) / moment_h);
  return here;
}

void PolicyWorld::end_override() {
  const auto& wish = state_.owner_override;
  if (!wish || !wish->target_soc || !state_.reading || !state_.reading->soc) return;
  const BasisPoints soc = *state_.reading->soc;
  if ((wish->action == Action::charge && soc >= *wish->target_soc) ||
      (wish->action == Action::sell && soc <= *wish->target_soc))
    state_.owner_override.reset();
}

// Each slot, with the decision recorded in it or, where there is none, the second reading; and
// whenever the battery has come to another percent or an end has passed.
bool PolicyWorld::due(UtcTime at) {
  const auto& last = state_.decision;
  const seconds slot = state_.policy->settings.slot;
  if (!last) return true;
  if (policy::slot_start(at, slot) != policy::slot_start(last->at, slot))
    return std::exchange(slot_due_, true);
  if (last->until && *last->until <= at) return true;
  const auto& soc = state_.reading->soc;
  return soc && soc_decided_ != soc->count() / percent_bp;
}

Result<void> PolicyWorld::decide(UtcTime now) {
  policy::Judgement judgement = policy::decide(state_, now);
  slot_due_ = false;
  if (state_.reading && state_.reading->soc)
    soc_decided_ = state_.reading->soc->count() / percent_bp;
  if (!policy::worth_recording(state_, judgement.decision, now)) return {};
  if (judgement.plan && policy::plan_differs(*judgement.plan, state_.plan))
    WATTLEDGER_TRY(tell(*judgement.plan, now));
  if ((judgement.plan || judgement.keeps_plan) && state_.plan)
    judgement.decision.plan = state_.plan->sequence.value;
  ++decisions_;
  account_.decided(local_day(now, state_.site.zone));
  WATTLEDGER_TRY(tell(std::move(judgement.decision), now));
  return obey(now);
}

Result<void> PolicyWorld::obey(UtcTime now) {
  const policy::ForcedMode told = policy::forced_mode(state_, now);
  if (!must_be_told(state_, told, now)) return {};
  fb::CommandIssuedT issued;
  fb::CommandConfirmedT confirmed;
  issued.decision = state_.decision ? state_.decision->sequence.value : 0;
  issued.mode = confirmed.mode = told.mode;
  if (told.mode != InverterMode::general) {
    issued.power_w = confirmed.power_w = static_cast<std::int32_t>(told.power.count());
    issued.target_soc_bp = confirmed.target_soc_bp =
        static_cast<std::uint16_t>(told.target_soc.count());
    issued.until_us = confirmed.until_us = to_us(told.until);
  }
  WATTLEDGER_TRY(tell(std::move(issued), now));
  confirmed.command = state_.inverter.command.value;
  WATTLEDGER_TRY(tell(std::move(confirmed), now));
  order_ = {told.mode, static_cast<double>(told.power.count()),
            static_cast<double>(told.target_soc.count()) / 1e4};
  order_ends_.reset();
  if (told.mode != InverterMode::general) order_ends_ = told.until;
  return {};
}

Result<void> PolicyWorld::tell_sessions(UtcTime now) {
  for (fb::EventT& each : policy::look_at_sessions(state_, now))
    WATTLEDGER_TRY(fold_in(std::move(each), now));
  return {};
}

Result<void> PolicyWorld::take(const fb::ReadingRecorded& reading, UtcTime at) {
  read_at_ = at;
  advance(at);
  past_.take(reading, at);
  WATTLEDGER_TRY(tell(as_here(reading), at));
  end_override();
  if (due(at)) WATTLEDGER_TRY(decide(at));
  WATTLEDGER_TRY(obey(at));
  return tell_sessions(at);
}

Result<void> PolicyWorld::record(const log::RecordView& record) {
  const UtcTime at = record.event.occurred_at();
  const Kind kind = record.event.kind();
  if (const auto* reading = record.event.as<fb::ReadingRecorded>())
    return at > read_at_ ? take(*reading, at) : Result<void>{};
  if (kind == Kind::DecisionMade) {
    if (at < past_.reached()) return {};
    advance(at);
    WATTLEDGER_TRY(decide(at));
    return tell_sessions(at);
  }
  if (made_by_decisions(kind)) return {};
  if (tells_prices(kind)) {
    advance(at);
    past_.new_facts();
  }
  if (const auto* adopted = record.event.as<fb::PolicyAdopted>()) {
    const auto house = fold::parse_policy(
        adopted->text() == nullptr ? std::string_view() : adopted->text()->string_view());
    return house ? adopt(*house, at) : Result<void>{};
  }
  if (kind == Kind::OverrideRequested) override_ = record.sequence;
  if (const auto* ended = record.event.as<fb::OverrideEnded>()) {
    // Where its target is reached is seen here.
    if (ended->end() != fb::OverrideEnd::target_reached && Sequence{ended->request()} == override_)
      state_.owner_override.reset();
    return {};
  }
  if (const auto* stopped = record.event.as<fb::CoordinatorStopped>();
      stopped != nullptr && stopped->inverter_released().value_or(false)) {
    advance(at);
    order_ = {};
    order_ends_.reset();
  }
  fold_recorded(record);
  return {};
}

}  // namespace wattledger::tool
