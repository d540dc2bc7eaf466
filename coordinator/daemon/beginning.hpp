// The facts a start begins with: which house, which policy, that we run, and whether the clock can
// be believed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {

// A clock before the log's head by more than this,
// or ahead of it by more than clock_ahead_max, is not believed at once.
inline constexpr std::chrono::seconds clock_behind_max{2};

enum class ClockDoubt { none, behind, ahead, unsynchronised };

// Pure. `last` is the head's recorded-at.
[[nodiscard]] ClockDoubt doubt_clock(UtcTime now, std::optional<UtcTime> last, bool synchronised,
                                     bool need_synchronised);

struct ClockRule {
  std::chrono::seconds wait_max{600};
  bool need_synchronised = true;
};

// Waits while the clock is doubted, at most rule.wait_max by the steady clock, then opens a clock
// epoch and, for a clock that nobody sets, raises clock_unreliable. False when `stopping` said so
// first.
[[nodiscard]] Result<bool> settle_clock(Journal& journal, Clock& clock, const ClockRule& rule,
                                        const std::function<bool()>& stopping);

// Clears clock_unreliable once somebody sets the clock, or nobody needs to.
Result<void> clear_clock_fault(Journal& journal, const Clock& clock, bool need_synchronised);

// Raises log_damaged for what a fold has stepped over, unless it stands with the same words.
Result<void> raise_log_damaged(Journal& journal, const projections::Damage& damage);

// SiteAdopted when the house, its zone or its inverter changed, or the transitions known end within
// a year.
Result<void> adopt_site(Journal& journal, const config::SiteConfig& site,
                        const std::optional<inverter::Device>& device, UtcTime now);

// PolicyAdopted when the settings differ from the ones in force.
Result<void> adopt_policy(Journal& journal, const fold::PolicySettings& settings);

}  // namespace wattledger::daemon
