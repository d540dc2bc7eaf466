// Brings the inverter to what the last decision wants: a desired state, reconciled. Each attempt is
// a CommandIssued on disk before the first register is written, then what read back, then what the
// battery's power shows of it. Only with control mode `on`, and only once the log holds what was
// set before us. Thread: the tick's.
//
//   issued -> registers read back -> CommandConfirmed -> power shows it within 90 s -> confirmed
//                |                                        again, with the power
//                +-> CommandFailed <----------------------+ (after which the mode is entered anew)
//
// After three failures in a row: a fault, the inverter in general mode, and one attempt a slot.
#pragma once

#include <optional>

#include "coordinator/daemon/effect.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {

// Consecutive failures after which a fault is raised; then one attempt per slot.
inline constexpr std::uint32_t command_failures_max = 3;
// Register writes a day beyond which the flash is in danger: a fault, and no more forced modes.
inline constexpr std::uint32_t register_writes_per_day_max = 200;
// So many foreign changes within that time are a contest, in which we write once a slot.
inline constexpr std::size_t foreign_changes_max = 3;
// A foreign write this recently forbids taking control.
inline constexpr std::chrono::hours foreign_quiet_time{1};

// A clock further off than this ends a forced mode at the wrong time: it is set, or the mode
// refused.
inline constexpr std::chrono::seconds inverter_clock_off_max{120};
// Setting it without a forced mode to come is tried this often.
inline constexpr std::chrono::hours inverter_clock_every{24};

// What the inverter should do because of the last decision. Pure. A forced mode's end is the
// planned end, at most settings.forced_end_max ahead and never past local midnight. Nothing is
// forced in an hour that the wall clock will show again.
[[nodiscard]] inverter::Wish wish_for(const fold::State& state, UtcTime now);

// Must a command be issued for `wish`: the mode differs, its numbers differ, or its end comes
// within a slot. Pure.
[[nodiscard]] bool command_needed(const fold::State& state, const inverter::Wish& wish,
                                  UtcTime now);

// The mode that the inverter should be in by itself: a forced mode whose end has passed is general
// again. Pure.
[[nodiscard]] fb::InverterMode mode_expected(const fold::State& state, UtcTime now);

// As events have them.
[[nodiscard]] std::vector<std::unique_ptr<fb::RegisterWordsT>> told_words(
    const inverter::RegisterWords& ranges);

class Actuator {
 public:
  Actuator(Journal& journal, inverter::Inverter& inverter)
      : journal_(journal), inverter_(inverter) {}

  // One attempt at most, or the way down that is still owed. Only a failing journal is an error; a
  // failing inverter is a fact.
  Result<void> reconcile(UtcTime now);
  // Compares what a reading found with what was confirmed (steering) or with the poll before (not
  // steering), and records a foreign hand.
  Result<void> look_for_foreign_hand(const fb::ReadingRecordedT& reading, UtcTime now);
  // Whether the battery does what the last confirmed command says. judges(): this reading would
  // settle it, so that it must be in the log before.
  [[nodiscard]] bool judges(const fb::ReadingRecordedT& reading, UtcTime now) const;
  Result<void> watch_effect(const fb::ReadingRecordedT& reading, UtcTime now);

 private:
  // A command whose registers read back, until the battery shows it.
  struct Awaited {
    inverter::Wish wish;
    fb::CommandConfirmedT confirmed;
    UtcTime since;
  };
  Result<void> attempt(const inverter::Wish& wish, const fold::State& state, UtcTime now);
  Result<void> confirm(Sequence command, const inverter::Wish& wish,
                       const inverter::ControlState& applied, std::uint32_t writes, UtcTime now);
  Result<void> verified(std::int32_t battery_power, UtcTime now);
  Result<void> failed(Sequence command, const Error& error, fb::CommandTrouble trouble,
                      std::uint32_t writes);
  Result<void> let_go(const inverter::Wish& wish, UtcTime now);
  Result<void> watch_writes(std::uint32_t just_now, UtcTime now);
  Result<void> make_clock_right(const fold::State& state, UtcTime now);
  [[nodiscard]] bool clock_due(UtcTime now) const;
  [[nodiscard]] bool awaited_over(UtcTime now) const;
  Result<void> record_foreign(fb::InverterMode found, UtcTime now);
  [[nodiscard]] std::uint32_t failures() const;
  [[nodiscard]] bool hopeless(const fold::State& state, UtcTime now);
  Result<void> leave_nothing_forced(const fold::State& state, UtcTime now);
  [[nodiscard]] std::optional<inverter::ControlState> known(UtcTime now) const;
  [[nodiscard]] std::optional<BasisPoints> unit_floor(UtcTime now) const;
  [[nodiscard]] inverter::RegisterWords known_words(UtcTime now) const;
  [[nodiscard]] bool words_changed(UtcTime now) const;

  Journal& journal_;
  inverter::Inverter& inverter_;
  // The registers that only a write changes, as the last poll found them.
  struct Seen {
    flatbuffers::Optional<std::uint16_t> work_mode;
    flatbuffers::Optional<std::uint16_t> ems_mode;
    flatbuffers::Optional<bool> fast_charging;
    inverter::RegisterWords words;  // empty: not known
    [[nodiscard]] bool differs_from(const Seen& other) const;
  };
  std::optional<Seen> seen_;
  // What we never write while steering, so that any change of it is somebody else's.
  std::optional<flatbuffers::Optional<std::int32_t>> export_limit_;
  bool steered_ = false;
  std::optional<Awaited> awaited_;
  std::uint32_t without_effect_ = 0;  // commands in a row that the battery did not follow
  std::uint32_t failed_ = 0;          // commands in a row that failed, for whatever reason
  bool owes_general_ = false;         // we gave up, and the inverter may still be forced
  std::optional<UtcTime> let_go_at_;  // tried
  std::chrono::seconds let_go_pause_{0};
  bool looked_back_ = false;         // at what a process before us may have begun
  std::vector<UtcTime> foreign_at_;  // of the last hour
  inverter::RegisterWords words_;    // as last confirmed, or found; empty: not known
  std::optional<std::chrono::seconds> clock_off_;
  std::optional<UtcTime> clock_tried_at_;
  std::optional<UtcTime> attempted_at_;
};

}  // namespace wattledger::daemon
