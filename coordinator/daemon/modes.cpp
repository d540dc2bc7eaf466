#include "coordinator/daemon/modes.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "coordinator/daemon/given_prices.hpp"
#include "coordinator/daemon/logging.hpp"
#include "coordinator/daemon/own_house.hpp"
#include "coordinator/daemon/summary.hpp"
#include "log/file_owner.hpp"

namespace wattledger::daemon {
namespace {

constexpr std::chrono::days demo_history{30};
// A demo that stood still for longer lives through that time first, instead of waiting for a clock
// that seems to have leapt.
constexpr std::chrono::hours demo_gap_max{1};

// The inverter's clock knows these years.
constexpr UtcTime simulated_from_min = utc_from_us(946'684'800'000'000);  // 2000-01-01
constexpr UtcTime simulated_to_max = utc_from_us(7'258'118'400'000'000);  // 2200-01-01

int cannot(const Error& error) {
  std::fprintf(stderr, "wattledgerd: %s\n", error.line().c_str());
  return error.kind == ErrorKind::invalid_input || error.kind == ErrorKind::not_found ? exit_usage
                                                                                      : exit_cannot;
}

// Something later than the house's own days may stand behind them: what the tool recorded.
Error already_lived(const std::filesystem::path& data, const Past& past, const ZoneOffsets& zone) {
  const auto local = [&](UtcTime time) {
    return iso_text(zone.to_local(std::chrono::floor<std::chrono::seconds>(time)));
  };
  std::string what = data.string() + " already holds the days up to " +
                     local(past.lived ? *past.lived : *past.ended);
  if (past.lived && *past.ended - *past.lived > std::chrono::days(1))
    what += ", and behind them a record of " + local(*past.ended);
  return {ErrorKind::conflict, std::move(what),
          "give --data another directory, or remove this one"};
}

// The minute that an earlier run ended in has been lived.
UtcTime next_minute(UtcTime ended) {
  return std::chrono::floor<std::chrono::minutes>(ended) + std::chrono::minutes(1);
}

// The tick that the log ends in is passed again: nobody knows how far an earlier run got in it. A
// record between two seconds is nobody's tick.
UtcTime last_tick(UtcTime ended) {
  return std::chrono::floor<std::chrono::seconds>(ended) == ended ? ended : next_minute(ended);
}

// One line that moves, on a terminal only.
class Progress {
 public:
  Progress(UtcTime from, UtcTime to)
      : from_(from), to_(to), terminal_(::isatty(STDERR_FILENO) != 0) {}
  void show(UtcTime now) {
    const auto percent = (now - from_) * 100 / (to_ - from_);
    if (!terminal_ || percent == shown_) return;
    shown_ = percent;
    std::fprintf(stderr, "\rsimulating … %3d %%  %s ", static_cast<int>(percent),
                 utc_text(now).substr(0, 10).c_str());
  }
  void end() const {
    if (terminal_) std::fprintf(stderr, "\r\033[K");
  }

 private:
  UtcTime from_;
  UtcTime to_;
  bool terminal_;
  std::int64_t shown_ = -1;
};

void say_what_is_taken(const Arguments& arguments) {
  std::printf(
      "of %s: battery, grid, load, policy, selling, tiered, safety, tariff, prices.currency, "
      "prices.fixed, "
      "site.timezone, cadence; not its data, inverter, control, prices.file, sources, pv, place "
      "and "
      "projections\n",
      arguments.config.string().c_str());
  std::fflush(stdout);
}

struct GivenPrices {
  PriceFeed feed;
  std::string trouble;  // why there are none
};

// Opens, runs to `until`, closes; the signals' target meanwhile.
int run_daemon(const config::Config& config, Clock& clock, inverter::Inverter& inverter,
               GivenPrices prices, DaemonOptions options, UtcTime until, SignalTarget& signals,
               std::string* summary) {
  auto daemon = Daemon::open(config, clock, inverter, std::move(options));
  if (!daemon) return cannot(daemon.error());
  (*daemon)->set_prices(std::move(prices.feed), std::move(prices.trouble));
  signals.aim(daemon->get());
  const auto ran = (*daemon)->run(until);
  const bool stopped = (*daemon)->stop_requested();
  signals.aim(nullptr);
  if (!ran) return exit_cannot;  // the daemon has said why
  const auto closed = (*daemon)->close(stopped ? fb::StopCause::signal : fb::StopCause::finished);
  if (!closed) return cannot(closed.error());
  if (summary == nullptr) return exit_done;
  auto text = summarize((*daemon)->log());
  if (!text) return cannot(text.error());
  *summary = std::move(*text);
  return exit_done;
}

int simulate(const Arguments& arguments, const config::Config& config, OwnHouse& own, UtcTime from,
             UtcTime to, SignalTarget& signals, std::string* summary) {
  SimulatedClock clock(from, [&](UtcTime now) { own.house->advance(now); });
  Progress progress(from, to);
  DaemonOptions options;
  options.demo = true;
  options.source = fb::Source::simulator;
  options.telemetry_events_max = arguments.telemetry_events;
  options.progress = [&](UtcTime now) { progress.show(now); };
  const int code = run_daemon(config, clock, *own.inverter, GivenPrices{own.prices, {}},
                              std::move(options), to, signals, summary);
  progress.end();
  return code;
}

}  // namespace

void SignalTarget::aim(Daemon* daemon) {
  const std::lock_guard lock(mutex_);
  daemon_ = daemon;
  if (daemon_ != nullptr && stopped_) daemon_->request_stop();
}

void SignalTarget::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (daemon_ != nullptr) daemon_->request_stop();
}

void SignalTarget::reload() {
  const std::lock_guard lock(mutex_);
  if (daemon_ != nullptr) daemon_->request_reload();
}

int run_house(const Arguments& arguments, SignalTarget& signals) {
  auto config = config::load(arguments.config);
  if (!config) return cannot(config.error());
  if (!arguments.data.empty()) config->data = arguments.data;
  if (!arguments.prices.empty()) config->prices.file = arguments.prices;
  log::make_files_as_owner_of(config->data);
  if (const auto logging = start_logging(*config, /*quiet=*/false); !logging)
    return cannot(logging.error());
  RealClock clock;
  // Whatever is wrong with the file of prices, the house is served without them; a configuration
  // that contradicts it is the owner's to mend before anything is decided.
  auto prices = feed_of(*config, clock.now());
  if (!prices && prices.error().kind == ErrorKind::conflict) return cannot(prices.error());
  const std::string prices_trouble = prices ? "" : prices.error().line();
  if (!prices) spdlog::error("no prices: {}", prices_trouble);
  const auto inverter = inverter::make_modbus_inverter(config->inverter);
  DaemonOptions options;
  options.safe_mode = arguments.safe_mode;
  options.supervisor = Notifier::from_environment();
  options.reload = [&arguments] {
    auto fresh = config::load(arguments.config);
    if (fresh && !arguments.data.empty()) fresh->data = arguments.data;
    if (fresh && !arguments.prices.empty()) fresh->prices.file = arguments.prices;
    return fresh;
  };
  options.prices = [&clock](const config::Config& fresh) { return feed_of(fresh, clock.now()); };
  options.let_go = [where = config->inverter]() -> Result<std::uint32_t> {
    const auto other_way = inverter::make_modbus_inverter(where);
    WATTLEDGER_TRY(other_way->release());
    return other_way->writes();
  };
  return run_daemon(
      *config, clock, *inverter,
      prices ? GivenPrices{*std::move(prices), {}} : GivenPrices{PriceFeed(), prices_trouble},
      std::move(options), UtcTime::max(), signals, nullptr);
}

int run_simulation(const Arguments& arguments, SignalTarget& signals) {
  auto own_configuration = own_config(arguments, "wattledger-simulation");
  if (!own_configuration) return cannot(own_configuration.error());
  config::Config& config = *own_configuration;
  config.poll_every = std::chrono::seconds(arguments.poll_s);
  log::make_files_as_owner_of(config.data);
  const auto zone = config::load_zone(config.site.timezone, utc_from_us(0));
  if (!zone) return cannot(zone.error());
  auto start = parse_time(arguments.start, ZoneOffsets());
  if (!start) return cannot(start.error());
  if (const auto local = config::load_zone(config.site.timezone, *start))
    start = parse_time(arguments.start, local->zone);
  const UtcTime end = *start + std::chrono::days(*arguments.simulate_days);
  if (*start < simulated_from_min - std::chrono::days(1) || end > simulated_to_max)
    return cannot(Error{ErrorKind::invalid_input,
                        "the days from " + utc_text(*start) + " on are not all of 2000 to 2199",
                        "give --start a date whose year an inverter's clock knows"});
  const auto past = look_back(config.data);
  if (!past) return cannot(past.error());
  if (const auto logging = start_logging(config, /*quiet=*/true); !logging)
    return cannot(logging.error());
  const UtcTime from = past->ended ? std::max<UtcTime>(*start, last_tick(*past->ended)) : *start;
  if (from >= end) {
    const auto then = config::load_zone(config.site.timezone, from);
    return cannot(already_lived(config.data, *past, then ? then->zone : zone->zone));
  }
  auto own = build_house(arguments, config, *past, from, end);
  if (!own) return cannot(own.error());
  if (!arguments.config.empty()) say_what_is_taken(arguments);
  const auto began = std::chrono::steady_clock::now();
  std::string summary;
  const int code = simulate(arguments, config, *own, from, end, signals, &summary);
  if (code != exit_done) return code;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("simulated in %.1f s; everything stands in %s\n%s", took.count(),
              config.data.string().c_str(), summary.c_str());
  std::printf(
      "\nlook around: wattledger --data %s status (or: audit list, audit verify, log stat)\n",
      config.data.string().c_str());
  return exit_done;
}

int run_demo(const Arguments& arguments, SignalTarget& signals) {
  auto own_configuration = own_config(arguments, "wattledger-demo");
  if (!own_configuration) return cannot(own_configuration.error());
  config::Config& config = *own_configuration;
  log::make_files_as_owner_of(config.data);
  const auto past = look_back(config.data);
  if (!past) return cannot(past.error());
  if (const auto logging = start_logging(config, /*quiet=*/false); !logging)
    return cannot(logging.error());
  const UtcTime now = std::chrono::floor<std::chrono::minutes>(RealClock().now());
  UtcTime from = now - demo_history;
  if (past->ended) from = std::max<UtcTime>(from, next_minute(*past->ended));
  if (now - from < demo_gap_max) from = now;
  auto own = build_house(arguments, config, *past, from, now + std::chrono::days(365));
  if (!own) return cannot(own.error());
  if (from < now) {
    std::printf("the demo house lives through %s first …\n",
                past->ended ? ("what it missed since " + utc_text(from)).c_str() : "a month");
    std::fflush(stdout);
    std::string summary;
    config::Config history = config;
    history.poll_every = std::chrono::seconds(60);
    const int code = simulate(arguments, history, *own, from, now, signals, &summary);
    if (code != exit_done || signals.stopped()) return code;
    std::printf("%s", summary.c_str());
  }
  RealClock clock([&](UtcTime time) { own->house->advance(time); });
  own->house->advance(clock.now());  // its month took a while
  DaemonOptions options;
  options.progress = [said = false, &config](UtcTime) mutable {
    if (std::exchange(said, true)) return;
    std::printf("the demo house is live; in another terminal: wattledger --data %s status\n",
                config.data.string().c_str());
    std::fflush(stdout);
  };
  options.demo = true;
  options.source = fb::Source::simulator;
  options.safe_mode = arguments.safe_mode;
  options.supervisor = Notifier::from_environment();
  return run_daemon(config, clock, *own->inverter, GivenPrices{std::move(own->prices), {}},
                    std::move(options), UtcTime::max(), signals, nullptr);
}

}  // namespace wattledger::daemon
