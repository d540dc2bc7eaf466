// What the house is, as far as the log up to `through` tells: a pure value, the same for the
// daemon, a replay and an audit. decide(state, now) sees nothing else. evolve() has no clock, no
// disk, no time-zone database.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "events/catalogue.hpp"
#include "events/identity.hpp"
#include "events/time.hpp"
#include "events/units.hpp"
#include "projections/fold/policy_settings.hpp"

namespace wattledger::fold {

// Raised when evolve() or State change meaning; part of a fold snapshot's key.
inline constexpr std::uint32_t fold_revision = 3;

struct Site {
  std::string name;
  std::string device_model;
  std::string device_serial;
  ZoneOffsets zone;
  std::optional<Watts> rated_power;
  bool operator==(const Site&) const = default;
};

struct Policy {
  PolicySettings settings;
  Digest digest;  // SHA-256 of the canonical text that was adopted
  Sequence adopted;
  bool operator==(const Policy&) const = default;
};

// The newest reading; each value optional, as it came.
struct Reading {
  Sequence sequence;
  UtcTime at;
  fb::Quality quality = fb::Quality::good;
  std::optional<BasisPoints> soc;
  std::optional<Watts> battery_power;
  std::optional<Millivolts> battery_voltage;
  std::optional<MilliCelsius> battery_temperature;
  std::optional<Watts> pv_power;
  std::optional<Watts> load_power;
  std::optional<Watts> grid_power;
  std::optional<Millivolts> grid_voltage;
  std::optional<MilliwattHours> import_total;
  std::optional<MilliwattHours> export_total;
  std::optional<MilliwattHours> charge_total;     // into the battery
  std::optional<MilliwattHours> discharge_total;  // out of it
  std::optional<std::uint32_t> inverter_error;
  std::optional<fb::InverterMode> forced_mode;
  bool operator==(const Reading&) const = default;
};

// Market price of one slot: the day-ahead one, or a contract's fixed one. A slot has one kind.
struct PriceSlot {
  UtcTime start;
  std::chrono::seconds length{};
  PriceE8 market;
  bool operator==(const PriceSlot&) const = default;
};

// The grid operator's advice for a slot, 0 to 3. A slot that is not there is unknown, which is not
// 0.
struct PeakSlot {
  UtcTime start;
  std::chrono::seconds length{};
  std::uint32_t code = 0;
  bool operator==(const PeakSlot&) const = default;
};

// What is expected of the panels or of the house: mean power of each slot, absent where nothing is
// said; low and high, where they are told, have the same slots.
struct PowerForecast {
  Sequence sequence;
  std::string provider;
  UtcTime issued;
  UtcTime start;
  std::chrono::seconds step{};
  std::vector<std::optional<std::int32_t>> power_w;
  std::vector<std::optional<std::int32_t>> low_w;
  std::vector<std::optional<std::int32_t>> high_w;
  bool operator==(const PowerForecast&) const = default;
};
// Of two forecasts the house's own one holds, whatever comes from elsewhere.
inline constexpr std::string_view own_forecast = "wattledger";

// From 1970 to the end of the year 9999: inside it, differences of times and sums with durations
// cannot overflow.
inline constexpr std::int64_t time_max_us = 253'402'300'799'000'000;

// Limits of a slot that is believed.
inline constexpr std::uint32_t slot_step_min_s = 60;
inline constexpr std::uint32_t slot_step_max_s = 86'400;
// A price beyond 10 000 currency units per kWh is a mistake of its source, and would overflow sums.
inline constexpr std::int64_t market_price_max = 1'000'000'000'000;

// What the inverter was told and what it confirmed.
struct InverterState {
  fb::InverterMode wished = fb::InverterMode::unknown;
  std::optional<UtcTime> wished_until;
  std::optional<Watts> wished_power;
  std::optional<BasisPoints> wished_soc;
  Sequence command;
  fb::InverterMode confirmed = fb::InverterMode::unknown;
  std::optional<UtcTime> confirmed_until;
  UtcTime confirmed_at{};  // of the last confirmation
  UtcTime since{};         // the confirmed mode has been this one since
  std::optional<UtcTime> charge_stopped_at;
  std::uint32_t failures = 0;  // commands failed since the last confirmation
  std::optional<UtcTime> foreign_change_at;
  Sequence settings_found;  // the last InverterSettingsFound; 0 if there was none
  bool operator==(const InverterState&) const = default;
};

// Whether the inverter is, as far as anybody knows, in a mode that we forced and that has not ended
// by itself: a charge or a discharge.
[[nodiscard]] bool in_forced_mode(const InverterState& inverter, UtcTime now);

struct LatchedFault {
  fb::Fault fault = fb::Fault::unknown;
  Sequence raised;
  UtcTime at;
  bool latched = false;
  std::string detail;
  bool operator==(const LatchedFault&) const = default;
};

struct Override {
  Sequence request;
  fb::Action action = fb::Action::self_use;
  std::optional<UtcTime> until;
  std::optional<BasisPoints> target_soc;
  std::optional<Watts> power;
  bool operator==(const Override&) const = default;
};

struct LastDecision {
  Sequence sequence;
  UtcTime at;
  UtcTime since;  // decisions have had this action since
  fb::Action action = fb::Action::self_use;
  std::optional<Watts> power;
  std::optional<BasisPoints> target_soc;
  std::optional<UtcTime> until;
  fb::Rule rule = fb::Rule::none;
  bool operator==(const LastDecision&) const = default;
};

struct LastPlan {
  Sequence sequence;
  UtcTime start;
  std::chrono::seconds step{};
  std::vector<fb::Action> actions;
  std::vector<std::int32_t> battery_power_w;
  std::string policy;
  bool operator==(const LastPlan&) const = default;
};

// How a forced mode was left.
enum class LeftBy : std::uint8_t {
  nobody,  // it still holds, or ends by itself at its end
  itself,  // its end came, and it was entered anew later
  command,
  foreign_hand,
  stop,  // of the coordinator
  MIN = nobody,
  MAX = stop
};

// The meter as a session saw it last: its own counters and powers, not negative; absent where not
// told.
struct MeterMark {
  UtcTime at;
  std::optional<MilliwattHours> battery;  // counter of what went in, of a sale out
  std::optional<MilliwattHours> grid;     // counter of what was bought, of a sale sold
  std::optional<Watts> battery_power;
  std::optional<Watts> grid_power;
  bool operator==(const MeterMark&) const = default;
};

// A charge or a sale that runs, and what the meter says of it, from the reading it began with to
// the last one counted. Between two readings the battery's energy is the difference of its
// counters, else the mean of its powers where they are near enough; what was bought for it, or sold
// out of it, is no more than what passed the grid's meter meanwhile.
struct Session {
  std::string name;
  Sequence started;
  UtcTime started_at;
  UtcTime told_at;    // of the newest event about it
  Sequence decision;  // the last one that wanted it
  std::optional<UtcTime> planned_end;
  std::optional<BasisPoints> start_soc;
  std::optional<BasisPoints> target_soc;  // of a sale its floor
  MilliwattHours battery;                 // into it, of a sale out of it
  MilliwattHours grid;                    // bought, of a sale sold
  MoneyE8 money;                          // paid, of a sale earned, where the price is known
  std::chrono::seconds metered{};
  std::chrono::seconds unmetered{};  // time whose energy nobody knows
  std::chrono::seconds unpriced{};   // metered, and its price not known
  MeterMark mark;
  // Counted by one meter and not yet by the other: a coarse counter moves late.
  MilliwattHours battery_open;
  MilliwattHours grid_open;
  std::optional<UtcTime> left_at;  // the inverter left its mode
  LeftBy left_by = LeftBy::nobody;
  Sequence left_with;  // the event that says so
  bool operator==(const Session&) const = default;
};

// A session that the plan has for the day, and what became of it.
struct PlannedSession {
  std::string name;
  UtcTime start;
  UtcTime end;
  fb::SessionChange change = fb::SessionChange::planned;
  bool operator==(const PlannedSession&) const = default;
};

// Of one day at most so many are kept, the first.
inline constexpr std::size_t planned_sessions_max = 96;

// What charges and sales came to, by the events about them.
struct SessionHistory {
  std::optional<Session> charge;
  std::optional<Session> sale;
  std::int32_t day = 0;  // the local day (since 1970) of the counts
  std::uint32_t charges = 0;
  std::uint32_t sales = 0;
  BasisPoints sold;                       // by the sales of the day that are over
  std::optional<BasisPoints> charged_to;  // SOC where the last charge ended
  std::optional<UtcTime> charge_ended_at;
  std::optional<UtcTime> sale_ended_at;
  std::optional<std::int32_t> planned_day;  // of the plan told last
  std::vector<PlannedSession> planned;      // in it, by start
  bool operator==(const SessionHistory&) const = default;
};

struct Coordinator {
  UtcTime started_at{};
  fb::ControlMode control_mode = fb::ControlMode::off;
  fb::CoordinatorState state = fb::CoordinatorState::initializing;
  std::uint64_t decisions = 0;  // since the start
  bool running = false;
  bool operator==(const Coordinator&) const = default;
};

struct State {
  Sequence through;  // last record folded
  UtcTime recorded_at{};
  Site site;
  std::optional<Policy> policy;
  std::optional<Reading> reading;
  std::vector<PriceSlot> prices;  // sorted by start, no overlaps, at most price_slots_max
  // What a kWh fed in earns, where that is told slot by slot (a scenario; no event does), else by
  // the policy. The same, its `market` being that price.
  std::vector<PriceSlot> feed_in;
  std::vector<PeakSlot> peaks;  // the same, at most peak_slots_max
  std::optional<PowerForecast> pv_forecast;
  std::optional<PowerForecast> load_forecast;
  InverterState inverter;
  std::vector<LatchedFault> faults;
  std::optional<Override> owner_override;
  std::optional<LastDecision> decision;
  std::optional<LastPlan> plan;
  SessionHistory sessions;
  Coordinator coordinator;
  bool operator==(const State&) const = default;
};

inline constexpr std::size_t price_slots_max = 1'000;   // ten days of quarter hours
inline constexpr std::size_t peak_slots_max = 250;      // ten days of hours
inline constexpr std::size_t forecast_slots_max = 400;  // four days of quarter hours

// Folds one event in. Never fails: a fact that makes no sense (a policy that does not parse) leaves
// its part as it was. Facts of one part may come late (an import): an older reading or decision
// does not replace a newer one.
void evolve(State& state, Sequence sequence, UtcTime recorded_at, const EventView& event);

// Canonical bytes of the state: equal states, equal bytes, on every machine.
[[nodiscard]] std::vector<std::byte> canonical_bytes(const State& state);
// The state again. Its policy's settings stand there only as a digest, so the caller has kept them:
// they are absent exactly when the state has no policy. corrupt for bytes that canonical_bytes()
// cannot have made, one too many included; nothing larger than the bytes is ever allocated.
[[nodiscard]] Result<State> read_state(std::span<const std::byte> bytes,
                                       const std::optional<PolicySettings>& settings);
// SHA-256 of the canonical bytes.
[[nodiscard]] Digest state_digest(const State& state);

// SHA-256 of any text: the policy's digest, a raw answer's.
[[nodiscard]] Digest text_digest(std::string_view text);

// Final price of a slot (tariff.hpp), by the operator's peak-hours code at its start, and the
// zone's name at an instant ("T1", "T2", …; "" without zones).
[[nodiscard]] PriceE8 final_price(const State& state, const PriceSlot& slot);
// What a kWh fed in during the slot earns: as told for its start, else by the policy, without one
// the market price.
[[nodiscard]] PriceE8 feed_in_price(const State& state, const PriceSlot& slot);
[[nodiscard]] std::string tariff_zone(const State& state, UtcTime at);
// The slot that holds `at`, if its price is known.
[[nodiscard]] const PriceSlot* price_at(const State& state, UtcTime at);

}  // namespace wattledger::fold
