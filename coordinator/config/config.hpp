// The daemon's YAML configuration, typed and validated. Unknown keys, wrong types and values out of
// range are errors with line number, the key's full path and a near match. Every key, its unit and
// default: coordinator/config/README.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/inverter/inverter.hpp"
#include "events/codec.hpp"
#include "events/result.hpp"
#include "projections/fold/language.hpp"
#include "projections/fold/policy_settings.hpp"

namespace wattledger::config {

struct SiteConfig {
  std::string name = "home";
  std::string timezone = "Europe/Warsaw";
  std::optional<double> latitude;
  std::optional<double> longitude;
};

struct PricesConfig {
  std::filesystem::path
      file;  // CSV or a saved price-API answer, told apart by content; empty: no prices
  std::optional<PriceE8> fixed;  // one price for every slot; not together with another source
  std::string currency = "PLN";
};

enum class PriceSource : std::uint8_t { none, pse, entsoe, energy_charts, awattar_de, awattar_at };

// Who is asked over the network; all that they say becomes events. Nobody, unless named.
struct SourcesConfig {
  PriceSource prices = PriceSource::none;  // not together with prices.file
  bool peak_hours = false;                 // of the Polish operator
  bool weather = false;                    // to come: Open-Meteo; needs the site's place
  bool pv_forecast = false;                // forecast.solar; needs the place and the panels
  std::string station;                     // IMGW's, for what the weather is; empty: not asked
  std::string bidding_zone;                // ENTSO-E: an EIC code; energy-charts: a name
  std::filesystem::path entsoe_token_file;
  std::int32_t day_ahead_from_h = 13;  // local hour from which tomorrow is asked for
  std::string mirror;                  // in the place of every source's scheme and host
};

struct PanelsConfig {
  std::int32_t peak_w = 0;  // 0: not said
  std::int32_t tilt_deg = 35;
  std::int32_t azimuth_deg = 180;  // clockwise from north
  BasisPoints losses{1'400};       // all but temperature
  std::int32_t inverter_w = 0;     // the most the inverter gives; 0: not said
};

struct SqliteConfig {
  bool enabled = true;
  std::filesystem::path path;  // empty: <data>/goodwe_energy.db
  std::uint32_t schema = 5;
  std::chrono::milliseconds slow_query_above{500};  // 0: none is told
};

struct JsonConfig {
  bool enabled = false;
};

struct LoggingConfig {
  std::string level = "info";
  std::filesystem::path file;  // empty: <data>/logs/master_coordinator.log
  std::uint64_t max_bytes = 10U << 20U;
  std::uint32_t files = 5;
};

enum class Environment { production, development, test };

// Copies of the log that the daemon makes by itself.
struct BackupConfig {
  bool enabled = true;
  std::chrono::minutes at{120};     // since the local midnight
  std::filesystem::path to;         // empty: <data>/backups
  std::chrono::days keep{30};       // one that a kept one rests on stays as long as that
  std::uint32_t keep_count = 3;     // the newest of them however old
  std::chrono::days full_every{7};  // incremental ones between
  std::filesystem::path key_file;   // empty: not encrypted
  std::string remote;  // rclone's place for a copy of each, as "nas:house"; empty: none
};

// From which age records stand where: in LMDB, in segments beside it, in segments with a remote.
struct TiersConfig {
  bool enabled = false;
  std::chrono::days hot{7};
  std::chrono::days warm{90};
  std::chrono::days cold{365};  // at least as long, and never removed by us
  std::string remote;           // rclone's place; empty: segments stay warm
};

struct ChangesConfig {
  std::vector<std::string> windows;        // as "sun 02:00-05:00", local time; none: at any time
  std::chrono::hours fresh_backup{24};     // a verified backup may be as old, before a change
  std::chrono::seconds time_limit{3'600};  // of one change
};

struct HealthConfig {
  bool write = true;                              // <data>/health.json
  std::chrono::seconds every{30};                 // refreshed
  std::uint64_t disk_free_min = 1'000ULL << 20U;  // bytes; degraded below
};

// Who is told of which conditions. Exactly one of command, webhook and mqtt.
struct AlertReceiver {
  std::string name;
  std::vector<std::string> conditions;  // empty: all
  std::string command;                  // run by /bin/sh, which has its own ${VAR}
  std::string webhook;                  // URL
  std::string mqtt;                     // mqtt://[user@]host[:port]/topic
  std::filesystem::path secret_file;    // mode 0600: the webhook's bearer token, MQTT's password
  fb::Severity least = fb::Severity::warning;
  bool operator==(const AlertReceiver&) const = default;
};

// The numbers' own defaults, and the policy that a configuration has if it names none.
[[nodiscard]] inline fold::PolicySettings planning() {
  fold::PolicySettings settings;
  settings.policy = "optimal";
  settings.plan_gain_min = MoneyE8(15'000'000);
  return settings;
}

struct Config {
  std::filesystem::path data = "wattledger-data";
  Environment environment = Environment::production;
  // Of the tool's sentences; nothing that is recorded or projected. Not given: the environment's.
  std::optional<fold::Language> language;
  SiteConfig site;
  inverter::ModbusOptions inverter;
  fb::ControlMode control_mode = fb::ControlMode::advise;
  std::chrono::seconds poll_every{10};
  std::chrono::seconds record_every{60};
  std::chrono::seconds telemetry_wait_max{60};
  std::chrono::seconds clock_wait_max{600};
  bool clock_require_sync = true;  // false where nothing sets the kernel's clock but it is right
  PricesConfig prices;
  SourcesConfig sources;
  PanelsConfig panels;
  fold::PolicySettings policy = planning();
  // Days on which zones for holidays hold; not given: Poland's, of the years in holidays.hpp. The
  // policy has them only where its zones ask.
  std::optional<std::vector<std::chrono::local_days>> holidays;
  SqliteConfig sqlite;
  JsonConfig json;
  LoggingConfig logging;
  BackupConfig backup;
  TiersConfig tiers;
  ChangesConfig changes;
  HealthConfig health;
  std::vector<AlertReceiver> alerts;
  // Keys that set nothing: of legacy sections, and those that the policy does not ask for.
  std::vector<std::string> without_meaning;
  std::string control_group;  // group of control.sock; empty: the process's
  // Keys whose values hold what ${VAR} stood for, as "alerts[1].webhook"; they are never shown.
  std::vector<std::string> from_environment;
};

// A named file that is missing is an error (not_found). Relative paths inside are relative to the
// file's directory.
[[nodiscard]] Result<Config> load(const std::filesystem::path& file);
[[nodiscard]] Result<Config> parse(const std::string& yaml, const std::string& file_name);

// The policy with the zones of a tariff known by name instead of its own; components, VAT and
// feed-in stay. not_found for an unknown name, with the near one.
[[nodiscard]] Result<fold::PolicySettings> with_tariff(const Config& config, std::string_view name);

// A key that the two give another value, as one would write it: "inverter.unit", "247", "1". Of a
// tariff's lists how many members each has: "tariff.zones", "3", "3, not the same".
struct KeyChange {
  std::string path, before, after;
  bool operator==(const KeyChange&) const = default;
};
[[nodiscard]] std::vector<KeyChange> differing_keys(const Config& before, const Config& after);

// Zone offsets from two years before `around` to ten after, from the system's time-zone database,
// and its version. not_found for an unknown zone. The only place that asks that database.
struct ZoneData {
  ZoneOffsets zone;
  std::string tzdb_version;
};
[[nodiscard]] Result<ZoneData> load_zone(const std::string& name, UtcTime around);

}  // namespace wattledger::config
