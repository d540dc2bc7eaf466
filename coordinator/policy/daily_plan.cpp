// The day's plan: which charges and sales the adopted plan has for the local day that is now, and
// what of that is news.
#include <algorithm>

#include "coordinator/policy/session_changes.hpp"
#include "coordinator/policy/told_session.hpp"

namespace wattledger::policy {
namespace {

using fb::SessionChange;
using std::chrono::seconds;

constexpr const char* charge_word = "charge-";
constexpr const char* sale_word = "sale-";

// Slots in a row in which the plan charges, or sells.
struct Run {
  bool sale = false;
  UtcTime start;
  UtcTime end;
  MilliwattHours energy;
  std::optional<MoneyE8> cost;  // had all of it been bought; of a sale what it earns, negative
};

bool is_sale(const fold::PlannedSession& session) { return session.name.rfind(sale_word, 0) == 0; }

// At the prices of the slots that hold the plan's slots' starts.
std::optional<MoneyE8> cost_of(const fold::State& state, const Run& run, UtcTime slot,
                               MilliwattHours energy) {
  const fold::PriceSlot* price = fold::price_at(state, slot);
  if (price == nullptr) return std::nullopt;
  if (run.sale) return -cost(energy, fold::feed_in_price(state, *price));
  return cost(energy, fold::final_price(state, *price));
}

// Those that begin before `until` and are not over, in order.
std::vector<Run> runs_of(const fold::State& state, UtcTime now, UtcTime until) {
  std::vector<Run> runs;
  const fold::LastPlan& plan = *state.plan;
  if (plan.step <= seconds(0)) return runs;
  UtcTime slot = plan.start;
  for (std::size_t i = 0; i < plan.actions.size(); ++i, slot += plan.step) {
    const bool sale = plan.actions[i] == fb::Action::sell;
    if (!sale && plan.actions[i] != fb::Action::charge) continue;
    const bool goes_on = !runs.empty() && runs.back().end == slot && runs.back().sale == sale;
    if (!goes_on && slot >= until) break;
    if (!goes_on) runs.push_back({sale, slot, slot, MilliwattHours(0), MoneyE8(0)});
    Run& run = runs.back();
    run.end = slot + plan.step;
    const std::int64_t power =
        i < plan.battery_power_w.size() ? std::abs(std::int64_t{plan.battery_power_w[i]}) : 0;
    const MilliwattHours energy = wattledger::energy(Watts(power), plan.step);
    run.energy += energy;
    const auto price = cost_of(state, run, slot, energy);
    run.cost = run.cost && price ? std::optional(*run.cost + *price) : std::nullopt;
  }
  std::erase_if(runs, [&](const Run& run) { return run.end <= now; });
  return runs;
}

struct Entry {
  fold::PlannedSession session;
  std::optional<Run> run;  // of the plan as it is now
  bool news = false;       // planned newly or otherwise than before
};

class DailyPlan {
 public:
  DailyPlan(const fold::State& state, UtcTime now)
      : state_(state),
        now_(now),
        day_(static_cast<std::int32_t>(
            std::chrono::floor<std::chrono::days>(state.site.zone.to_local(now))
                .time_since_epoch()
                .count())),
        same_day_(state.sessions.planned_day == day_) {}

  std::vector<fb::EventT> due() {
    const bool planning = state_.plan && state_.coordinator.control_mode != fb::ControlMode::off;
    if (same_day_)
      for (const fold::PlannedSession& each : state_.sessions.planned)
        entries_.push_back({each, std::nullopt, false});
    if (planning)
      for (const Run& run : runs_of(state_, now_, state_.site.zone.next_day_start(now_)))
        place(run);
    tell_sessions();
    std::vector<fold::PlannedSession> planned;
    for (const Entry& each : entries_) planned.push_back(each.session);
    if (planned != state_.sessions.planned && (same_day_ || !planned.empty())) tell_plan();
    return std::move(due_);
  }

 private:
  // The session that a run is: the one that goes on, one planned before for about that time, or a
  // new one.
  void place(const Run& run) {
    const auto& running = run.sale ? state_.sessions.sale : state_.sessions.charge;
    const bool now_on = run.start <= now_;
    for (Entry& each : entries_) {
      fold::PlannedSession& session = each.session;
      if (each.run || is_sale(session) != run.sale) continue;
      const bool goes_on = running && now_on && running->name == session.name;
      const bool about = session.change == SessionChange::planned && !(running && now_on) &&
                         session.start < run.end && run.start < session.end;
      if (!goes_on && !about) continue;
      // A plan begins with its own slot, which may be in the middle of a session.
      const UtcTime start = now_on ? std::min(session.start, run.start) : run.start;
      each.news = about && (session.start != start || session.end != run.end);
      session.start = start;
      session.end = run.end;
      each.run = run;
      return;
    }
    // What runs unplanned is told by itself; what began a slot ago and does not run, is over.
    if ((running && now_on) || run.start + state_.plan->step <= now_) return;
    if (entries_.size() >= fold::planned_sessions_max) return;
    const auto number = 1 + std::count_if(entries_.begin(), entries_.end(), [&](const Entry& each) {
                          return is_sale(each.session) == run.sale;
                        });
    const std::string day = date_text(state_.site.zone.to_local(now_));
    entries_.push_back({{(run.sale ? sale_word : charge_word) + day + "-" + std::to_string(number),
                         run.start, run.end, SessionChange::planned},
                        run,
                        true});
  }

  void tell_sessions() {
    if (!same_day_)
      for (const fold::PlannedSession& each : state_.sessions.planned)
        if (each.change == SessionChange::planned) tell_dropped(each);
    for (Entry& each : entries_) {
      if (each.session.change != SessionChange::planned) continue;
      if (!each.run) {
        tell_dropped(each.session);
        each.session.change = SessionChange::cancelled;
      } else if (each.news) {
        ToldSession told = told_of(each.session);
        told.planned_energy = each.run->energy;
        due_.push_back(event_of(told));
      }
    }
  }

  void tell_dropped(const fold::PlannedSession& session) {
    ToldSession told = told_of(session);
    told.change = SessionChange::cancelled;
    told.reason =
        session.end <= now_ ? "its time passed and it did not begin" : "planned otherwise";
    due_.push_back(event_of(told));
  }

  [[nodiscard]] ToldSession told_of(const fold::PlannedSession& session) const {
    ToldSession told;
    told.sale = is_sale(session);
    told.name = session.name;
    told.planned_start = session.start;
    told.planned_end = session.end;
    if (state_.plan) told.cause = state_.plan->sequence;
    return told;
  }

  void tell_plan() {
    fb::DailyPlanChangedT plan;
    plan.day = day_;
    std::uint16_t priority = 0;
    for (const Entry& each : entries_) {
      auto session = std::make_unique<fb::PlannedSessionT>();
      session->session = each.session.name;
      session->start_us = to_us(each.session.start);
      session->end_us = to_us(each.session.end);
      session->change = each.session.change;
      session->priority = ++priority;
      if (each.run) {
        session->energy_mwh = each.run->energy.count();
        if (each.run->cost) session->cost_e8 = each.run->cost->count();
      }
      plan.sessions.push_back(std::move(session));
    }
    fb::EventT event;
    if (state_.plan) event.cause = state_.plan->sequence.value;
    event.fact.Set(std::move(plan));
    due_.push_back(std::move(event));
  }

  const fold::State& state_;
  const UtcTime now_;
  const std::int32_t day_;
  const bool same_day_;
  std::vector<Entry> entries_;
  std::vector<fb::EventT> due_;
};

}  // namespace

std::vector<fb::EventT> look_at_daily_plan(const fold::State& state, UtcTime now) {
  return DailyPlan(state, now).due();
}

}  // namespace wattledger::policy
