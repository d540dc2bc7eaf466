#include "coordinator/config/scalar_key.hpp"

namespace wattledger::config {
namespace {

std::optional<std::string> not_empty(std::string_view text) {
  if (text.empty()) return "is empty";
  return std::nullopt;
}
std::optional<std::string> host(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.find_first_of(" /") != std::string_view::npos) return "is not a host name or address";
  return std::nullopt;
}
std::optional<std::string> device(std::string_view text) {
  if (text.empty() || text.front() != '/') return "is no whole path";
  return std::nullopt;
}
std::optional<std::string> currency(std::string_view text) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() == 3 && std::all_of(text.begin(), text.end(), upper)) return std::nullopt;
  return "is not a currency code";
}
// The names stand in the policy's canonical text, whose lines are key=value.
std::optional<std::string> plain_name(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (text.empty() || text.size() > 32 ||
      text.find_first_not_of(allowed) != std::string_view::npos) {
    return "is not a plain name";
  }
  return std::nullopt;
}
std::optional<std::string> policy_name(std::string_view text) {
  if (text == "cheapest" || text == "tiered" || text == "optimal") return std::nullopt;
  return "is not a policy of this program";
}
std::optional<std::string> log_level(std::string_view text) {
  for (const std::string_view level :
       {"trace", "debug", "info", "warn", "error", "critical", "off"}) {
    if (text == level) return std::nullopt;
  }
  return "is not a level";
}

ScalarKey language_key() {
  ScalarKey key{"language", "", "en, pl", {}, {}};
  key.take = [](std::string_view text, Config& into) -> Result<void> {
    into.language = fold::language_of(text);
    if (into.language || text.empty()) return {};
    return fail(ErrorKind::invalid_input, shown(text) + " is no language of this program",
                "write en or pl");
  };
  key.show = [](const Config& config) {
    return config.language ? std::string(fold::language_code(*config.language)) : "";
  };
  return key;
}

void add_inverter_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(word(
      "inverter.transport", {"tcp", "udp", "serial"},
      [](Config & c) -> auto& { return c.inverter.transport; }));
  keys.push_back(text_key(
      "inverter.host", "a host name or address", host,
      [](Config & c) -> auto& { return c.inverter.host; }));
  keys.push_back(number(
      "inverter.port", "", whole(1, 65'535), [](Config & c) -> auto& { return c.inverter.port; }));
  keys.push_back(text_key(
      "inverter.device", "a serial device, as /dev/ttyUSB0", device,
      [](Config & c) -> auto& { return c.inverter.device; }));
  keys.push_back(choice(
      "inverter.baud", "", inverter::line_bauds,
      [](Config & c) -> auto& { return c.inverter.baud; }));
  keys.push_back(number(
      "inverter.unit", "", whole(1, 247), [](Config & c) -> auto& { return c.inverter.unit; }));
  keys.push_back(number(
      "inverter.timeout_ms", "ms", whole(50, 60'000),
      [](Config & c) -> auto& { return c.inverter.timeout; }));
  keys.push_back(number(
      "inverter.retries", "", whole(0, 5), [](Config & c) -> auto& { return c.inverter.retries; }));
}

void add_connection_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(text_key(
      "data", "a directory", not_empty, [](Config & c) -> auto& { return c.data; }));
  keys.push_back(word(
      "environment", {"production", "development", "test"},
      [](Config & c) -> auto& { return c.environment; }));
  keys.push_back(language_key());
  keys.push_back(text_key(
      "site.name", "a name", not_empty, [](Config & c) -> auto& { return c.site.name; }));
  keys.push_back(text_key(
      "site.timezone", "a zone of the tz database, as Europe/Warsaw", not_empty,
      [](Config & c) -> auto& { return c.site.timezone; }));
  keys.push_back(degrees(
      "site.latitude", 90, [](Config & c) -> auto& { return c.site.latitude; }));
  keys.push_back(degrees(
      "site.longitude", 180, [](Config & c) -> auto& { return c.site.longitude; }));
  add_inverter_keys(keys);
  keys.push_back(word(
      "control.mode", {"off", "advise", "on"}, [](Config & c) -> auto& { return c.control_mode; }));
  keys.push_back(text_key(
      "control.group", "a group's name", anything,
      [](Config & c) -> auto& { return c.control_group; }));
}

void add_cadence_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(number(
      "cadence.poll_s", "s", whole(1, 300), [](Config & c) -> auto& { return c.poll_every; }));
  keys.push_back(number(
      "cadence.record_s", "s", whole(1, 3'600),
      [](Config & c) -> auto& { return c.record_every; }));
  keys.push_back(number(
      "cadence.telemetry_wait_s", "s", whole(1, 3'600),
      [](Config & c) -> auto& { return c.telemetry_wait_max; }));
  keys.push_back(number(
      "cadence.slot_s", "s", whole(60, 3'600), [](Config & c) -> auto& { return c.policy.slot; }));
  keys.push_back(number(
      "cadence.energy_row_s", "s", whole(1, 86'400),
      [](Config & c) -> auto& { return c.policy.energy_row_every; }));
  keys.push_back(number(
      "cadence.state_row_s", "s", whole(1, 86'400),
      [](Config & c) -> auto& { return c.policy.state_row_every; }));
  keys.push_back(number(
      "clock.max_wait_s", "s", whole(0, 86'400),
      [](Config & c) -> auto& { return c.clock_wait_max; }));
  keys.push_back(word(
      "clock.require_sync", {"false", "true"},
      [](Config & c) -> auto& { return c.clock_require_sync; }));
}

void add_battery_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(number(
      "battery.capacity_kwh", "kWh", {6, 100'000, 1'000'000'000, 1},
      [](Config & c) -> auto& { return c.policy.battery_capacity; }));
  keys.push_back(number(
      "battery.charge_power_w", "W", whole(1, 100'000),
      [](Config & c) -> auto& { return c.policy.charge_power_max; }));
  keys.push_back(number(
      "battery.discharge_power_w", "W", whole(1, 100'000),
      [](Config & c) -> auto& { return c.policy.discharge_power_max; }));
  keys.push_back(number(
      "battery.min_soc_pct", "%", percent(0, 100),
      [](Config & c) -> auto& { return c.policy.soc_min; }));
  keys.push_back(number(
      "battery.target_soc_pct", "%", percent(0, 100),
      [](Config & c) -> auto& { return c.policy.soc_target; }));
  keys.push_back(number(
      "battery.emergency_soc_pct", "%", percent(0, 100),
      [](Config & c) -> auto& { return c.policy.soc_emergency; }));
  keys.push_back(number(
      "battery.emergency_target_soc_pct", "%", percent(0, 100),
      [](Config & c) -> auto& { return c.policy.soc_emergency_target; }));
  keys.push_back(number(
      "battery.charge_efficiency_pct", "%", percent(50, 100),
      [](Config & c) -> auto& { return c.policy.charge_efficiency; }));
  keys.push_back(number(
      "battery.discharge_efficiency_pct", "%", percent(50, 100),
      [](Config & c) -> auto& { return c.policy.discharge_efficiency; }));
}

void add_policy_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(text_key(
      "prices.file", "a file", anything, [](Config & c) -> auto& { return c.prices.file; }));
  keys.push_back(text_key(
      "prices.currency", "three capital letters, as PLN", currency,
      [](Config & c) -> auto& { return c.prices.currency; }));
  keys.push_back(text_key(
      "policy.name", "cheapest, tiered, optimal", policy_name,
      [](Config & c) -> auto& { return c.policy.policy; }));
  keys.push_back(number(
      "policy.max_charge_price", "currency/kWh", price(-100, 100),
      [](Config & c) -> auto& { return c.policy.charge_price_max; }));
  keys.push_back(number(
      "policy.horizon_h", "h", whole(1, 72, 3'600),
      [](Config & c) -> auto& { return c.policy.horizon; }));
  keys.push_back(number(
      "policy.anti_flap_min", "min", whole(0, 240, 60),
      [](Config & c) -> auto& { return c.policy.anti_flap; }));
  keys.push_back(text_key(
      "tariff.name",
      "g11, g12, g12w, g12as, g13, g13s, g14dynamic, none, or a name of your own with tariff.zones",
      plain_name, [](Config & c) -> auto& { return c.policy.tariff; }));
  keys.push_back(number(
      "tariff.component", "currency/kWh", price(-10, 10),
      [](Config & c) -> auto& { return c.policy.tariff_component; }));
  keys.push_back(number(
      "tariff.vat_pct", "%", percent(0, 100),
      [](Config & c) -> auto& { return c.policy.tariff_vat; }));
  keys.push_back(word(
      "tariff.feed_in", {"market", "market_floored", "fixed", "none"},
      [](Config & c) -> auto& { return c.policy.feed_in; }));
  keys.push_back(number(
      "tariff.feed_in_price", "currency/kWh", price(-10, 10),
      [](Config & c) -> auto& { return c.policy.feed_in_price; }));
}

void add_safety_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(number(
      "safety.battery_voltage_min_v", "V", thousandths(10, 1'000),
      [](Config & c) -> auto& { return c.policy.battery_voltage_min; }));
  keys.push_back(number(
      "safety.battery_voltage_max_v", "V", thousandths(10, 1'000),
      [](Config & c) -> auto& { return c.policy.battery_voltage_max; }));
  keys.push_back(number(
      "safety.battery_temperature_min_c", "°C", thousandths(-40, 100),
      [](Config & c) -> auto& { return c.policy.battery_temperature_min; }));
  keys.push_back(number(
      "safety.battery_temperature_max_c", "°C", thousandths(-40, 100),
      [](Config & c) -> auto& { return c.policy.battery_temperature_max; }));
  keys.push_back(number(
      "safety.charge_temperature_min_c", "°C", thousandths(-40, 100),
      [](Config & c) -> auto& { return c.policy.battery_temperature_charge_min; }));
  keys.push_back(number(
      "safety.charge_temperature_max_c", "°C", thousandths(-40, 100),
      [](Config & c) -> auto& { return c.policy.battery_temperature_charge_max; }));
  keys.push_back(number(
      "safety.grid_voltage_min_v", "V", thousandths(80, 500),
      [](Config & c) -> auto& { return c.policy.grid_voltage_min; }));
  keys.push_back(number(
      "safety.grid_voltage_max_v", "V", thousandths(80, 500),
      [](Config & c) -> auto& { return c.policy.grid_voltage_max; }));
  keys.push_back(number(
      "safety.stale_after_s", "s", whole(10, 86'400),
      [](Config & c) -> auto& { return c.policy.reading_stale_after; }));
  keys.push_back(number(
      "safety.forced_end_max_min", "min", whole(1, 60, 60),
      [](Config & c) -> auto& { return c.policy.forced_end_max; }));
}

void add_projection_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(word(
      "projections.sqlite.enabled", {"false", "true"},
      [](Config & c) -> auto& { return c.sqlite.enabled; }));
  keys.push_back(text_key(
      "projections.sqlite.path", "a file", anything,
      [](Config & c) -> auto& { return c.sqlite.path; }));
  keys.push_back(number(
      "projections.sqlite.schema", "", whole(1, 5),
      [](Config & c) -> auto& { return c.sqlite.schema; }));
  keys.push_back(number(
      "projections.sqlite.slow_query_ms", "ms", whole(0, 60'000),
      [](Config & c) -> auto& { return c.sqlite.slow_query_above; }));
  keys.push_back(word(
      "projections.json.enabled", {"false", "true"},
      [](Config & c) -> auto& { return c.json.enabled; }));
  keys.push_back(text_key(
      "logging.level", "trace, debug, info, warn, error, critical or off", log_level,
      [](Config & c) -> auto& { return c.logging.level; }));
  keys.push_back(text_key(
      "logging.file", "a file", anything, [](Config & c) -> auto& { return c.logging.file; }));
  keys.push_back(number(
      "logging.max_mb", "MiB", whole(1, 1'024, 1 << 20),
      [](Config & c) -> auto& { return c.logging.max_bytes; }));
  keys.push_back(number(
      "logging.files", "", whole(1, 100), [](Config & c) -> auto& { return c.logging.files; }));
}

}  // namespace

const std::vector<ScalarKey>& scalar_keys() {
  static const std::vector<ScalarKey> keys = [] {
    std::vector<ScalarKey> all;
    add_connection_keys(all);
    add_cadence_keys(all);
    add_battery_keys(all);
    add_policy_keys(all);
    add_plan_keys(all);
    add_source_keys(all);
    add_safety_keys(all);
    add_projection_keys(all);
    add_operation_keys(all);
    return all;
  }();
  return keys;
}

}  // namespace wattledger::config
