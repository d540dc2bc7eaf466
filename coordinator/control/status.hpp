// The house at one moment as JSON: what `wattledger status` shows, the daemon answers to the verb
// `status`, and a later web server will. One function, so that they cannot differ. Pure: takes
// values, returns text. Unknown is null, never a number.
//
// {"running", "holder", "version", "site", "control_mode", "data", "demo", "now",
//  "last_reading": {"at", "age_s", "soc_pct", "battery_w", "pv_w", "load_w", "grid_w",
//  "battery_temp_c"} | null, "price": {"now", "next", "next_at", "currency", "zone"}, "decision":
//  {"at", "action", "power_w", "target_soc_pct", "until", "rule", "reason", "sequence"} | null,
//  "next_change": {"at", "action"} | null, "plan": {"sequence", "says", "expected_saving",
//  "step_s", "at": [time], "action", "battery_w", "soc_pct", "price": as many} | null, "forecasts":
//  {"load", "pv": {"provider", "stands_on", "issued_at", "sequence"} | null, "default_day_kwh"} |
//  null, "inverter": {"mode", "confirmed_at", "until"}, "override": {"action", "until",
//  "target_soc_pct", "power_w", "sequence"} | null, "faults": [{"fault", "at", "latched", "detail",
//  "sequence"}], "projections": [{"name", "standing", "sequence", "lag", "message"}], "log":
//  {"head", "uuid"}, "last_contact_s", "warnings": [text], "health": health_json.hpp's | null}
//
// Times are local with their offset ("2025-10-26T02:15:00+02:00"); powers have the signs of
// events/units.hpp (grid + = export, battery + = discharge); prices are final, in `currency` per
// kWh.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "projections/fold/language.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::control {

struct ProjectionStatus {
  std::string name;
  std::string standing;  // standing_name() of the runner, or "stopped"
  Sequence sequence;
  std::string message;  // what is wrong and what to do; empty when nothing is
};

// What the State does not know.
struct StatusExtras {
  bool running = false;  // a daemon is, and answers
  std::string holder;    // who holds the log and does not answer; empty when nobody does
  std::string version;
  std::string data;  // directory
  bool demo = false;
  Id128 log;
  Sequence head;
  std::vector<ProjectionStatus> projections;
  std::optional<UtcTime> last_contact;  // with the inverter; the newest reading's time when absent
  fold::Language language = fold::Language::english;  // of the decision's reason
  std::vector<std::string> warnings;       // of a disk or an address space that is nearly full
  std::string health;                      // health_json(); empty: nobody judged
  const fb::PlanAdoptedT* plan = nullptr;  // State.plan whole; without it no plan is told
  std::string load_model, pv_model;        // of State.load_forecast and State.pv_forecast
  const fb::DecisionMadeT* decision =
      nullptr;  // the last one whole, for its reason; without it the reason is shorter
};

// The records behind what `state` remembers, as `extras` wants them; `plan` and `decision` keep
// them. What cannot be read is left out.
struct StatusRecords {
  fb::DecisionMadeT decision;
  fb::PlanAdoptedT plan;
};
using FindEvent = std::function<const EventView*(Sequence)>;
void take_records(const fold::State& state, const FindEvent& find, StatusRecords& records,
                  StatusExtras& extras);

[[nodiscard]] std::string status_json(const fold::State& state, UtcTime now,
                                      const StatusExtras& extras);

}  // namespace wattledger::control
