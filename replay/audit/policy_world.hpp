// The same past under another policy: its decisions, with what was known then, carried out by a
// simulated battery. Readings, prices, forecasts, faults and the owner's wishes are the recorded
// ones; what the recorded battery and the recorded decisions made is made anew.
#pragma once

#include <optional>

#include "coordinator/policy/decide.hpp"
#include "log/reader.hpp"
#include "replay/audit/house_past.hpp"

namespace wattledger::tool {

// The rules of another policy in the house as it is: battery, connection, tariff, safety limits and
// cadence stay those of `house`.
[[nodiscard]] fold::PolicySettings with_rules(const fold::PolicySettings& house,
                                              const fold::PolicySettings& rules);

// What is asked: another policy's name, or all of its rules.
struct OtherPolicy {
  std::string name;  // as asked
  std::optional<fold::PolicySettings> rules;
  [[nodiscard]] fold::PolicySettings in(const fold::PolicySettings& house) const;
};

class PolicyWorld {
 public:
  // `state`: the fold up to `first`, the reading at `at` with which the period begins.
  PolicyWorld(const BatteryModel& model, const Period& period, OtherPolicy policy,
              fold::State state, const fb::ReadingRecorded& first, UtcTime at);
  Result<void> record(const log::RecordView& record);

  [[nodiscard]] const Account& account() const { return account_; }
  [[nodiscard]] std::uint64_t decisions() const { return decisions_; }

 private:
  Result<void> take(const fb::ReadingRecorded& reading, UtcTime at);
  [[nodiscard]] fb::ReadingRecordedT as_here(const fb::ReadingRecorded& reading) const;
  Result<void> adopt(const fold::PolicySettings& house, UtcTime at);
  void advance(UtcTime to);
  [[nodiscard]] bool due(UtcTime at);
  Result<void> decide(UtcTime now);
  Result<void> obey(UtcTime now);
  Result<void> tell_sessions(UtcTime now);
  void end_override();
  template <class FactT>
  Result<void> tell(FactT fact, UtcTime at);
  Result<void> fold_in(fb::EventT event, UtcTime at);
  void fold_recorded(const log::RecordView& record);

  BatteryModel model_;
  Period period_;
  OtherPolicy policy_;
  fold::State state_;
  HousePast past_;
  SimulatedBattery battery_;
  BatteryOrder order_;
  std::optional<UtcTime> order_ends_;
  UtcTime read_at_;
  double charged_ = 0, discharged_ = 0, bought_ = 0, sold_ = 0;  // counters, Wh
  std::optional<std::int64_t> soc_decided_;                      // whole percent at the last look
  bool slot_due_ = false;  // a slot began and nothing was decided in it yet
  Sequence override_;      // as recorded: here facts have numbers of their own
  Account account_;
  std::uint64_t decisions_ = 0;
};

}  // namespace wattledger::tool
