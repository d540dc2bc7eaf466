// Rows of our tables that tell what the house did and what happened to it, event by event:
// commands, faults, alerts, outages of sources, policies, sessions by the meter, reports, changes,
// backups, what the daemon measured of itself, and the quality of each day's readings. Pure.
//
// A row is one statement of its table and that statement's values in order: an event opens a row of
// its own sequence, a later one closes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/codec.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::fold {

// monostate = NULL.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;

struct OperationRow {
  enum class Does {
    // sequence, decision, time, mode, power_w, target_soc, until, attempt
    issue_command,
    // command, "confirmed" or "failed", sequence, time, battery_power_w, writes, took_ms, trouble,
    // detail
    answer_command,
    // sequence, fault, latched, time, measured, limit, detail
    raise_fault,
    // raised (NULL: all of it that are open), fault, sequence, time, reason
    clear_fault,
    // sequence, alert, severity, time, measured, limit, detail
    raise_alert,
    // raised, alert, sequence, time, detail
    end_alert,
    // sequence, provider, trouble, time, attempts, detail
    fail_source,
    // failed (NULL: all of the provider's that are open), provider, sequence, time, outage_ms
    recover_source,
    // sequence, time, digest, engine_revision, text
    adopt_policy,
    // kind, session, status, planned_start, planned_end, started, ended, start_soc, end_soc,
    // target_soc, power_w, energy_kwh, grid_energy_kwh, exported_kwh, amount, average_price,
    // reason,
    // sequence, time, unmetered_s, unpriced_s
    tell_session,
    // sequence, time, report, from, to, up_to, language, bytes, digest
    make_report,
    // sequence, change (NULL: it has no id), verb, arguments, time
    start_change,
    // started (NULL: not said), change, sequence, time, result, detail
    finish_change,
    // backup, time, sequence, tree_size, bytes, encrypted, incremental, result, detail
    take_backup,
    // backup, time, sequence, result, took_ms, differences, detail
    drill_backup,
    // sequence, time, and the members of SystemMeasured in their order
    measure_system,
  };
  Does does = Does::issue_command;
  std::vector<Cell> cells;
  bool operator==(const OperationRow&) const = default;
};

// One more reading of a local day.
struct QualityRow {
  std::chrono::local_days day;
  fb::Quality quality = fb::Quality::good;
  bool operator==(const QualityRow&) const = default;
};

// What the event opens or closes; most do neither.
[[nodiscard]] std::optional<OperationRow> operation_row(Sequence sequence, const EventView& event,
                                                        UtcTime at);

// "2025-10-26T00:45:00Z": whole seconds without a fraction.
[[nodiscard]] std::string short_utc(UtcTime time);

}  // namespace wattledger::fold
