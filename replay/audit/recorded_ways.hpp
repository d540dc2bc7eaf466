// The past as it was, by the meter and through the battery model, and the two ways that need no
// decisions: self-use only, and no battery. One pass over the records.
#pragma once

#include <vector>

#include "log/reader.hpp"
#include "replay/audit/house_past.hpp"
#include "replay/audit/yardsticks.hpp"

namespace wattledger::tool {

// How near the model comes where its battery is told what the recorded one was told.
struct ModelError {
  double soc_squares = 0, soc_most = 0;
  std::uint64_t readings = 0;
};

class RecordedWays {
 public:
  // `state`: the fold up to `first`, the reading at `at` with which the period begins.
  RecordedWays(const BatteryModel& model, const Period& period, fold::State state,
               const fb::ReadingRecorded& first, UtcTime at);
  Result<void> record(const log::RecordView& record);

  [[nodiscard]] const fold::State& state() const { return state_; }
  [[nodiscard]] const Account& metered() const { return metered_; }
  [[nodiscard]] const Account& modelled() const { return modelled_; }
  [[nodiscard]] const Account& self_use() const { return self_use_; }
  [[nodiscard]] const Account& no_battery() const { return bare_; }
  [[nodiscard]] const ByDay<DayFacts>& facts() const { return facts_; }
  [[nodiscard]] const std::vector<KnownQuarter>& quarters() const { return quarters_; }
  [[nodiscard]] const ModelError& error() const { return error_; }
  [[nodiscard]] double soc_at_start() const { return soc_at_start_; }
  [[nodiscard]] UtcTime begun_at() const { return begun_at_; }
  [[nodiscard]] UtcTime last_reading() const { return last_.at; }

 private:
  // What the meters of a reading say.
  struct Meters {
    UtcTime at;
    double soc = 0, grid_w = 0, battery_w = 0;
    std::optional<double> bought, sold, charged, discharged;  // Wh
  };
  static Meters meters_of(const fb::ReadingRecorded& reading, UtcTime at);
  void advance(UtcTime to);
  void live(const Stretch& stretch);
  void note(const Stretch& stretch);
  void take(const fb::ReadingRecorded& reading, UtcTime at);
  void meter(const Meters& now);
  void follow(const fb::ReadingRecorded& reading);
  void obey(const fb::CommandConfirmed& fact);

  BatteryModel model_;
  Period period_;
  fold::State state_;
  HousePast past_;
  SimulatedBattery battery_, serving_;
  BatteryOrder order_;
  std::optional<UtcTime> order_ends_;
  bool foreign_ = false;  // somebody else's order holds: what the readings show is followed
  double soc_at_start_;
  UtcTime begun_at_;
  Meters last_;
  std::vector<Stretch> since_reading_;
  Account metered_, modelled_, self_use_, bare_;
  ByDay<DayFacts> facts_;
  std::vector<KnownQuarter> quarters_;
  UtcTime quarter_{};  // of quarters_.back()
  ModelError error_;
};

}  // namespace wattledger::tool
