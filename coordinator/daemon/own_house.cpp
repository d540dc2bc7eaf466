#include "coordinator/daemon/own_house.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "coordinator/daemon/daemon.hpp"
#include "coordinator/daemon/given_prices.hpp"
#include "log/reader.hpp"

namespace wattledger::daemon {
namespace {

// The Polish tariff goes with Polish prices.
void settle_currency(const std::vector<fb::PricesPublishedT>& days, config::Config& config) {
  if (days.empty() || days.front().currency == config.policy.currency) return;
  config.policy.currency = days.front().currency;
  config.policy.tariff = "none";
  config.policy.tariff_component = PriceE8(0);
  config.policy.tariff_zones.clear();
  spdlog::warn("the prices are in {}: no tariff is added to them", config.policy.currency);
}

void warn_of_other_days(const std::vector<fb::PricesPublishedT>& days, UtcTime from, UtcTime to,
                        const ZoneOffsets& zone) {
  const auto inside = [&](const fb::PricesPublishedT& day) {
    const UtcTime first = utc_from_us(day.prices_e8.front()->start_us);
    return first < to && first > from - std::chrono::days(1);
  };
  if (!days.empty() && std::none_of(days.begin(), days.end(), inside))
    spdlog::warn(
        "no price lies in the days from {} to {}: the house is only served; begin with "
        "--start {}",
        utc_text(from), utc_text(to),
        date_text(zone.to_local(utc_from_us(days.front().prices_e8.front()->start_us))));
}

Result<PriceFeed> own_prices(const Arguments& arguments, config::Config& config, UtcTime from,
                             UtcTime to, const ZoneOffsets& zone) {
  if (arguments.prices.empty() && config.prices.fixed)
    return PriceFeed::fixed(*config.prices.fixed, config.prices.currency);
  std::vector<fb::PricesPublishedT> days;
  if (arguments.prices.empty()) {
    days = generate_prices(arguments.seed, from - std::chrono::days(1), to + std::chrono::days(2),
                           zone);
  } else {
    auto read = read_prices(arguments.prices, zone);
    if (!read) return Failure(read.error());
    days = std::move(*read);
  }
  if (arguments.config.empty()) {
    settle_currency(days, config);
  } else {
    WATTLEDGER_TRY(check_currency(
        days, config,
        arguments.prices.empty() ? "the simulation's generator" : arguments.prices.string()));
  }
  warn_of_other_days(days, from, to, zone);
  return PriceFeed(std::move(days));
}

bool same_directory(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code problem;
  // What does not exist yet is made absolute by hand: weakly_canonical() leaves it as it is.
  const auto canonical = [&](const std::filesystem::path& path) {
    const auto whole = std::filesystem::absolute(path / "", problem).lexically_normal();
    return std::filesystem::weakly_canonical(whole, problem).lexically_normal();
  };
  return canonical(one) == canonical(other);
}

// What decisions rest on.
Result<void> take_configured(const std::filesystem::path& file, config::Config& config) {
  const auto given = config::load(file);
  if (!given) return Failure(given.error());
  if (same_directory(given->data, config.data))
    return fail(
        ErrorKind::conflict,
        config.data.string() + " is where the house of " + file.string() + " keeps its own data",
        "give --data another directory");
  config.policy = given->policy;
  config.holidays = given->holidays;
  config.site.timezone = given->site.timezone;
  config.prices.fixed = given->prices.fixed;
  config.prices.currency = given->prices.currency;
  config.record_every = given->record_every;
  return {};
}

// An inverter keeps its mode though its house is not remembered: else the daemon would take what it
// finds for somebody else's hand.
void take_up_mode(inverter::Inverter& inverter, const Past& past, UtcTime from,
                  const ZoneOffsets& zone) {
  if (!past.confirmed || !past.confirmed->until_us) return;
  const inverter::Wish wish{past.confirmed->mode, Watts(past.confirmed->power_w.value_or(0)),
                            BasisPoints(past.confirmed->target_soc_bp.value_or(0)),
                            utc_from_us(*past.confirmed->until_us)};
  if (wish.mode == fb::InverterMode::general || wish.until <= from) return;
  if (const auto applied = inverter.apply(wish, from, zone); !applied)
    spdlog::warn("the house begins in general mode: {}", applied.error().line());
}

}  // namespace

Result<config::Config> own_config(const Arguments& arguments, const char* directory) {
  config::Config config;
  config.data = arguments.data.empty() ? std::filesystem::path(directory) : arguments.data;
  config.environment = config::Environment::test;
  config.site.name = "demo house";
  config.control_mode = fb::ControlMode::on;
  config.clock_require_sync = false;
  config.json.enabled = true;
  config.backup.enabled = false;
  config.policy.tariff_zones = fold::g12_zones();
  config.prices.file = arguments.prices;
  if (!arguments.config.empty()) WATTLEDGER_TRY(take_configured(arguments.config, config));
  return config;
}

Result<Past> look_back(const std::filesystem::path& data) {
  Past past;
  auto log = log::Log::open(data / "log");
  if (!log && log.error().kind == ErrorKind::not_found) return past;
  if (!log) return Failure(log.error());
  const auto snapshot = log->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  if (!snapshot->meta().demo) return wrong_house(data / "log", /*is_demo=*/false);
  if (snapshot->head() == Sequence{0}) return past;
  past.ended = snapshot->meta().head_recorded_at;
  constexpr std::uint64_t recent = 2'000;
  const std::uint64_t head = snapshot->head().value;
  projections::Damage damage;  // the daemon's to tell
  WATTLEDGER_TRY(projections::scan_over_damage(
      *snapshot, Sequence{head > recent ? head - recent : 1}, snapshot->head(),
      [&](const log::RecordView& record) -> Result<bool> {
        if (const auto* confirmed = record.event.as<fb::CommandConfirmed>())
          confirmed->UnPackTo(&past.confirmed.emplace());
        const auto* reading = record.event.as<fb::ReadingRecorded>();
        if (reading == nullptr) return true;
        reading->UnPackTo(&past.reading.emplace());
        past.lived = record.recorded_at;
        return true;
      },
      damage));
  return past;
}

Result<OwnHouse> build_house(const Arguments& arguments, config::Config& config, const Past& past,
                             UtcTime from, UtcTime to) {
  OwnHouse own;
  const auto zone = config::load_zone(config.site.timezone, from);
  if (!zone) return Failure(zone.error());
  auto house =
      EmbeddedHouse::start({arguments.house, arguments.seed}, config.policy, zone->zone, from);
  if (!house) return Failure(house.error());
  own.house = std::move(*house);
  const std::filesystem::path state = config.data / "house.state";
  const bool resumed = past.reading && own.house->resume(state, {*past.reading, *past.lived}, from);
  if (past.reading && !resumed)
    own.house->go_on_from(*past.reading,
                          zone->zone.day_start(*past.ended) == zone->zone.day_start(from));
  own.house->keep_state(state, config.poll_every);
  inverter::ModbusOptions modbus;
  modbus.port = own.house->port();
  own.inverter = inverter::make_modbus_inverter(modbus);
  if (past.reading && !resumed) take_up_mode(*own.inverter, past, from, zone->zone);
  auto prices = own_prices(arguments, config, from, to, zone->zone);
  if (!prices) return Failure(prices.error());
  own.prices = *std::move(prices);
  return own;
}

}  // namespace wattledger::daemon
