#include "projections/json/documents.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "projections/fold/counter_step.hpp"
#include "projections/fold/python_json.hpp"
#include "projections/json/day_files.hpp"

namespace wattledger::projections {
namespace {

using fold::PythonObject;

constexpr const char* analytics = "out/battery_selling_analytics/";

std::int64_t local_day(LocalTime time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

// str(datetime): a space where isoformat() has a T.
std::string spaced(std::string iso) {
  if (iso.size() > 10) iso[10] = ' ';
  return iso;
}
std::optional<std::string> spaced(const std::optional<std::string>& iso) {
  return iso ? std::optional(spaced(*iso)) : std::nullopt;
}

void add_element(FileChanges& changes, const std::string& name, const std::string& object) {
  std::string& text = changes.elements[analytics + name];
  if (!text.empty()) text += ",\n";
  text += "  " + fold::python_indented(object, 1);
}

bool is_final(const std::string& status) {
  return status == "completed" || status == "cancelled" || status == "failed";
}

template <class T>
void keep_known(std::optional<T>& kept, const std::optional<T>& told) {
  if (told) kept = told;
}

KnownSession& merge(std::vector<KnownSession>& sessions, const fold::SessionRow& told) {
  const auto same = [&](const KnownSession& each) {
    return each.row.selling == told.selling && each.row.session_id == told.session_id;
  };
  const auto found = std::find_if(sessions.begin(), sessions.end(), same);
  if (found == sessions.end()) {
    if (sessions.size() >= documents_sessions_max) sessions.erase(sessions.begin());
    sessions.push_back({told, false});
    return sessions.back();
  }
  fold::SessionRow& row = found->row;
  // What was measured stays before what was planned.
  if (told.started_at || told.status == "planned") {
    keep_known(row.start_time, told.start_time);
    keep_known(row.start_at, told.start_at);
  }
  if (told.completed_at || !is_final(told.status) || !row.end_time) {
    keep_known(row.end_time, told.end_time);
    keep_known(row.end_at, told.end_at);
  }
  keep_known(row.target_soc, told.target_soc);
  keep_known(row.energy_kwh, told.energy_kwh);
  keep_known(row.amount, told.amount);
  keep_known(row.average_price, told.average_price);
  keep_known(row.started_at, told.started_at);
  keep_known(row.completed_at, told.completed_at);
  keep_known(row.start_soc_bp, told.start_soc_bp);
  keep_known(row.end_soc_bp, told.end_soc_bp);
  keep_known(row.power_w, told.power_w);
  row.status = told.status;
  row.capacity_mwh = told.capacity_mwh;
  return *found;
}

std::string start_of(const fold::SessionRow& row) { return row.start_time.value_or(row.told_at); }

// ---- Charging

std::string schedule_element(const fold::SessionRow& row) {
  return PythonObject()
      .add("session_id", row.session_id)
      .add("start_time", start_of(row))
      .add_or_null("end_time", row.end_time)
      .add_or_null("target_soc", row.target_soc)
      .add_or_null("energy_kwh", row.energy_kwh)
      .add_or_null("cost_pln", row.amount)
      .add("status", row.status)
      .add_or_null("avg_price", row.average_price)
      .text();
}

std::string day_of(const fold::SessionRow& row) { return start_of(row).substr(0, 10); }

std::string schedule_name(const std::string& day) {
  return "out/charging_schedule_" + day + ".json";
}

// All charging sessions that begin on the day.
void write_schedule(const DocumentsState& state, const std::string& day, FileChanges& changes) {
  std::vector<const fold::SessionRow*> rows;
  for (const KnownSession& each : state.sessions)
    if (!each.row.selling && day_of(each.row) == day) rows.push_back(&each.row);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return start_of(*a) < start_of(*b); });
  std::string list;
  for (const fold::SessionRow* row : rows)
    list += (list.empty() ? "" : ", ") + schedule_element(*row);
  changes.whole[schedule_name(day)] = fold::python_indented("[" + list + "]");
}

const fold::SessionRow* charging_session(const DocumentsState& state, const std::string& id) {
  for (const KnownSession& each : state.sessions)
    if (!each.row.selling && each.row.session_id == id) return &each.row;
  return nullptr;
}

std::string planned_element(const fold::PlannedSessionRow& planned, const fold::SessionRow* now,
                            const std::string& created_at, const std::string& status) {
  const fold::SessionRow nothing;
  const fold::SessionRow& known = now == nullptr ? nothing : *now;
  return PythonObject()
      .add("session_id", planned.session_id)
      .add("start_time", spaced(planned.start_time))
      .add("end_time", spaced(planned.end_time))
      .add("duration_hours", planned.duration_hours)
      .add("target_energy_kwh", planned.energy_kwh.value_or(0.0))
      .add("status", status)
      .add("priority", planned.priority)
      .add("estimated_cost_pln", planned.cost.value_or(0.0))
      .add("estimated_savings_pln", planned.savings.value_or(0.0))
      .add("created_at", spaced(created_at))
      .add_or_null("started_at", spaced(known.started_at))
      .add_or_null("completed_at", spaced(known.completed_at))
      .add_or_null("actual_energy_kwh", known.energy_kwh)
      .add_or_null("actual_cost_pln", known.amount)
      .text();
}

// planned, active from the first session's start on, completed when none is left to be done.
std::string plan_status(const fold::DailyPlanRow& plan, std::size_t begun, std::size_t over) {
  if (plan.status != "planned" && plan.status != "active") return plan.status;
  if (!plan.sessions.empty() && over == plan.sessions.size()) return "completed";
  return begun != 0 ? "active" : plan.status;
}

std::string plan_name(const fold::DailyPlanRow& plan) {
  return "out/multi_session_data/daily_plan_" +
         compact_day(day_text(plan.day.time_since_epoch().count())) + ".json";
}

void write_plan(const DocumentsState& state, const fold::DailyPlanRow& plan, FileChanges& changes) {
  double hours = 0, energy = 0, cost = 0, savings = 0;
  std::size_t begun = 0, over = 0;
  std::string list;
  for (const fold::PlannedSessionRow& planned : plan.sessions) {
    const fold::SessionRow* now = charging_session(state, planned.session_id);
    const std::string status = now == nullptr ? planned.status : now->status;
    begun += status == "planned" ? 0U : 1U;
    over += is_final(status) ? 1U : 0U;
    hours += planned.duration_hours;
    energy += planned.energy_kwh.value_or(0.0);
    cost += planned.cost.value_or(0.0);
    savings += planned.savings.value_or(0.0);
    list += (list.empty() ? "" : ", ") + planned_element(planned, now, plan.created_at, status);
  }
  changes.whole[plan_name(plan)] = fold::python_indented(
      PythonObject()
          .add("date", day_text(plan.day.time_since_epoch().count()))
          .add("total_sessions", static_cast<std::int64_t>(plan.sessions.size()))
          .add("total_duration_hours", hours)
          .add("total_estimated_energy_kwh", energy)
          .add("total_estimated_cost_pln", cost)
          .add("total_estimated_savings_pln", savings)
          .add_raw("sessions", "[" + list + "]")
          .add("created_at", plan.created_at)
          .add("status", plan_status(plan, begun, over))
          .text());
}

// ---- Selling

// Every one of the twelve is needed by who loads them.
std::string sale_record(const fold::SessionRow& row) {
  const double energy = row.energy_kwh.value_or(0.0);
  const double revenue = row.amount.value_or(0.0);
  const auto percent = [](const std::optional<std::int64_t>& bp) {
    return static_cast<double>(bp.value_or(0)) / 1e2;
  };
  const double hours = row.start_at && row.end_at
                           ? static_cast<double>((*row.end_at - *row.start_at).count()) / 3.6e9
                           : 0.0;
  const double average = energy > 0 ? revenue / energy : 0.0;
  return PythonObject()
      .add("session_id", row.session_id)
      .add("start_time", spaced(start_of(row)))
      .add("end_time", spaced(row.end_time.value_or(start_of(row))))
      .add("start_soc", percent(row.start_soc_bp))
      .add("end_soc", percent(row.end_soc_bp))
      .add("energy_sold_kwh", energy)
      .add("average_price_pln", row.average_price.value_or(average))
      .add("revenue_pln", revenue)
      .add("selling_power_w", row.power_w.value_or(0))
      .add("duration_hours", hours)
      .add("safety_checks_passed", row.status != "failed")
      .add("risk_level", "low")
      .text();
}

std::string soc_drops_text(const std::map<std::int64_t, std::int64_t>& drops_bp) {
  PythonObject object;
  for (const auto& [day, drop] : drops_bp)
    object.add(day_text(day), static_cast<double>(drop) / 1e2);
  return fold::python_indented(object.text());
}

void count_sale(DocumentsState& state, const fold::SessionRow& sale, LocalTime now,
                FileChanges& changes) {
  add_element(changes, "session_records.json", sale_record(sale));
  DaySums& today = *state.today;
  const std::int64_t revenue = believed(sale.amount, 1e8);
  if (today.sessions == 0 || revenue > today.peak_revenue_e8) {
    today.peak_revenue_e8 = revenue;
    const std::string start = start_of(sale);
    today.peak_hour = (start[11] - '0') * 10 + (start[12] - '0');
  }
  ++today.sessions;
  today.failed_sessions += sale.status == "failed" ? 1 : 0;
  today.sold_mwh += believed(sale.energy_kwh, 1e6);
  today.revenue_e8 += revenue;
  today.capacity_mwh = believed(sale.capacity_mwh);
  if (!sale.start_soc_bp || !sale.end_soc_bp || *sale.start_soc_bp <= *sale.end_soc_bp) return;
  state.soc_drops_bp[local_day(now)] += *sale.start_soc_bp - *sale.end_soc_bp;
  std::erase_if(state.soc_drops_bp,
                [&](const auto& each) { return each.first <= local_day(now) - soc_drop_days; });
  changes.whole["data/daily_soc_drops.json"] = soc_drops_text(state.soc_drops_bp);
}

void take_session(DocumentsState& state, const fold::LegacyRow& row, const fold::SessionRow& told,
                  FileChanges& changes) {
  std::string day_before;
  for (const KnownSession& each : state.sessions)
    if (!each.row.selling && !told.selling && each.row.session_id == told.session_id)
      day_before = day_of(each.row);
  KnownSession& session = merge(state.sessions, told);
  if (!session.row.selling) {
    write_schedule(state, day_of(session.row), changes);
    if (!day_before.empty() && day_before != day_of(session.row))
      write_schedule(state, day_before, changes);
    for (const fold::DailyPlanRow& plan : state.plans)
      for (const fold::PlannedSessionRow& planned : plan.sessions)
        if (planned.session_id == told.session_id) write_plan(state, plan, changes);
    return;
  }
  // A sale that never began sold nothing.
  if (session.counted || !is_final(session.row.status) || !session.row.started_at) return;
  session.counted = true;
  count_sale(state, session.row, row.local, changes);
}

void take_plan(DocumentsState& state, const fold::DailyPlanRow& told, FileChanges& changes) {
  const auto same = std::find_if(state.plans.begin(), state.plans.end(),
                                 [&](const auto& each) { return each.day == told.day; });
  if (same == state.plans.end()) {
    if (state.plans.size() >= documents_plans_max) state.plans.erase(state.plans.begin());
    state.plans.push_back(told);
    write_plan(state, told, changes);
    return;
  }
  const std::string created_at = same->created_at;
  *same = told;
  same->created_at = created_at;
  write_plan(state, *same, changes);
}

// ---- Days and months

void take_energy(DocumentsState& state, const fold::EnergyRow& energy, UtcTime at) {
  DaySums& today = *state.today;
  ++today.readings;
  if (!energy.grid_import_total_kwh) return;
  const std::int64_t meter =
      std::llround(std::clamp(*energy.grid_import_total_kwh, 0.0, 1e9) * 1e6);
  // From the last reading on, whichever day that was: what came in between is not lost at midnight.
  // A leap that no house's grid connection can make is another meter.
  const auto gap = std::chrono::duration_cast<std::chrono::milliseconds>(at - state.import_at);
  const bool near =
      state.import_mwh && gap >= std::chrono::milliseconds(0) && gap <= fold::counter_gap_max;
  if (near)
    today.import_mwh[energy.tariff_zone] +=
        fold::counter_step(*state.import_mwh, meter, gap).value_or(0);
  state.import_mwh = meter;
  state.import_at = at;
}

std::string monthly_name(std::int64_t day) {
  return "out/monthly_snapshots/monthly_snapshot_" + compact_day(month_text(day)) + ".json";
}

void close_month(DocumentsState& state, FileChanges& changes) {
  std::vector<DaySums> decided, sold;
  for (const DaySums& day : state.month) {
    if (day.decisions() != 0) decided.push_back(day);
    if (day.sessions != 0) sold.push_back(day);
  }
  if (!decided.empty())
    changes.whole[monthly_name(decided.front().day)] =
        fold::python_indented(monthly_snapshot(decided));
  if (!sold.empty()) add_element(changes, "monthly_reports.json", monthly_report(sold));
  state.last_month = std::move(state.month);
  state.month.clear();
}

std::string snapshot_name(std::int64_t day) {
  return "out/daily_snapshots/snapshot_" + compact_day(day_text(day)) + ".json";
}

void close_day(DocumentsState& state, LocalTime now, FileChanges& changes) {
  DaySums day = std::move(*state.today);
  day.closed_at = iso_text(now);
  if (day.decisions() != 0)
    changes.whole[snapshot_name(day.day)] = fold::python_indented(daily_snapshot(day));
  if (day.sessions != 0) add_element(changes, "daily_summaries.json", daily_summary(day));
  const std::int64_t today = local_day(now);
  const bool month_over = month_text(day.day) != month_text(today);
  if (day.decisions() != 0 || day.sessions != 0) state.month.push_back(std::move(day));
  if (month_over) close_month(state, changes);
}

void forget_old(DocumentsState& state, std::int64_t today) {
  const std::string first = day_text(std::max<std::int64_t>(0, today - documents_days));
  std::erase_if(state.sessions, [&](const KnownSession& each) {
    return std::max(start_of(each.row), each.row.told_at).substr(0, 10) < first;
  });
  std::erase_if(state.plans, [&](const fold::DailyPlanRow& plan) {
    return plan.day.time_since_epoch().count() < today - documents_days;
  });
}

// Whether the row is of the day that is open; one of a later day opens that.
bool enter_day(DocumentsState& state, LocalTime now, FileChanges& changes) {
  const std::int64_t day = local_day(now);
  if (state.today && day < state.today->day) return false;
  if (state.today && day == state.today->day) return true;
  if (state.today) close_day(state, now, changes);
  state.today = DaySums();
  state.today->day = day;
  forget_old(state, day);
  return true;
}

// Sessions and plans of which a clock ahead told first, and their files.
void forget_ahead(DocumentsState& state, const std::string& day, FileChanges& changes) {
  std::set<std::string> schedules;
  std::erase_if(state.sessions, [&](const KnownSession& each) {
    if (each.row.told_at.substr(0, 10) <= day) return false;
    if (!each.row.selling) schedules.insert(day_of(each.row));
    return true;
  });
  for (const std::string& of : schedules) {
    const bool empty = std::none_of(
        state.sessions.begin(), state.sessions.end(),
        [&](const KnownSession& each) { return !each.row.selling && day_of(each.row) == of; });
    if (empty)
      changes.whole[schedule_name(of)] = std::nullopt;
    else
      write_schedule(state, of, changes);
  }
  std::erase_if(state.plans, [&](const fold::DailyPlanRow& plan) {
    if (plan.created_at.substr(0, 10) <= day) return false;
    changes.whole[plan_name(plan)] = std::nullopt;
    return true;
  });
}

// A clock that was ahead by days: what was counted for them was never then. The day on which the
// clock stands is open again, with what it had when it was left, and so is its month.
void set_back(DocumentsState& state, std::int64_t day, FileChanges& changes) {
  if (!state.today || state.today->day <= day) return;
  const std::string month = month_text(day);
  std::vector<DaySums> known = std::move(state.last_month);
  known.insert(known.end(), state.month.begin(), state.month.end());
  state.last_month.clear();
  state.month.clear();
  DaySums again;
  again.day = day;
  for (DaySums& each : known) {
    if (month_text(each.day) < month) {
      state.last_month.push_back(std::move(each));
      continue;
    }
    changes.whole[monthly_name(each.day)] = std::nullopt;
    if (each.day >= day) changes.whole[snapshot_name(each.day)] = std::nullopt;
    if (each.day == day) again = each;
    if (each.day < day) state.month.push_back(std::move(each));
  }
  state.today = std::move(again);
  const auto ahead =
      std::erase_if(state.soc_drops_bp, [&](const auto& each) { return each.first > day; });
  if (ahead != 0) changes.whole["data/daily_soc_drops.json"] = soc_drops_text(state.soc_drops_bp);
  forget_ahead(state, day_text(day), changes);
}

}  // namespace

void take_row(DocumentsState& state, const fold::LegacyRow& row, FileChanges& changes) {
  if (const auto* file = std::get_if<fold::FileRow>(&row.row)) {
    changes.whole[file->which == fold::FileRow::Which::price_history ? "data/price_history.json"
                                                                     : "data/price_cache.json"] =
        file->text;
    return;
  }
  if (std::holds_alternative<fold::ClockSetRow>(row.row))
    return set_back(state, local_day(row.local), changes);
  if (const auto* plan = std::get_if<fold::DailyPlanRow>(&row.row))
    return take_plan(state, *plan, changes);
  const auto* session = std::get_if<fold::SessionRow>(&row.row);
  if (session == nullptr && !in_day_files(row)) return;
  // A day that is over gets nothing more, but what a session came to is told.
  const bool of_today = enter_day(state, row.local, changes);
  if (session != nullptr) return take_session(state, row, *session, changes);
  if (!of_today) return;
  if (const auto* decision = std::get_if<fold::DecisionRow>(&row.row)) state.today->add(*decision);
  if (const auto* energy = std::get_if<fold::EnergyRow>(&row.row))
    take_energy(state, *energy, row.at);
}

}  // namespace wattledger::projections
