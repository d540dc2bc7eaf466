// Issues the house's own forecasts, of its load and of its panels, as events: each hour, and when
// somebody else's forecast of the sun came. What it learns from are the recorded events alone
// (coordinator/forecast), so that a restart knows what the log holds.
//
// Threads: issue_due() one at a time; it learns on whichever thread records.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/forecast/house_forecast.hpp"

namespace wattledger::daemon {

// How far back the log is read at a start: the four weeks that a load forecast remembers, and the
// day at hand.
inline constexpr std::chrono::hours forecast_looks_back{29 * 24};

class Forecaster {
 public:
  // Learns from what the journal records from now on. `config` and `journal` outlive it.
  Forecaster(const config::Config& config, Journal& journal);
  ~Forecaster();
  Forecaster(const Forecaster&) = delete;
  Forecaster& operator=(const Forecaster&) = delete;

  // What the log held before: the events of the last weeks, in any order, then recalled(). forget()
  // begins that anew.
  void recall(const EventView& event);
  void forget() { before_ = {}; }
  void recalled();

  // Records both forecasts where they are due at `now`: none of this hour stands in the log, or
  // what the panels' rests on is news.
  Result<void> issue_due(UtcTime now);

 private:
  void take(const fold::State& state, const EventView& event);
  void settle(const fold::State& state);

  Journal& journal_;
  std::mutex mutex_;
  forecast::House house_;
  forecast::HouseState state_;
  std::vector<forecast::Observation> before_;  // until recalled()
  std::optional<UtcTime> issued_;
  bool news_ = false;
};

// The plant as configured; nullopt without a place or a peak power.
[[nodiscard]] std::optional<forecast::Plant> plant_of(const config::Config& config);

}  // namespace wattledger::daemon
