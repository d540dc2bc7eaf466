// What became of decisions: what the inverter was told and answered, and what the meter says of the
// time that each was in force. Fed with the log's records in order; one pass, flat memory.
//
// A decision is in force from the reading that it knew to the one that the next decision knew, at
// most in_force_max. Energy and money are fold::energy_between()'s: counters, else powers × time,
// at the final price. `without_battery` is what the house would have paid for load less PV.
// Imported decisions are told too; nothing is known of what they rested on or became.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "log/reader.hpp"
#include "projections/fold/house_rows.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::tool {

// A decision falls in each slot, of an hour at most; a forced mode ends by itself within an hour.
inline constexpr std::chrono::hours in_force_max{2};

enum class Fate {
  confirmed,      // the inverter read back what it was told
  failed,         // it did not take it, or the battery did not follow
  superseded,     // another decision was made before there was an answer
  waiting,        // no answer yet; or the last command failed and nothing was tried since
  nothing_to_do,  // the inverter did so already
  not_yet_known,  // it is in force still, and nothing was told the inverter so far
  advised,        // control was not on: nothing was written
  imported,       // of the older system, which did not record it
};
[[nodiscard]] std::string_view fate_name(Fate fate);  // "nothing_to_do"

// One attempt to bring the inverter to a mode, and the answers.
struct CommandTold {
  Sequence sequence;
  UtcTime at;
  fb::CommandIssuedT issued;
  struct Confirmation {
    Sequence sequence;
    UtcTime at;
    fb::CommandConfirmedT fact;
  };
  std::optional<Confirmation> confirmed;  // by its registers
  std::optional<Confirmation> shown;      // … and by the battery's power
  struct Failure {
    Sequence sequence;
    UtcTime at;
    fb::CommandTrouble trouble = fb::CommandTrouble::unknown;
    std::string detail;
    std::uint32_t attempts = 0;
  };
  std::optional<Failure> failed;  // the newest answer, if it is one
};

// What an inverter's own counters move in: tenths of a kWh, as GoodWe tells them.
inline constexpr std::int64_t coarse_step_mwh = 100'000;

struct Metering {
  std::optional<UtcTime> from, to;  // readings
  std::optional<std::int64_t> soc_from_bp, soc_to_bp;
  fold::EnergySums sums;
  std::int64_t without_battery_e8 = 0;
  // How many of the counters move in coarse steps: of the grid's two; and of load and sun.
  int coarse_grid = 0, coarse_house = 0;
  // Nothing where no price of the time is known.
  [[nodiscard]] std::optional<std::int64_t> paid_e8() const;
  // Against the same house without its battery: load less sun, bought or fed in.
  [[nodiscard]] std::optional<std::int64_t> saved_e8() const;
  // Against one without sun too: all of the load, bought. daily_stats calls it savings.
  [[nodiscard]] std::optional<std::int64_t> saved_by_both_e8() const;
  // How far off coarse counters may make them: each by a step at the mean price.
  [[nodiscard]] std::int64_t paid_error_e8() const;
  [[nodiscard]] std::int64_t saved_error_e8() const;
};

struct FollowedDecision {
  Sequence sequence;
  UtcTime at;
  fb::DecisionMadeT decision;
  bool is_imported = false;
  std::string imported_reason;
  std::optional<std::int64_t> soc_bp;    // by the newest reading that it knew
  std::optional<std::int64_t> price_e8;  // final, of its slot: as decided, else as known
  Fate fate = Fate::waiting;
  std::vector<CommandTold> commands;
  Metering metering;
  bool is_newest = false;        // in force still, as far as the log tells
  std::optional<Sequence> next;  // decision
  UtcTime next_at{};
};

// Energy and money between readings, cut at quarters and wherever flush() is called. Readings whose
// counters only grow within a quarter are taken together: their differences add up.
class Meter {
 public:
  // What one stretch adds to a local hour, and what the house would have paid without a battery.
  using Each = std::function<void(const fold::EnergyHourRow&, std::int64_t without_battery_e8)>;
  Meter() = default;
  explicit Meter(Each each) : each_(std::move(each)) {}
  void take(const fold::State& prices, const fb::ReadingRecorded& reading, UtcTime at);
  // Reckons up to the last reading.
  void flush(const fold::State& prices);
  // What was added since the last call.
  [[nodiscard]] Metering taken();
  [[nodiscard]] const std::optional<fold::Metered>& last() const { return last_; }

 private:
  void add(const fold::State& prices, const fold::Metered& from, const fold::Metered& to);

  Each each_;
  std::optional<fold::Metered> begun_, from_, last_;
  Metering metering_;
};

class DecisionFollower {
 public:
  using Done = std::function<void(FollowedDecision&&)>;
  // `prices`: a State with the site, policy and prices before the first record.
  DecisionFollower(fold::State prices, Done done)
      : prices_(std::move(prices)), done_(std::move(done)) {}

  void record(const log::RecordView& record);
  // Tells what is still open.
  void finish();
  [[nodiscard]] bool all_told() const { return open_.empty(); }

 private:
  struct Open {
    FollowedDecision told;
    bool in_force = true;
  };
  struct Level {
    Sequence sequence;
    std::optional<std::int64_t> soc_bp;
  };
  void decide(const log::RecordView& record, const fb::DecisionMade& fact);
  void read(const log::RecordView& record, const fb::ReadingRecorded& fact);
  void answer(const log::RecordView& record);
  // Its time is over, by `next` if there is one.
  void close(const FollowedDecision* next);
  void tell_settled(UtcTime now);
  [[nodiscard]] bool is_settled(const Open& open, UtcTime now) const;
  [[nodiscard]] CommandTold* command(std::uint64_t sequence);

  fold::State prices_;
  Done done_;
  Meter meter_;
  std::deque<Open> open_;     // oldest first; of ours at most the last is in force
  std::deque<Level> levels_;  // of the newest readings
  Sequence last_command_;
  bool last_failed_ = false;
};

// The decision as the log has it: what was imported with its reason.
[[nodiscard]] FollowedDecision decision_of(const log::RecordView& record,
                                           const fb::DecisionMade& fact);

// The kinds that the State of a DecisionFollower is made of.
[[nodiscard]] bool is_of_prices(const EventView& event);

}  // namespace wattledger::tool
