// One pass of the daemon: read the inverter, record, judge, act. Everything it needs is handed in;
// it owns no thread and asks no clock but the injected one.
#pragma once

#include <optional>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/actuator.hpp"
#include "coordinator/daemon/forecaster.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/daemon/price_feed.hpp"
#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {

// Polls without an answer after which a fault is raised (and a missing inverter is no longer a
// hiccup).
inline constexpr std::uint32_t silent_polls_max = 3;

struct TickCadence {
  std::chrono::seconds record_every{60};
};

// What the loop knows of the inverter.
struct Contact {
  std::optional<UtcTime> last_answer;
  std::uint32_t silent_polls = 0;
  std::optional<std::chrono::milliseconds> poll_took;  // of the last pass, if it was answered
};

// How long the inverter's own clock has shown the same second. Answers that a dongle or a hung
// inverter repeats look like good ones but for that.
class StandingClock {
 public:
  // Zero while the clock goes, and where a reading does not hold it.
  [[nodiscard]] std::chrono::seconds shown_for(const fb::ReadingRecordedT& reading, UtcTime now);

 private:
  std::optional<std::chrono::sys_seconds> shows_;
  UtcTime since_;
};

class Tick {
 public:
  // Without a forecaster nothing is forecast.
  Tick(Journal& journal, inverter::Inverter& inverter, PriceFeed& prices,
       const TickCadence& cadence, Forecaster* forecaster = nullptr)
      : journal_(journal),
        inverter_(inverter),
        prices_(prices),
        cadence_(cadence),
        forecaster_(forecaster),
        actuator_(journal, inverter) {}

  // An error means that the log cannot be written: the caller takes the way down. An inverter that
  // fails is recorded.
  Result<void> run(UtcTime now);

  [[nodiscard]] const Contact& contact() const { return contact_; }

 private:
  Result<void> read(UtcTime now);
  Result<void> take_reading(fb::ReadingRecordedT reading, UtcTime now);
  bool repeated(const fb::ReadingRecordedT& reading, UtcTime now);
  Result<void> record_reading(const fb::ReadingRecordedT& reading, UtcTime now);
  Result<void> record_sessions(UtcTime now);
  Result<void> no_answer(const Error& error);
  Result<void> remember_settings();
  Result<void> record_faults(UtcTime now);
  Result<void> judge(UtcTime now);
  Result<void> end_override(UtcTime now);
  Result<void> note_state();

  Journal& journal_;
  inverter::Inverter& inverter_;
  PriceFeed& prices_;
  TickCadence cadence_;
  Forecaster* forecaster_;
  Actuator actuator_;
  Contact contact_;
  std::optional<UtcTime> recorded_at_;
  bool settings_missed_ = false;
  StandingClock standing_clock_;
  std::optional<fb::ReadingRecordedT> unrecorded_;  // of this pass, if nothing needed it yet
  bool repeats_ = false;                            // the inverter's answers are of long ago
};

// Records what is due about charges, sales and the day's plan.
Result<void> record_sessions(Journal& journal, UtcTime now);

}  // namespace wattledger::daemon
