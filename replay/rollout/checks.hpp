// The playbook's checks: before a rollout, after it, and the three conditions of tables alone.
// Read-only, but for a probe file that is made and removed.
#pragma once

#include "replay/rollout/check_result.hpp"
#include "replay/rollout/house_state.hpp"

namespace wattledger::tool {

// Of the place as its configuration is now. Without a log yet most are remarks.
[[nodiscard]] CheckResults preflight(const Invocation& invocation, const Place& place,
                                     const Owner& owner);
// Whether what the configuration asks for is there, whole, fed and fresh.
[[nodiscard]] CheckResults verify_rollout(const Place& place, const Owner& owner);

// Tables alone: as many days of both without an error, a backup that was drilled, and every row the
// log gives in the live tables (the last reads the whole log).
[[nodiscard]] CheckResults database_only_conditions(const Invocation& invocation,
                                                    const Place& place, const Owner& owner,
                                                    std::uint64_t days);

// When a rollback is due: the playbook's triggers with their thresholds.
[[nodiscard]] CheckResults rollback_triggers(const Look& look, bool tables_wanted);

}  // namespace wattledger::tool
