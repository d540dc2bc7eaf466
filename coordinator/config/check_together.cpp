#include "coordinator/config/key_lookup.hpp"
#include "coordinator/config/reading.hpp"
#include "coordinator/config/tariff_lists.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

class Together {
 public:
  Together(const Given& given, Config& config) : given_(given), config_(config) {}

  std::vector<Complaint> look() {
    inverter();
    prices();
    sources();
    given_.legacy_tariff ? legacy_tariff() : tariff();
    order();
    cadence();
    place();
    selling();
    tiers();
    return std::move(complaints_);
  }

 private:
  void inverter();
  void prices();
  void sources();
  void price_sources();
  void tariff();
  void legacy_tariff();
  void order();
  void cadence();
  void place();
  void selling();
  void tiers();

  [[nodiscard]] bool has(std::string_view path) const {
    return given_.lines.count(std::string(path)) != 0;
  }
  [[nodiscard]] bool wrong(std::string_view path) const {
    return given_.wrong.count(std::string(path)) != 0;
  }
  void complain(std::string_view path, std::string what, std::string remedy) {
    if (wrong(path)) return;
    const auto line = given_.lines.find(std::string(path));
    complaints_.push_back({line == given_.lines.end() ? 1 : line->second, std::string(path),
                           std::move(what), std::move(remedy)});
  }
  void ascending(const char* low, std::int64_t low_value, const char* high,
                 std::int64_t high_value);

  const Given& given_;
  Config& config_;
  std::vector<Complaint> complaints_;
};

// What another transport would need must not stand there unread: it would be taken for used.
void Together::inverter() {
  inverter::ModbusOptions& inverter = config_.inverter;
  // The older program spoke to GoodWe's dongles over UDP alone.
  if (has("inverter.ip_address") && !has("inverter.transport"))
    inverter.transport = inverter::Transport::udp;
  if (wrong("inverter.transport")) return;
  const bool serial = inverter.transport == inverter::Transport::serial;
  const std::string transport = find_key("inverter.transport")->show(config_);
  const std::vector<std::string> idle =
      serial ? std::vector<std::string>{"inverter.host", "inverter.port"}
             : std::vector<std::string>{"inverter.device", "inverter.baud"};
  for (const std::string& path : idle)
    if (has(path))
      complain(path, "means nothing where inverter.transport is " + transport,
               serial ? "remove the line, or write inverter.transport: tcp or udp"
                      : "remove the line, or write inverter.transport: serial");
  if (serial && !has("inverter.device"))
    complain("inverter.transport", "serial, and no inverter.device is given",
             "give inverter.device, as /dev/ttyUSB0");
  if (inverter.transport == inverter::Transport::udp && !has("inverter.port"))
    inverter.port = inverter::udp_port;
}

// One way to say a price, and no price that nothing reads.
void Together::prices() {
  fold::PolicySettings& policy = config_.policy;
  if (has(components_path)) {
    if (has("tariff.component"))
      complain(components_path, "stands beside tariff.component",
               "make that one of the components, under a name, and remove the line");
    policy.tariff_component = PriceE8(0);
  }
  if (wrong("tariff.feed_in")) return;
  const bool fixed = policy.feed_in == fold::FeedIn::fixed;
  const bool priced = has("tariff.feed_in_price");
  if (fixed && !priced)
    complain("tariff.feed_in", "fixed, and no tariff.feed_in_price is given",
             "give tariff.feed_in_price");
  if (!fixed && priced)
    complain("tariff.feed_in_price", "means nothing where tariff.feed_in is not fixed",
             "remove the line, or write tariff.feed_in: fixed");
}

void Together::price_sources() {
  const SourcesConfig& sources = config_.sources;
  if (sources.prices != PriceSource::none && !config_.prices.file.empty())
    complain("sources.prices", "stands beside prices.file", "keep one of the two");
  if (config_.prices.fixed && (sources.prices != PriceSource::none || !config_.prices.file.empty()))
    complain(
        "prices.fixed",
        config_.prices.file.empty() ? "stands beside sources.prices" : "stands beside prices.file",
        "keep one of the two");
  const std::string currency = sources.prices == PriceSource::pse ? "PLN" : "EUR";
  const bool known = sources.prices != PriceSource::none && sources.prices != PriceSource::entsoe;
  if (known && !wrong("prices.currency") && config_.prices.currency != currency)
    complain("sources.prices",
             "gives prices in " + currency + ", and prices.currency is " + config_.prices.currency,
             "set prices.currency to " + currency + " and a tariff in it");
  const bool entsoe = sources.prices == PriceSource::entsoe;
  if ((entsoe || sources.prices == PriceSource::energy_charts) && sources.bidding_zone.empty() &&
      !wrong("sources.bidding_zone"))
    complain("sources.prices", "needs the bidding zone",
             entsoe ? "give sources.bidding_zone, as 10YPL-AREA-----S"
                    : "give sources.bidding_zone, as PL or DE-LU");
  if (entsoe && sources.entsoe_token_file.empty() && !wrong("sources.entsoe_token_file"))
    complain("sources.prices", "needs a token of ENTSO-E",
             "give sources.entsoe_token_file, a file that holds it");
}

// What a source needs must be said, or it would fail each time it is asked.
void Together::sources() {
  price_sources();
  const bool placed = config_.site.latitude && config_.site.longitude;
  if (wrong("site.latitude") || wrong("site.longitude")) return;
  if (config_.sources.weather && !placed)
    complain("sources.weather", "needs the place of the house",
             "give site.latitude and site.longitude");
  if (config_.sources.pv_forecast && !wrong("pv.peak_power_w") &&
      (!placed || config_.panels.peak_w == 0))
    complain("sources.pv_forecast", "needs the place of the house and its panels",
             "give site.latitude, site.longitude and pv.peak_power_w");
}

void Together::tariff() {
  if (wrong("tariff.name") || wrong(zones_path)) return;
  const std::string& name = config_.policy.tariff;
  auto named = named_tariff(name);
  if (named && given_.zones)
    complain(zones_path, "the tariff \"" + name + "\" brings its own zones",
             "give tariff.name a name of your own, or remove tariff.zones");
  else if (!named && !given_.zones)
    complain("tariff.name",
             "\"" + name + "\" is not a tariff of this program and no tariff.zones are given",
             near_match_remedy(name, tariff_names()));
  else
    take_table(named ? *named : *given_.zones, config_, config_.policy);
}

// Its own table of the tariff in use goes before ours of that name.
void Together::legacy_tariff() {
  const LegacyTariff& legacy = *given_.legacy_tariff;
  for (const char* path : {"tariff.name", "tariff.component", "tariff.components", "tariff.zones"})
    if (has(path))
      complain(path, "the section electricity_tariff says the same thing", "keep one of the two");
  const auto own = legacy.tables.find(legacy.type);
  const auto table = own == legacy.tables.end() ? named_tariff(legacy.type)
                                                : std::optional<TariffTable>(own->second);
  if (!table) {
    complaints_.push_back(
        {legacy.type_line, "electricity_tariff.tariff_type",
         shown(legacy.type) + " is not a tariff of this program and none below it",
         near_match_remedy(legacy.type, tariff_names())});
    return;
  }
  config_.policy.tariff = legacy.type;
  if (legacy.component) config_.policy.tariff_component = *legacy.component;
  take_table(*table, config_, config_.policy);
  config_.without_meaning.insert(config_.without_meaning.end(), legacy.without_meaning.begin(),
                                 legacy.without_meaning.end());
}

void Together::ascending(const char* low, std::int64_t low_value, const char* high,
                         std::int64_t high_value) {
  if (low_value < high_value || wrong(low) || wrong(high)) return;
  // Blame the line that was given; both may stand, then the second.
  const auto shown = [&](const char* path) { return find_key(path)->show(config_); };
  complain(
      has(high) ? high : low,
      std::string(low) + " (" + shown(low) + ") is not below " + high + " (" + shown(high) + ")",
      std::string("lower ") + low + " or raise " + high);
}

void Together::order() {
  const fold::PolicySettings& p = config_.policy;
  ascending("battery.min_soc_pct", p.soc_min.count(), "battery.target_soc_pct",
            p.soc_target.count());
  ascending("battery.emergency_soc_pct", p.soc_emergency.count(), "battery.min_soc_pct",
            p.soc_min.count());
  ascending("battery.emergency_soc_pct", p.soc_emergency.count(),
            "battery.emergency_target_soc_pct", p.soc_emergency_target.count());
  if (p.soc_target > p.soc_max && !wrong("battery.target_soc_pct") && !wrong("battery.max_soc_pct"))
    complain(has("battery.max_soc_pct") ? "battery.max_soc_pct" : "battery.target_soc_pct",
             "battery.target_soc_pct is above battery.max_soc_pct",
             "lower battery.target_soc_pct or raise battery.max_soc_pct");
  ascending("tiered.critical_soc_pct", p.tiered.critical.count(), "tiered.middle_soc_pct",
            p.tiered.middle.count());
  ascending("safety.battery_voltage_min_v", p.battery_voltage_min.count(),
            "safety.battery_voltage_max_v", p.battery_voltage_max.count());
  ascending("safety.battery_temperature_min_c", p.battery_temperature_min.count(),
            "safety.battery_temperature_max_c", p.battery_temperature_max.count());
  ascending("safety.charge_temperature_min_c", p.battery_temperature_charge_min.count(),
            "safety.charge_temperature_max_c", p.battery_temperature_charge_max.count());
  ascending("safety.grid_voltage_min_v", p.grid_voltage_min.count(), "safety.grid_voltage_max_v",
            p.grid_voltage_max.count());
}

void Together::cadence() {
  const fold::PolicySettings& p = config_.policy;
  ascending("cadence.record_s", config_.record_every.count(), "safety.stale_after_s",
            p.reading_stale_after.count());
  if (config_.poll_every > config_.record_every && !wrong("cadence.poll_s") &&
      !wrong("cadence.record_s"))
    complain(has("cadence.record_s") ? "cadence.record_s" : "cadence.poll_s",
             "cadence.poll_s is above cadence.record_s, and only what was polled can be recorded",
             "lower cadence.poll_s or raise cadence.record_s");
  if (3'600 % p.slot.count() != 0)
    complain("cadence.slot_s",
             "an hour is not a whole number of slots of " + std::to_string(p.slot.count()) + " s",
             "write 900 (a quarter of an hour), 1800 or 3600");
  else if (p.forced_end_max < p.slot && !wrong("cadence.slot_s"))
    complain("safety.forced_end_max_min",
             "a forced mode would end within one slot (cadence.slot_s)",
             "write at least " + std::to_string((p.slot.count() + 59) / 60));
}

void Together::place() {
  if (config_.site.latitude.has_value() != config_.site.longitude.has_value() &&
      !wrong("site.latitude") && !wrong("site.longitude"))
    complain(config_.site.latitude ? "site.latitude" : "site.longitude", "stands alone",
             "give site.latitude and site.longitude, or neither");
  // Only when it was given: the default is known to be right, and a missing database is load_zone's
  // to tell.
  if (!has("site.timezone")) return;
  if (const auto zone = load_zone(config_.site.timezone, UtcTime{}); !zone)
    complain("site.timezone", zone.error().what, zone.error().remedy);
}

void Together::selling() {
  const fold::PolicySettings& p = config_.policy;
  if (p.selling.enabled && p.policy == "tiered" && !wrong("policy.name") &&
      p.selling.floor > p.selling.start)
    ascending("selling.floor_soc_pct", p.selling.floor.count(), "selling.start_soc_pct",
              p.selling.start.count());
  if (config_.policy.selling.enabled && config_.policy.policy == "cheapest" &&
      !wrong("policy.name"))
    config_.without_meaning.emplace_back(idle_selling);
}

void Together::tiers() {
  const config::TiersConfig& tiers = config_.tiers;
  ascending("tiers.hot_days", tiers.hot.count(), "tiers.warm_days", tiers.warm.count());
  ascending("tiers.warm_days", tiers.warm.count(), "tiers.cold_days", tiers.cold.count());
}

}  // namespace

std::vector<Complaint> check_together(const Given& given, Config& config) {
  return Together(given, config).look();
}

}  // namespace wattledger::config
