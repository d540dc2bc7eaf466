// The coordinator: opens the log, begins, ticks until told to stop, and takes the way down.
// Composition only; what it does stands in tick, actuator, beginning, requests and
// projection_thread.
//
// Threads: open(), run() and close() on one thread; request_stop(), request_reload() from any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "coordinator/config/config.hpp"
#include "coordinator/control/control.hpp"
#include "coordinator/daemon/beginning.hpp"
#include "coordinator/daemon/chores.hpp"
#include "coordinator/daemon/clock.hpp"
#include "coordinator/daemon/forecaster.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/daemon/notifier.hpp"
#include "coordinator/daemon/price_feed.hpp"
#include "coordinator/daemon/projection_thread.hpp"
#include "coordinator/daemon/reading_inverter.hpp"
#include "coordinator/daemon/tick.hpp"
#include "coordinator/daemon/watchdog.hpp"
#include "coordinator/inverter/inverter.hpp"
#include "coordinator/sources/fetch/news.hpp"
#include "log/appender.hpp"
#include "log/log.hpp"
#include "log/room.hpp"
#include "projections/live/live_projections.hpp"

namespace wattledger::daemon {

class SourceThread;

struct DaemonOptions {
  bool demo = false;  // the log is, or becomes, one of a demo house
  fb::Source source = fb::Source::daemon;
  bool listen = true;                     // control.sock
  std::size_t telemetry_events_max = 64;  // of one commit
  std::function<Result<config::Config>()>
      reload;  // reads the configuration anew; absent: nothing to reload
  std::function<Result<PriceFeed>(const config::Config&)>
      prices;                             // reads its prices anew; absent: they stay
  std::function<void(UtcTime)> progress;  // after each tick
  // Brings the inverter to general mode by a way of its own, should the loop hang for this long, or
  // three polls; absent: nobody watches (in a simulation, whose seconds are none).
  Watchdog::LetGo let_go;
  std::chrono::milliseconds hung_after{120'000};
  std::function<Result<log::Room>(const log::Log&)> room = log::room_of;
  // Control is off and the inverter is only read, whatever the configuration or a reload says.
  bool safe_mode = false;
  std::shared_ptr<const Notifier> supervisor;  // the service manager, if there is one
};

// A log is a demo house's or a real one's for ever, and `directory` holds the other kind.
[[nodiscard]] Failure wrong_house(const std::filesystem::path& directory, bool is_demo);

class Daemon {
 public:
  // Takes the lock and opens or makes the log; records nothing yet. `config`, `clock` and
  // `inverter` outlive the daemon.
  static Result<std::unique_ptr<Daemon>> open(const config::Config& config, Clock& clock,
                                              inverter::Inverter& inverter, DaemonOptions options);
  ~Daemon();

  [[nodiscard]] Journal& journal() { return *journal_; }
  [[nodiscard]] const log::Log& log() const { return *log_; }
  // Before run(). `trouble`: why there are none, for the status.
  void set_prices(PriceFeed prices, std::string trouble = {});

  // Begins (clock, CoordinatorStarted, site, policy), then ticks until `until` or a stop is
  // requested. An error means that the log cannot be written; the inverter was brought to general
  // mode before it is returned.
  Result<void> run(UtcTime until);
  // Inverter to general mode if we steer it, CoordinatorStopped, everything committed and
  // projected.
  Result<void> close(fb::StopCause cause);

  void request_stop();
  void request_reload();
  [[nodiscard]] bool stop_requested() const { return stop_; }

 private:
  Daemon(const config::Config& config, Clock& clock, inverter::Inverter& inverter,
         DaemonOptions options);
  Result<void> open_log();
  Result<void> take_signing_key();
  Result<void> begin();
  Result<void> start_projections();
  // What a reload takes over, read and not yet in force.
  // `config_` with what a reload takes over of `fresh`.
  [[nodiscard]] config::Config taken_over(const config::Config& fresh) const;
  struct Fresh {
    config::Config config;
    std::optional<PriceFeed> prices;
    std::string prices_trouble;  // why they stay as they were
  };
  Result<Fresh> read_anew() const;
  Result<void> reload();
  [[nodiscard]] std::string control_refusal(fb::ControlMode wanted) const;
  [[nodiscard]] fb::ControlMode control_allowed(fb::ControlMode wanted);
  Result<void> tick_until(UtcTime until);
  [[nodiscard]] std::optional<bool> release_inverter();
  Result<void> record_released(std::uint32_t writes);
  Result<void> feed_watchdog();
  Result<void> record_inputs(SourceThread& asking);
  [[nodiscard]] sources::ToldBefore recollected(Forecaster& forecaster) const;
  // supervision.cpp: what the service manager is told.
  void take_time();  // a start or a stop may take long
  void tell_ready();
  void tell_alive(UtcTime now);
  [[nodiscard]] std::string status_line(UtcTime now) const;
  void wait_until(UtcTime time);

  Result<std::string> answer(const control::Request& request);
  Result<std::string> answer_status(const control::Request& request);
  Result<std::string> answer_append(const control::Request& request);
  Result<std::string> answer_adopt(const control::Request& request);
  Result<std::string> answer_retire(const control::Request& request);
  Result<std::string> answer_checkpoint();
  Result<std::string> answer_reload();
  Result<std::string> answer_fetch();

  const config::Config& config_;
  Clock& clock_;
  const std::unique_ptr<ReadingInverter> reading_;  // in safe mode
  inverter::Inverter& inverter_;
  DaemonOptions options_;
  std::unique_ptr<Patience> patience_;
  std::optional<std::chrono::steady_clock::time_point> status_told_at_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> reload_ = false;
  std::atomic<bool> fetch_ = false;  // the sources are asked now
  bool began_ = false;
  std::atomic<std::int64_t> last_contact_us_ = 0;
  std::optional<log::WriterLock> lock_;
  std::optional<log::Log> log_;
  std::optional<log::Appender> appender_;
  Id128 uuid_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<projections::LiveProjections> live_;
  std::unique_ptr<ProjectionThread> projection_thread_;
  std::unique_ptr<Watchdog> watchdog_;
  std::optional<Chores> chores_;
  std::unique_ptr<control::Server> server_;
  PriceFeed prices_;
  mutable std::mutex reload_mutex_;
  std::optional<Fresh> fresh_;  // under reload_mutex_, as the next: asked for by answer_reload()
  std::optional<config::Config> in_force_;  // as the last reload left it; config_ before the first
  std::string prices_trouble_;
  std::vector<std::string> source_troubles_;
  std::string control_trouble_;  // why `on` is not in force
};

}  // namespace wattledger::daemon
