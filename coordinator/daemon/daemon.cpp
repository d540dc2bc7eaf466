#include "coordinator/daemon/daemon.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "coordinator/daemon/live_options.hpp"
#include "coordinator/daemon/lost_log.hpp"
#include "coordinator/daemon/recollection.hpp"
#include "coordinator/daemon/source_thread.hpp"
#include "log/checkpoint.hpp"

namespace wattledger::daemon {
namespace {

constexpr const char* program_version = WATTLEDGER_VERSION;

}  // namespace

Failure wrong_house(const std::filesystem::path& directory, bool is_demo) {
  if (is_demo)
    return fail(ErrorKind::foreign, directory.string() + " is the log of a demo house",
                "a real house needs its own: set data: to another directory");
  return fail(ErrorKind::foreign, directory.string() + " is the log of a real house",
              "the demo never writes to it: choose another directory with --data");
}

Daemon::Daemon(const config::Config& config, Clock& clock, inverter::Inverter& inverter,
               DaemonOptions options)
    : config_(config),
      clock_(clock),
      reading_(options.safe_mode ? std::make_unique<ReadingInverter>(inverter) : nullptr),
      inverter_(reading_ ? *reading_ : inverter),
      options_(std::move(options)) {
  take_time();
}

Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::open(const config::Config& config, Clock& clock,
                                             inverter::Inverter& inverter, DaemonOptions options) {
  std::unique_ptr<Daemon> daemon(new Daemon(config, clock, inverter, std::move(options)));
  WATTLEDGER_TRY(daemon->open_log());
  return daemon;
}

Result<void> Daemon::open_log() {
  const std::filesystem::path directory = config_.data / "log";
  WATTLEDGER_TRY(require_no_lost_log(config_));
  std::error_code problem;
  std::filesystem::create_directories(directory, problem);
  if (problem)
    return fail(ErrorKind::io, "cannot make " + directory.string() + ": " + problem.message(),
                "set data: to a directory this user may write");
  auto lock = log::WriterLock::take(directory, "wattledgerd");
  if (!lock) return Failure(lock.error());
  lock_.emplace(std::move(*lock));
  auto opened = log::Log::open(directory);
  if (!opened && opened.error().kind == ErrorKind::not_found)
    opened = log::Log::create(directory, {.demo = options_.demo, .uuid = {}});
  if (!opened) return Failure(opened.error());
  log_.emplace(std::move(*opened));
  bool is_demo = false;
  {
    const auto snapshot = log_->snapshot();
    if (!snapshot) return Failure(snapshot.error());
    is_demo = snapshot->meta().demo;
    uuid_ = snapshot->meta().uuid;
  }
  if (is_demo != options_.demo) return wrong_house(directory, is_demo);
  log::AppendLimits limits;
  limits.telemetry_wait_max = config_.telemetry_wait_max;
  limits.telemetry_events_max = options_.telemetry_events_max;
  auto appender = log::Appender::open(*log_, *lock_, limits);
  if (!appender) return Failure(appender.error());
  appender_.emplace(std::move(*appender));
  // A house is served without evidence rather than not at all.
  if (const auto taken = take_signing_key(); !taken)
    spdlog::error("No checkpoints are signed: {}", taken.error().line());
  auto journal = Journal::open(*log_, *appender_, clock_, options_.source,
                               projections::FoldCache(config_.data / "cache"));
  if (!journal) return Failure(journal.error());
  journal_ = std::move(*journal);
  chores_.emplace(config_, clock_, *journal_, OwnLog{*log_, *appender_, *lock_, options_.demo},
                  options_.room);
  if (options_.safe_mode) chores_->health().in_safe_mode();
  return {};
}

// Nobody else writes while we hold the lock: a log whose newest checkpoint holds now goes on
// holding it.
Result<void> Daemon::take_signing_key() {
  const auto snapshot = log_->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  WATTLEDGER_TRY(log::check_newest_checkpoint(*snapshot));
  auto key = log::SigningKey::open_or_create(log::signing_key_file(config_.data));
  if (!key) return Failure(key.error());
  const auto signer = log::signed_newest_checkpoint(*snapshot, *key);
  if (!signer) return Failure(signer.error());
  if (!*signer)
    spdlog::warn(
        "{} holds another key than the one that signed the log's checkpoints so far: keep the old "
        "verifier key for those, and give out the new one (wattledger log key)",
        log::signing_key_file(config_.data).string());
  appender_->sign_with(std::make_shared<const log::SigningKey>(std::move(*key)));
  return {};
}

Result<void> Daemon::start_projections() {
  for (const std::string& key : config_.without_meaning)
    spdlog::info("{} sets nothing; wattledger config check says why", key);
  live_ = std::make_unique<projections::LiveProjections>(
      *log_, live_options_of(config_, clock_.simulated()));
  const auto started = live_->start();
  if (!started) return Failure(started.error());
  for (const std::string& line : live_->discarded()) spdlog::debug("{}", line);
  WATTLEDGER_TRY(tell_started(*journal_, *live_, *started, {"started", options_.source}));
  projection_thread_ = std::make_unique<ProjectionThread>(*live_, *appender_);
  projection_thread_->start();
  chores_->take_projections(*live_, *projection_thread_, options_.source);
  return {};
}

// Taking control is refused while somebody else was seen writing within the hour; who steers
// already goes on. Empty: it is not.
std::string Daemon::control_refusal(fb::ControlMode wanted) const {
  if (options_.safe_mode)
    return std::string(
               "safe mode: control is off and nothing is written to the inverter, though ") +
           fb::EnumNameControlMode(wanted) +
           " is configured; start wattledgerd without --safe-mode";
  struct Seen {
    std::optional<UtcTime> foreign;
    bool steering;
  };
  const Seen seen = journal_->with_state([](const fold::State& state) {
    return Seen{state.inverter.foreign_change_at,
                state.coordinator.control_mode == fb::ControlMode::on};
  });
  if (wanted != fb::ControlMode::on || options_.demo || !seen.foreign ||
      (began_ && seen.steering) || clock_.now() - *seen.foreign >= foreign_quiet_time)
    return {};
  return "control mode on is refused, advise it is: somebody else wrote to the inverter at " +
         utc_text(*seen.foreign) + "; end that, then say wattledger reload an hour later";
}

fb::ControlMode Daemon::control_allowed(fb::ControlMode wanted) {
  const std::string refusal = control_refusal(wanted);
  if (!refusal.empty()) spdlog::error("{}", refusal);
  const std::lock_guard lock(reload_mutex_);
  control_trouble_ = refusal;
  if (options_.safe_mode) return fb::ControlMode::off;
  return refusal.empty() ? wanted : fb::ControlMode::advise;
}

Result<void> Daemon::begin() {
  const ClockRule rule{config_.clock_wait_max, config_.clock_require_sync && !clock_.simulated()};
  // The wait is spent in general mode, in case an earlier run left something forced.
  if (doubt_clock(clock_.now(), journal_->last_recorded_at(), clock_.synchronised(),
                  rule.need_synchronised) != ClockDoubt::none)
    (void)release_inverter();
  const auto believed = settle_clock(*journal_, clock_, rule, [this] { return stop_.load(); });
  if (!believed) return Failure(believed.error());
  if (!*believed) return {};  // told to stop before it began
  fb::CoordinatorStartedT started;
  started.version = program_version;
  started.engine_revision = policy::engine_revision;
  const fb::ControlMode control = control_allowed(config_.control_mode);
  started.control_mode = control;
  started.demo = options_.demo;
  started.simulated = clock_.simulated();
  if (!clock_.simulated()) started.pid = static_cast<std::uint32_t>(::getpid());
  const auto sequence = journal_->record(fact(std::move(started)), log::Urgency::now);
  if (!sequence) return Failure(sequence.error());
  began_ = true;
  WATTLEDGER_TRY(chores_->tell_damage());
  std::optional<inverter::Device> device;
  if (const auto found = inverter_.identify())
    device = *found;
  else
    spdlog::warn("No real inverter data available: {}", found.error().line());
  WATTLEDGER_TRY(adopt_site(*journal_, config_.site, device, clock_.now()));
  WATTLEDGER_TRY(adopt_policy(*journal_, config_.policy));
  WATTLEDGER_TRY(appender_->flush());
  spdlog::info("wattledgerd {} started, control mode {} [{}]", program_version,
               fb::EnumNameControlMode(control), sequence->value);
  return {};
}

Result<void> Daemon::run(UtcTime until) {
  Result<void> result = begin();
  if (result && !began_) return {};
  if (result) result = start_projections();
  if (result) result = chores_->look(clock_.now());
  if (result) result = chores_->judge(clock_.now(), {});  // before anybody asks
  if (result && options_.listen) {
    auto server = control::Server::start(config_.data, config_.control_group,
                                         [this](const control::Request& r) { return answer(r); });
    if (server)
      server_ = std::move(*server);
    else
      result = Failure(server.error());
  }
  if (result) {
    tell_ready();
    result = tick_until(until);
  }
  if (!result) {
    spdlog::critical("{}", result.error().line());
    (void)release_inverter();
    server_.reset();
    keep_deleted_log(*log_, *appender_);
    if (chores_) chores_->health().close(clock_.now());
  }
  return result;
}

Result<void> Daemon::tick_until(UtcTime until) {
  Forecaster forecaster(config_, *journal_);
  sources::ToldBefore told = recollected(forecaster);
  Tick tick(*journal_, inverter_, prices_, {config_.record_every}, &forecaster);
  UtcTime next = clock_.now();
  if (options_.let_go && !options_.safe_mode)
    watchdog_ = std::make_unique<Watchdog>(
        std::max<std::chrono::milliseconds>(options_.hung_after, 3 * config_.poll_every),
        options_.let_go);
  std::optional<SourceThread> asking;
  if (!clock_.simulated() && !sources::providers_of(config_).empty())
    asking.emplace(config_, *journal_, clock_, sources::HttpLimits{}, std::move(told));
  while (!stop_ && next < until) {
    WATTLEDGER_TRY(feed_watchdog());
    const UtcTime now = clock_.now();
    tell_alive(now);
    const auto last = journal_->last_recorded_at();
    if (doubt_clock(now, last, true, false) != ClockDoubt::none) {
      (void)release_inverter();
      if (watchdog_) (void)watchdog_->feed(false);  // the wait is a long one
      const ClockRule rule{config_.clock_wait_max, false};
      const auto settled = settle_clock(*journal_, clock_, rule, [this] {
        if (options_.supervisor) options_.supervisor->alive();
        return stop_.load();
      });
      if (!settled) return Failure(settled.error());
      next = clock_.now();
      continue;
    }
    if (reload_.exchange(false)) {
      if (options_.supervisor) options_.supervisor->reloading();
      WATTLEDGER_TRY(reload());
      tell_ready();
    }
    WATTLEDGER_TRY(
        clear_clock_fault(*journal_, clock_, config_.clock_require_sync && !clock_.simulated()));
    WATTLEDGER_TRY(chores_->look(now));
    if (asking) {
      if (fetch_.exchange(false)) asking->ask_now();
      {
        std::vector<std::string> troubles = asking->troubles();
        const std::lock_guard lock(reload_mutex_);
        source_troubles_ = std::move(troubles);
      }
      WATTLEDGER_TRY(record_inputs(*asking));
    }
    WATTLEDGER_TRY(tick.run(now));
    if (const auto answered = tick.contact().last_answer) last_contact_us_ = to_us(*answered);
    WATTLEDGER_TRY(chores_->judge(clock_.now(), tick.contact()));
    appender_->commit_due(now);
    if (const auto poison = appender_->poison()) return Failure(*poison);
    if (!clock_.simulated()) WATTLEDGER_TRY(require_log_in_place(*log_));
    if (options_.progress) options_.progress(now);
    // The cadence keeps its phase; a pass that took longer than a period skips what it missed, and
    // a clock that was set back begins another.
    const UtcTime after = clock_.now();
    if (next > after + config_.poll_every) next = after;
    while (next <= after) next += config_.poll_every;
    wait_until(std::min(next, until));
  }
  return asking ? record_inputs(*asking) : Result<void>{};
}

// A house is served without what was before rather than not at all.
sources::ToldBefore Daemon::recollected(Forecaster& forecaster) const {
  const auto snapshot = log_->snapshot();
  auto told = snapshot ? recollect(*snapshot, clock_.now(), forecaster)
                       : Result<sources::ToldBefore>(Failure(snapshot.error()));
  log::let_go_of_pages(*log_);  // weeks of them were read, and will not be again
  if (told) return *std::move(told);
  spdlog::error("the forecasts begin without what was before: {}", told.error().line());
  return {};
}

Result<void> Daemon::record_inputs(SourceThread& asking) {
  for (fb::EventT& event : asking.take()) {
    const auto recorded = journal_->record(std::move(event), log::Urgency::telemetry);
    if (!recorded) return Failure(recorded.error());
  }
  return {};
}

void Daemon::set_prices(PriceFeed prices, std::string trouble) {
  prices_ = std::move(prices);
  const std::lock_guard lock(reload_mutex_);
  prices_trouble_ = std::move(trouble);
}

Result<Daemon::Fresh> Daemon::read_anew() const {
  auto config = options_.reload();
  if (!config) return Failure(config.error());
  if (config_.sources.prices != config::PriceSource::none &&
      (!config->prices.file.empty() || config->prices.fixed))
    return fail(ErrorKind::conflict,
                std::string(config->prices.fixed ? "prices.fixed" : "prices.file") +
                    " cannot take the place of sources.prices while the daemon runs",
                "start it again");
  Fresh fresh{*std::move(config), {}, {}};
  if (!options_.prices) return fresh;
  auto prices = options_.prices(fresh.config);
  if (prices)
    fresh.prices = *std::move(prices);
  else if (prices.error().kind == ErrorKind::conflict)
    return Failure(prices.error());  // a configuration that contradicts them, as at the start
  else
    fresh.prices_trouble = prices.error().line();
  return fresh;
}

config::Config Daemon::taken_over(const config::Config& fresh) const {
  config::Config taken = config_;
  taken.policy = fresh.policy;
  taken.holidays = fresh.holidays;
  taken.control_mode = fresh.control_mode;
  taken.prices = fresh.prices;
  taken.language = fresh.language;
  taken.sqlite = fresh.sqlite;
  taken.json = fresh.json;
  return taken;
}

Result<void> Daemon::reload() {
  if (!options_.reload) return {};
  std::optional<Fresh> fresh;
  {
    const std::lock_guard lock(reload_mutex_);
    fresh = std::exchange(fresh_, std::nullopt);
  }
  if (!fresh) {
    auto read = read_anew();
    if (!read) {
      spdlog::error("the configuration is not reloaded: {}", read.error().line());
      return {};
    }
    fresh = *std::move(read);
  }
  if (fresh->prices) prices_ = *std::move(fresh->prices);
  if (!fresh->prices_trouble.empty())
    spdlog::error("the prices are not reloaded: {}", fresh->prices_trouble);
  {
    const std::lock_guard lock(reload_mutex_);
    prices_trouble_ = fresh->prices_trouble;
    config::Config taken = taken_over(fresh->config);
    if (!same_projections(in_force_.value_or(config_), taken)) {
      chores_->switch_projections(taken.sqlite.enabled);
      projection_thread_->switch_to(live_options_of(taken, clock_.simulated()));
    }
    in_force_ = std::move(taken);
  }
  WATTLEDGER_TRY(adopt_policy(*journal_, fresh->config.policy));
  const auto state = journal_->state();
  const fb::ControlMode control = control_allowed(fresh->config.control_mode);
  if (state.coordinator.control_mode == control) return {};
  // Who no longer steers leaves nothing forced behind.
  if (state.coordinator.control_mode == fb::ControlMode::on) (void)release_inverter();
  fb::CoordinatorStateChangedT changed;
  changed.state = state.coordinator.state;
  changed.control_mode = control;
  const auto recorded = journal_->record(fact(std::move(changed)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  spdlog::info("control mode {} [{}]", fb::EnumNameControlMode(control), recorded->value);
  return {};
}

// Nothing to release where we do not steer; otherwise whether the inverter took it.
std::optional<bool> Daemon::release_inverter() {
  if (options_.safe_mode) return std::nullopt;  // what an earlier run forced ends by itself
  const bool steering = journal_->with_state([](const fold::State& state) {
    return state.coordinator.control_mode == fb::ControlMode::on;
  });
  if (!steering) return std::nullopt;
  const std::uint32_t writes_before = inverter_.writes();
  const auto released = inverter_.release();
  if (!released) {
    spdlog::error("the inverter was not released: {}", released.error().line());
    return false;
  }
  // Acknowledged is not done, where it can be read.
  const std::uint32_t writes = inverter_.writes() - writes_before;
  const ZoneOffsets zone =
      journal_->with_state([](const fold::State& state) { return state.site.zone; });
  const auto found = inverter_.control_state(clock_.now(), zone);
  if (found && found->mode != fb::InverterMode::general) {
    spdlog::error("the inverter was told to serve the house and reads {}",
                  fb::EnumNameInverterMode(found->mode));
    return false;
  }
  (void)record_released(writes);
  return true;
}

// The way down needs no fact before it; the one after keeps our own hand from looking like somebody
// else's. On the way out of a poisoned log there is none.
Result<void> Daemon::record_released(std::uint32_t writes) {
  const auto last = journal_->with_state([](const fold::State& state) { return state.inverter; });
  if (last.confirmed == fb::InverterMode::general || last.confirmed == fb::InverterMode::unknown)
    return {};
  fb::CommandConfirmedT confirmed;
  confirmed.command = last.command.value;
  confirmed.mode = fb::InverterMode::general;
  confirmed.writes = writes;
  const auto recorded = journal_->record(fact(std::move(confirmed)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  return {};
}

// With every pass. What it did while we hung is a fact too.
Result<void> Daemon::feed_watchdog() {
  if (!watchdog_) return {};
  const bool steering = journal_->with_state([](const fold::State& state) {
    return state.coordinator.control_mode == fb::ControlMode::on;
  });
  const auto writes = watchdog_->feed(steering);
  if (!writes) return {};
  spdlog::error("the loop goes on; the inverter was brought to general mode meanwhile");
  return record_released(*writes);
}

Result<void> Daemon::close(fb::StopCause cause) {
  if (options_.supervisor) options_.supervisor->stopping();
  take_time();
  server_.reset();
  watchdog_.reset();  // from here on the way down is ours
  if (!began_) return {};
  fb::CoordinatorStoppedT stopped;
  stopped.cause = cause;
  if (const auto released = release_inverter()) stopped.inverter_released = *released;
  WATTLEDGER_TRY(record_sessions(*journal_, clock_.now()));  // what the release ended
  WATTLEDGER_TRY(chores_->close());
  const auto sequence = journal_->record_durably(fact(std::move(stopped)));
  if (!sequence) return Failure(sequence.error());
  WATTLEDGER_TRY(appender_->flush());
  // What it ends with can be proved at once. Without a key nothing is signed, and that was said.
  if (const auto note = appender_->checkpoint();
      !note && note.error().kind != ErrorKind::unsupported)
    return Failure(note.error());
  if (projection_thread_) WATTLEDGER_TRY(projection_thread_->stop());
  keep_deleted_log(*log_, *appender_);
  spdlog::info("wattledgerd stopped [{}]", sequence->value);
  return {};
}

void Daemon::request_stop() {
  stop_ = true;
  clock_.wake();
}

void Daemon::request_reload() {
  {
    const std::lock_guard lock(reload_mutex_);
    fresh_.reset();  // what an asker had read may be older than what this is about
  }
  reload_ = true;
  clock_.wake();
}

}  // namespace wattledger::daemon
