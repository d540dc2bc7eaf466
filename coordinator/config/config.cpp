#include "coordinator/config/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "coordinator/config/key_lookup.hpp"
#include "coordinator/config/keys.hpp"
#include "coordinator/config/legacy_tariff.hpp"
#include "coordinator/config/tariff_lists.hpp"
#include "coordinator/config/yaml_tree.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

class Reader {
 public:
  Reader(std::string file_name, Config& config)
      : file_name_(std::move(file_name)), config_(config) {}

  Result<void> read(const YamlTree& root) {
    if (root.shape != YamlTree::Shape::map) {
      return wrong(root.line, "the configuration is not a list of sections",
                   "start from coordinator/config/example.yaml");
    }
    return read_map(root, "");
  }

  Result<void> check();

 private:
  [[nodiscard]] Failure wrong(int line, const std::string& what, std::string remedy) const {
    return wrong_in(file_name_, line, what, std::move(remedy));
  }
  [[nodiscard]] Failure wrong_at(const std::string& path, const std::string& what,
                                 std::string remedy) const {
    const auto line = lines_.find(path);
    return wrong(line == lines_.end() ? 1 : line->second, path + ": " + what, std::move(remedy));
  }

  Result<void> read_map(const YamlTree& map, const std::string& prefix);
  Result<void> read_member(const YamlTree& key, const YamlTree& value, const std::string& path,
                           const std::string& prefix);
  Result<void> read_scalar(const ScalarKey& key, const YamlTree& value);
  Result<void> read_legacy(const LegacyKey& key, int line, const YamlTree& value);
  Result<void> read_list(const std::string& path, const YamlTree& value);
  Result<void> check_inverter();
  Result<void> take_legacy_tariff();
  Result<void> check_tariff();
  Result<void> check_prices();
  Result<void> check_sources();
  Result<void> check_order();
  Result<void> check_zone_name();
  Result<void> ascending(const char* low, std::int64_t low_value, const char* high,
                         std::int64_t high_value) const;

  std::string file_name_;
  Config& config_;
  std::map<std::string, int> lines_;  // of every key that was given
  std::optional<TariffTable> zones_;
  std::optional<LegacyTariff> legacy_tariff_;
};

Result<void> Reader::read_map(const YamlTree& map, const std::string& prefix) {
  for (const auto& [key, value] : map.members) {
    if (key.shape != YamlTree::Shape::scalar) {
      return wrong(key.line, prefix + " has a key that is not a word", "write `name: value`");
    }
    const std::string path = prefix + key.text;
    if (const auto [first, added] = lines_.emplace(path, key.line); !added) {
      return wrong(key.line,
                   path + " is given twice, first in line " + std::to_string(first->second),
                   "keep one of the two lines");
    }
    WATTLEDGER_TRY(read_member(key, value, path, prefix));
  }
  return {};
}

Result<void> Reader::read_member(const YamlTree& key, const YamlTree& value,
                                 const std::string& path, const std::string& prefix) {
  if (is_list(path)) return read_list(path, value);
  // A key with a dot inside would else pass for a path.
  const bool dotted = key.text.find('.') != std::string::npos;
  if (const LegacyKey* legacy = dotted ? nullptr : find_legacy_key(path))
    return read_legacy(*legacy, key.line, value);
  if (const ScalarKey* known = dotted ? nullptr : find_key(path)) return read_scalar(*known, value);
  if (!dotted && !is_section(path) && find_legacy_section(path) != nullptr) {
    config_.without_meaning.push_back(path);
    return {};
  }
  if (dotted || !is_section(path)) {
    return wrong(key.line, path.substr(0, 200) + " is not a key of the configuration",
                 unknown_key_remedy(prefix, key.text));
  }
  // A section whose lines are all commented out says nothing, and that is fine.
  if (value.shape == YamlTree::Shape::nothing) return {};
  if (value.shape != YamlTree::Shape::map) {
    return wrong(value.line, path + " is a section, not a value",
                 "write its keys below it, indented");
  }
  return read_map(value, path + ".");
}

Result<void> Reader::read_scalar(const ScalarKey& key, const YamlTree& value) {
  if (value.shape == YamlTree::Shape::nothing) {
    return wrong(value.line, key.path + " has no value",
                 "write " + key.range + ", or remove the line");
  }
  if (value.shape != YamlTree::Shape::scalar) {
    return wrong(value.line, key.path + " holds a list or a section, not one value",
                 "write " + key.range);
  }
  if (auto taken = key.take(value.text, config_); !taken) {
    return wrong(value.line, key.path + ": " + taken.error().what, taken.error().remedy);
  }
  return {};
}

// What the legacy configuration says in its own words. Two names of one setting must not both
// stand.
Result<void> Reader::read_legacy(const LegacyKey& key, int line, const YamlTree& value) {
  const std::string path(key.path);
  if (key.now.empty()) {
    config_.without_meaning.push_back(path);
    return {};
  }
  const std::string now(key.now);
  if (const auto [first, added] = lines_.emplace(now, line); !added && path != now)
    return wrong(
        line,
        path + " and " + now + " in line " + std::to_string(first->second) + " set the same thing",
        "keep one of the two lines");
  ScalarKey named = *find_key(now);
  named.path = path;
  YamlTree ours = value;
  ours.text = from_legacy(value.text, key.form);
  WATTLEDGER_TRY(read_scalar(named, ours));
  const std::filesystem::path& file = config_.sqlite.path;
  if (now == "projections.sqlite.path" && !file.empty() && file.is_relative())
    return wrong(line,
                 path + ": \"" + file.string() +
                     "\" meant a place in whatever directory the older program was started in",
                 "write the whole path");
  return {};
}

// What is no single value, and has a reader of its own.
Result<void> Reader::read_list(const std::string& path, const YamlTree& value) {
  if (path == zones_path) {
    auto zones = read_zones(value, file_name_);
    if (!zones) return Failure(zones.error());
    zones_ = std::move(*zones);
  } else if (path == components_path) {
    auto components = read_components(value, file_name_);
    if (!components) return Failure(components.error());
    config_.policy.tariff_components = std::move(*components);
  } else if (path == holidays_path) {
    auto holidays = read_holidays(value, file_name_);
    if (!holidays) return Failure(holidays.error());
    config_.holidays = std::move(*holidays);
  } else if (value.shape != YamlTree::Shape::nothing) {
    auto legacy = read_legacy_tariff(value, file_name_);
    if (!legacy) return Failure(legacy.error());
    legacy_tariff_ = std::move(*legacy);
  }
  return {};
}

Result<void> Reader::check() {
  WATTLEDGER_TRY(check_inverter());
  WATTLEDGER_TRY(check_prices());
  WATTLEDGER_TRY(check_sources());
  WATTLEDGER_TRY(legacy_tariff_ ? take_legacy_tariff() : check_tariff());
  WATTLEDGER_TRY(check_order());
  return check_zone_name();
}

// What another transport would need must not stand there unread: it would be taken for used.
Result<void> Reader::check_inverter() {
  inverter::ModbusOptions& inverter = config_.inverter;
  // The older program spoke to GoodWe's dongles over UDP alone.
  if (lines_.count("inverter.ip_address") != 0 && lines_.count("inverter.transport") == 0)
    inverter.transport = inverter::Transport::udp;
  const bool serial = inverter.transport == inverter::Transport::serial;
  const std::string transport = find_key("inverter.transport")->show(config_);
  const std::vector<std::string> idle =
      serial ? std::vector<std::string>{"inverter.host", "inverter.port"}
             : std::vector<std::string>{"inverter.device", "inverter.baud"};
  for (const std::string& path : idle) {
    if (lines_.count(path) == 0) continue;
    return wrong_at(path, "means nothing where inverter.transport is " + transport,
                    serial ? "remove the line, or write inverter.transport: tcp or udp"
                           : "remove the line, or write inverter.transport: serial");
  }
  if (serial && lines_.count("inverter.device") == 0) {
    return wrong_at("inverter.transport", "serial, and no inverter.device is given",
                    "give inverter.device, as /dev/ttyUSB0");
  }
  if (inverter.transport == inverter::Transport::udp && lines_.count("inverter.port") == 0)
    inverter.port = inverter::udp_port;
  return {};
}

Result<void> Reader::check_tariff() {
  const std::string& name = config_.policy.tariff;
  auto named = named_tariff(name);
  if (named && zones_) {
    return wrong_at(std::string(zones_path), "the tariff \"" + name + "\" brings its own zones",
                    "give tariff.name a name of your own, or remove tariff.zones");
  }
  if (!named && !zones_) {
    return wrong_at(
        "tariff.name",
        "\"" + name + "\" is not a tariff of this program and no tariff.zones are given",
        near_match_remedy(name, tariff_names()));
  }
  take_table(std::move(named ? *named : *zones_), config_, config_.policy);
  return {};
}

// Its own table of the tariff in use goes before ours of that name.
Result<void> Reader::take_legacy_tariff() {
  LegacyTariff& legacy = *legacy_tariff_;
  for (const char* path : {"tariff.name", "tariff.component", "tariff.components", "tariff.zones"})
    if (lines_.count(path) != 0)
      return wrong_at(path, "the section electricity_tariff says the same thing",
                      "keep one of the two");
  const auto own = legacy.tables.find(legacy.type);
  auto table = own == legacy.tables.end() ? named_tariff(legacy.type)
                                          : std::optional<TariffTable>(own->second);
  if (!table) {
    return wrong(legacy.type_line,
                 "electricity_tariff.tariff_type: " + shown(legacy.type) +
                     " is not a tariff of this program and none below it",
                 near_match_remedy(legacy.type, tariff_names()));
  }
  config_.policy.tariff = legacy.type;
  if (legacy.component) config_.policy.tariff_component = *legacy.component;
  take_table(std::move(*table), config_, config_.policy);
  config_.without_meaning.insert(config_.without_meaning.end(), legacy.without_meaning.begin(),
                                 legacy.without_meaning.end());
  return {};
}

// One way to say a price, and no price that nothing reads.
// What a source needs must be said, or it would fail each time it is asked.
Result<void> Reader::check_sources() {
  const SourcesConfig& sources = config_.sources;
  if (sources.prices != PriceSource::none && !config_.prices.file.empty())
    return wrong_at("sources.prices", "stands beside prices.file", "keep one of the two");
  if (config_.prices.fixed && (sources.prices != PriceSource::none || !config_.prices.file.empty()))
    return wrong_at(
        "prices.fixed",
        config_.prices.file.empty() ? "stands beside sources.prices" : "stands beside prices.file",
        "keep one of the two");
  const std::string currency = sources.prices == PriceSource::pse ? "PLN" : "EUR";
  const bool fixed = sources.prices != PriceSource::none && sources.prices != PriceSource::entsoe;
  if (fixed && config_.prices.currency != currency)
    return wrong_at(
        "sources.prices",
        "gives prices in " + currency + ", and prices.currency is " + config_.prices.currency,
        "set prices.currency to " + currency + " and a tariff in it");
  const bool entsoe = sources.prices == PriceSource::entsoe;
  if ((entsoe || sources.prices == PriceSource::energy_charts) && sources.bidding_zone.empty())
    return wrong_at("sources.prices", "needs the bidding zone",
                    entsoe ? "give sources.bidding_zone, as 10YPL-AREA-----S"
                           : "give sources.bidding_zone, as PL or DE-LU");
  if (entsoe && sources.entsoe_token_file.empty())
    return wrong_at("sources.prices", "needs a token of ENTSO-E",
                    "give sources.entsoe_token_file, a file that holds it");
  const bool placed = config_.site.latitude && config_.site.longitude;
  if (sources.weather && !placed)
    return wrong_at("sources.weather", "needs the place of the house",
                    "give site.latitude and site.longitude");
  if (sources.pv_forecast && (!placed || config_.panels.peak_w == 0))
    return wrong_at("sources.pv_forecast", "needs the place of the house and its panels",
                    "give site.latitude, site.longitude and pv.peak_power_w");
  return {};
}

Result<void> Reader::check_prices() {
  fold::PolicySettings& policy = config_.policy;
  if (lines_.count(std::string(components_path)) != 0) {
    if (lines_.count("tariff.component") != 0)
      return wrong_at(std::string(components_path), "stands beside tariff.component",
                      "make that one of the components, under a name, and remove the line");
    policy.tariff_component = PriceE8(0);
  }
  const bool fixed = policy.feed_in == fold::FeedIn::fixed;
  const bool priced = lines_.count("tariff.feed_in_price") != 0;
  if (fixed && !priced)
    return wrong_at("tariff.feed_in", "fixed, and no tariff.feed_in_price is given",
                    "give tariff.feed_in_price");
  if (!fixed && priced)
    return wrong_at("tariff.feed_in_price", "means nothing where tariff.feed_in is not fixed",
                    "remove the line, or write tariff.feed_in: fixed");
  return {};
}

Result<void> Reader::ascending(const char* low, std::int64_t low_value, const char* high,
                               std::int64_t high_value) const {
  if (low_value < high_value) return {};
  // Blame the line that was given; both may stand, then the second.
  const bool blame_high = lines_.count(high) != 0;
  const std::string blamed = blame_high ? high : low;
  const auto shown = [&](const char* path) { return find_key(path)->show(config_); };
  return wrong_at(
      blamed,
      std::string(low) + " (" + shown(low) + ") is not below " + high + " (" + shown(high) + ")",
      std::string("lower ") + low + " or raise " + high);
}

Result<void> Reader::check_order() {
  const fold::PolicySettings& p = config_.policy;
  WATTLEDGER_TRY(ascending("battery.min_soc_pct", p.soc_min.count(), "battery.target_soc_pct",
                           p.soc_target.count()));
  WATTLEDGER_TRY(ascending("battery.emergency_soc_pct", p.soc_emergency.count(),
                           "battery.min_soc_pct", p.soc_min.count()));
  WATTLEDGER_TRY(ascending("battery.emergency_soc_pct", p.soc_emergency.count(),
                           "battery.emergency_target_soc_pct", p.soc_emergency_target.count()));
  if (p.soc_target > p.soc_max)
    return wrong_at(
        lines_.count("battery.max_soc_pct") != 0 ? "battery.max_soc_pct" : "battery.target_soc_pct",
        "battery.target_soc_pct is above battery.max_soc_pct",
        "lower battery.target_soc_pct or raise battery.max_soc_pct");
  WATTLEDGER_TRY(ascending("safety.battery_voltage_min_v", p.battery_voltage_min.count(),
                           "safety.battery_voltage_max_v", p.battery_voltage_max.count()));
  WATTLEDGER_TRY(ascending("safety.battery_temperature_min_c", p.battery_temperature_min.count(),
                           "safety.battery_temperature_max_c", p.battery_temperature_max.count()));
  WATTLEDGER_TRY(
      ascending("safety.charge_temperature_min_c", p.battery_temperature_charge_min.count(),
                "safety.charge_temperature_max_c", p.battery_temperature_charge_max.count()));
  WATTLEDGER_TRY(ascending("safety.grid_voltage_min_v", p.grid_voltage_min.count(),
                           "safety.grid_voltage_max_v", p.grid_voltage_max.count()));
  WATTLEDGER_TRY(ascending("cadence.record_s", config_.record_every.count(), "safety.stale_after_s",
                           p.reading_stale_after.count()));
  if (config_.poll_every > config_.record_every) {
    return wrong_at(
        lines_.count("cadence.record_s") != 0 ? "cadence.record_s" : "cadence.poll_s",
        "cadence.poll_s is above cadence.record_s, and only what was polled can be recorded",
        "lower cadence.poll_s or raise cadence.record_s");
  }
  if (3'600 % p.slot.count() != 0) {
    return wrong_at(
        "cadence.slot_s",
        "an hour is not a whole number of slots of " + std::to_string(p.slot.count()) + " s",
        "write 900 (a quarter of an hour), 1800 or 3600");
  }
  if (p.forced_end_max < p.slot) {
    return wrong_at("safety.forced_end_max_min",
                    "a forced mode would end within one slot (cadence.slot_s)",
                    "write at least " + std::to_string((p.slot.count() + 59) / 60));
  }
  if (config_.site.latitude.has_value() != config_.site.longitude.has_value()) {
    return wrong_at(config_.site.latitude ? "site.latitude" : "site.longitude", "stands alone",
                    "give site.latitude and site.longitude, or neither");
  }
  return {};
}

// Only when it was given: the default is known to be right, and a missing database is load_zone's
// to tell.
Result<void> Reader::check_zone_name() {
  if (lines_.count("site.timezone") == 0) return {};
  const auto zone = load_zone(config_.site.timezone, UtcTime{});
  if (zone) return {};
  return wrong_at("site.timezone", zone.error().what, zone.error().remedy);
}

void make_absolute(std::filesystem::path& path, const std::filesystem::path& base) {
  if (!path.empty() && path.is_relative()) path = base / path;
}

}  // namespace

Result<Config> parse(const std::string& yaml, const std::string& file_name) {
  const auto tree = read_yaml(yaml, file_name);
  if (!tree) return Failure(tree.error());
  Config config;
  const std::filesystem::path default_data = config.data;
  config.data.clear();
  Reader reader(file_name, config);
  WATTLEDGER_TRY(reader.read(*tree));
  WATTLEDGER_TRY(reader.check());
  config.policy.currency = config.prices.currency;
  // What is adopted must be readable again, for as long as the log lasts.
  if (const auto readable = fold::parse_policy(fold::render_policy(config.policy)); !readable) {
    return fail(
        ErrorKind::invalid_input,
        file_name + ":1: the policy it makes is refused: " + readable.error().what,
        readable.error().remedy.empty() ? "change the keys it names" : readable.error().remedy);
  }
  const auto base = std::filesystem::path(file_name).parent_path();
  make_absolute(config.data, base);
  make_absolute(config.prices.file, base);
  make_absolute(config.sources.entsoe_token_file, base);
  make_absolute(config.sqlite.path, base);
  make_absolute(config.logging.file, base);
  if (config.data.empty()) config.data = default_data;
  return config;
}

Result<fold::PolicySettings> with_tariff(const Config& config, std::string_view name) {
  auto table = named_tariff(name);
  if (!table)
    return fail(ErrorKind::not_found, shown(name) + " is not a tariff of this program",
                near_match_remedy(name, tariff_names()));
  fold::PolicySettings policy = config.policy;
  policy.tariff = std::string(name);
  take_table(std::move(*table), config, policy);
  return policy;
}

std::vector<std::string> differing_keys(const Config& one, const Config& other) {
  std::vector<std::string> paths;
  for (const ScalarKey& key : scalar_keys())
    if (key.show(one) != key.show(other)) paths.push_back(key.path);
  return paths;
}

Result<Config> load(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return fail(ErrorKind::not_found, "the configuration " + file.string() + " does not exist",
                "name an existing file after --config, or let wattledger setup write one");
  }
  if (status.type() == std::filesystem::file_type::directory) {
    return fail(ErrorKind::invalid_input, "the configuration " + file.string() + " is a directory",
                "name the file in it after --config");
  }
  if (status.type() != std::filesystem::file_type::regular) {
    const std::string why = error ? error.message() : "it is no regular file";
    return fail(ErrorKind::io, "the configuration " + file.string() + " cannot be read: " + why,
                "name a regular file");
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  constexpr std::size_t bytes_max = (1U << 20U) + 1U;  // parse refuses what is longer
  text.resize(bytes_max);
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    return fail(ErrorKind::io,
                "the configuration " + file.string() + " cannot be read: " + std::strerror(errno),
                "check its owner and mode (ls -l " + file.string() + ")");
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto config = parse(text, file.string());
  // Named in messages of a daemon, whose working directory nobody knows.
  if (config && !config->prices.file.empty())
    config->prices.file = std::filesystem::absolute(config->prices.file, error);
  return config;
}

}  // namespace wattledger::config
