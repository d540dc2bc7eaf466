// Brings the inverter to what the last decision wants: a desired state, reconciled. Each attempt is
// a CommandIssued on disk before the first register is written, then what read back. Only with
// control mode `on`, and only once the log holds what was set before us. Thread: the tick's.
#pragma once

#include <optional>

#include "coordinator/daemon/journal.hpp"
#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {

// Consecutive failures after which a fault is raised; then one attempt per slot.
inline constexpr std::uint32_t command_failures_max = 3;
// Register writes a day beyond which the flash is in danger: a fault, and no more forced modes.
inline constexpr std::uint32_t register_writes_per_day_max = 200;
// A foreign write this recently forbids taking control.
inline constexpr std::chrono::hours foreign_quiet_time{1};

// A clock further off than this ends a forced mode at the wrong time: it is set, or the mode
// refused.
inline constexpr std::chrono::seconds inverter_clock_off_max{120};

// What the inverter should do because of the last decision. Pure. A forced mode's end is the
// planned end, at most settings.forced_end_max ahead and never past local midnight.
[[nodiscard]] inverter::Wish wish_for(const fold::State& state, UtcTime now);

// Must a command be issued for `wish`: the mode differs, its numbers differ, or its end comes
// within a slot. Pure.
[[nodiscard]] bool command_needed(const fold::State& state, const inverter::Wish& wish,
                                  UtcTime now);

// The mode that the inverter should be in by itself: a forced mode whose end has passed is general
// again. Pure.
[[nodiscard]] fb::InverterMode mode_expected(const fold::State& state, UtcTime now);

class Actuator {
 public:
  Actuator(Journal& journal, inverter::Inverter& inverter)
      : journal_(journal), inverter_(inverter) {}

  // One attempt at most. Only a failing journal is an error; a failing inverter is a fact.
  Result<void> reconcile(UtcTime now);
  // Compares what a reading found with what was confirmed (steering) or with the poll before (not
  // steering), and records a foreign hand.
  Result<void> look_for_foreign_hand(const fb::ReadingRecordedT& reading, UtcTime now);

 private:
  Result<void> attempt(const inverter::Wish& wish, const fold::State& state, UtcTime now);
  Result<void> failed(Sequence command, const Error& error, fb::CommandTrouble trouble,
                      std::uint32_t writes);
  Result<void> watch_writes(std::uint32_t just_now, UtcTime now);
  Result<void> make_clock_right(const fold::State& state, UtcTime now);
  Result<void> record_foreign(fb::InverterMode found);

  Journal& journal_;
  inverter::Inverter& inverter_;
  // The registers that only a write changes, as the last poll found them.
  struct Seen {
    flatbuffers::Optional<std::uint16_t> work_mode;
    flatbuffers::Optional<std::uint16_t> ems_mode;
    flatbuffers::Optional<bool> fast_charging;
    bool operator==(const Seen&) const = default;
  };
  std::optional<Seen> seen_;
  bool steered_ = false;
  std::optional<std::chrono::seconds> clock_off_;
  std::optional<UtcTime> attempted_at_;
};

}  // namespace wattledger::daemon
