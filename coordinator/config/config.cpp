#include "coordinator/config/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "coordinator/config/alert_list.hpp"
#include "coordinator/config/change_windows.hpp"
#include "coordinator/config/environment.hpp"
#include "coordinator/config/key_lookup.hpp"
#include "coordinator/config/legacy_environment.hpp"
#include "coordinator/config/reading.hpp"
#include "coordinator/config/secrets.hpp"
#include "coordinator/config/tariff_lists.hpp"
#include "coordinator/config/window_list.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

class Reader {
 public:
  Reader(std::string file_name, Unset unset, Config& config)
      : file_name_(std::move(file_name)), unset_(unset), config_(config) {}

  // Reads on over what is wrong; `errors` has it.
  void read(const YamlTree& root) {
    if (root.shape == YamlTree::Shape::map)
      read_map(root, "");
    else
      errors_.push_back(wrong(root.line, "the configuration is not a list of sections",
                              "start from coordinator/config/example.yaml")
                            .value());
  }
  [[nodiscard]] const Given& given() const { return given_; }
  [[nodiscard]] std::vector<Error> errors() { return std::move(errors_); }

 private:
  [[nodiscard]] Failure wrong(int line, const std::string& what, std::string remedy) const {
    return wrong_in(file_name_, line, what, std::move(remedy));
  }
  void read_map(const YamlTree& map, const std::string& prefix);
  Result<void> read_member(const YamlTree& key, const YamlTree& value, const std::string& path,
                           const std::string& prefix);
  Result<void> read_scalar(const ScalarKey& key, const std::string& of, const YamlTree& value);
  Result<void> read_legacy(const LegacyKey& key, int line, const YamlTree& value);
  Result<void> read_list(const std::string& path, const YamlTree& value);

  std::string file_name_;
  const Unset unset_;
  Config& config_;
  Given given_;
  std::vector<Error> errors_;
};

void Reader::read_map(const YamlTree& map, const std::string& prefix) {
  for (const auto& [key, value] : map.members) {
    if (key.shape != YamlTree::Shape::scalar) {
      errors_.push_back(
          wrong(key.line, prefix + " has a key that is not a word", "write `name: value`").value());
      continue;
    }
    const std::string path = prefix + key.text;
    const auto [first, added] = given_.lines.emplace(path, key.line);
    const auto read =
        added ? read_member(key, value, path, prefix)
              : wrong(key.line,
                      path + " is given twice, first in line " + std::to_string(first->second),
                      "keep one of the two lines");
    if (read) continue;
    errors_.push_back(read.error());
    given_.wrong.insert(path);
    if (const LegacyKey* legacy = find_legacy_key(path)) given_.wrong.emplace(legacy->now);
  }
}

Result<void> Reader::read_member(const YamlTree& key, const YamlTree& value,
                                 const std::string& path, const std::string& prefix) {
  if (is_list(path)) return read_list(path, value);
  // A key with a dot inside would else pass for a path.
  const bool dotted = key.text.find('.') != std::string::npos;
  if (const LegacyKey* legacy = dotted ? nullptr : find_legacy_key(path))
    return read_legacy(*legacy, key.line, value);
  if (const ScalarKey* known = dotted ? nullptr : find_key(path))
    return read_scalar(*known, path, value);
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
  read_map(value, path + ".");
  return {};
}

// `of`: our name for it.
Result<void> Reader::read_scalar(const ScalarKey& key, const std::string& of,
                                 const YamlTree& value) {
  if (value.shape == YamlTree::Shape::nothing) {
    return wrong(value.line, key.path + " has no value",
                 "write " + key.range + ", or remove the line");
  }
  if (value.shape != YamlTree::Shape::scalar) {
    return wrong(value.line, key.path + " holds a list or a section, not one value",
                 "write " + key.range);
  }
  if (auto taken = take_value(key, of, value.text, unset_, config_); !taken) {
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
  if (const auto [first, added] = given_.lines.emplace(now, line); !added && path != now)
    return wrong(
        line,
        path + " and " + now + " in line " + std::to_string(first->second) + " set the same thing",
        "keep one of the two lines");
  ScalarKey named = *find_key(now);
  named.path = path;
  YamlTree ours = value;
  ours.text = from_legacy(value.text, key.form);
  WATTLEDGER_TRY(read_scalar(named, now, ours));
  const std::filesystem::path& file = config_.sqlite.path;
  if (now == "projections.sqlite.path" && !file.empty() && file.is_relative())
    return wrong(line,
                 path + ": " + shown(shown_value(*find_key(now), config_)) +
                     " meant a place in whatever directory the older program was started in",
                 "write the whole path");
  return {};
}

// What is no single value, and has a reader of its own.
Result<void> Reader::read_list(const std::string& path, const YamlTree& value) {
  if (path == zones_path) {
    auto zones = read_zones(value, file_name_);
    if (!zones) return Failure(zones.error());
    given_.zones = std::move(*zones);
  } else if (path == components_path) {
    auto components = read_components(value, file_name_);
    if (!components) return Failure(components.error());
    config_.policy.tariff_components = std::move(*components);
  } else if (path == holidays_path) {
    auto holidays = read_holidays(value, file_name_);
    if (!holidays) return Failure(holidays.error());
    config_.holidays = std::move(*holidays);
  } else if (path == windows_path) {
    auto windows = read_windows(value, file_name_);
    if (!windows) return Failure(windows.error());
    config_.changes.windows = std::move(*windows);
  } else if (path == alerts_path) {
    auto alerts = read_alerts(value, file_name_, unset_);
    if (!alerts) return Failure(alerts.error());
    config_.alerts = std::move(alerts->receivers);
    auto& hidden = config_.from_environment;
    hidden.insert(hidden.end(), alerts->from_environment.begin(), alerts->from_environment.end());
  } else if (value.shape != YamlTree::Shape::nothing) {
    auto legacy = read_legacy_tariff(value, file_name_);
    if (!legacy) return Failure(legacy.error());
    given_.legacy_tariff = std::move(*legacy);
  }
  return {};
}

void make_absolute(std::filesystem::path& path, const std::filesystem::path& base) {
  if (!path.empty() && path.is_relative()) path = base / path;
}

}  // namespace

Reading read_configuration(const YamlTree& root, const std::string& file_name, Unset unset) {
  Reading reading;
  Config& config = reading.config;
  config.data.clear();
  Reader reader(file_name, unset, config);
  reader.read(root);
  reading.of_keys = reader.errors();
  reading.of_together = check_together(reader.given(), config);
  config.policy.currency = config.prices.currency;
  if (!reading.of_keys.empty() || !reading.of_together.empty()) return reading;
  // What is adopted must be readable again, for as long as the log lasts.
  if (const auto readable = fold::parse_policy(fold::render_policy(config.policy)); !readable)
    reading.of_together.push_back(
        {1, "", "the policy it makes is refused: " + readable.error().what,
         readable.error().remedy.empty() ? "change the keys it names" : readable.error().remedy});
  return reading;
}

namespace {

Result<Config> parse_text(const std::string& yaml, const std::string& file_name, Unset unset) {
  const auto tree = read_yaml(yaml, file_name);
  if (!tree) return Failure(tree.error());
  Reading reading = read_configuration(*tree, file_name, unset);
  if (!reading.of_keys.empty()) return Failure(reading.of_keys.front());
  if (!reading.of_together.empty()) {
    const Complaint& first = reading.of_together.front();
    return wrong_in(file_name, first.line,
                    (first.path.empty() ? "" : first.path + ": ") + first.what, first.remedy);
  }
  Config config = std::move(reading.config);
  const auto base = std::filesystem::path(file_name).parent_path();
  make_absolute(config.data, base);
  make_absolute(config.prices.file, base);
  make_absolute(config.sources.entsoe_token_file, base);
  make_absolute(config.sqlite.path, base);
  make_absolute(config.logging.file, base);
  make_absolute(config.backup.to, base);
  make_absolute(config.backup.key_file, base);
  for (AlertReceiver& receiver : config.alerts) make_absolute(receiver.secret_file, base);
  if (config.data.empty()) config.data = Config().data;
  return config;
}

}  // namespace

Result<Config> parse(const std::string& yaml, const std::string& file_name) {
  return parse_text(yaml, file_name, Unset::refused);
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

std::vector<KeyChange> differing_keys(const Config& before, const Config& after) {
  std::vector<KeyChange> changes;
  for (const ScalarKey& key : scalar_keys())
    if (key.show(before) != key.show(after))
      changes.push_back({key.path, shown_value(key, before), shown_value(key, after)});
  const auto list = [&](std::string_view path, const auto& one, const auto& other) {
    if (one != other)
      changes.push_back(
          {std::string(path), std::to_string(one.size()),
           std::to_string(other.size()) + (one.size() == other.size() ? ", not the same" : "")});
  };
  // The zones of a tariff known by name change with the name.
  if (before.policy.tariff == after.policy.tariff)
    list(zones_path, before.policy.tariff_zones, after.policy.tariff_zones);
  list(components_path, before.policy.tariff_components, after.policy.tariff_components);
  list(alerts_path, before.alerts, after.alerts);
  using Days = std::vector<std::chrono::local_days>;
  list(holidays_path, before.holidays.value_or(Days{}), after.holidays.value_or(Days{}));
  list(windows_path, before.changes.windows, after.changes.windows);
  return changes;
}

namespace {

Result<std::string> text_of(const std::filesystem::path& file) {
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
  return text;
}

Result<Config> load_file(const std::filesystem::path& file, Unset unset) {
  const auto text = text_of(file);
  if (!text) return Failure(text.error());
  auto config = parse_text(*text, file.string(), unset);
  if (config) {
    const auto taken = take_legacy_environment(
        [](const char* name) -> const char* { return std::getenv(name); }, *config);
    if (!taken) return Failure(taken.error());
  }
  // Named in messages of a daemon, whose working directory nobody knows.
  std::error_code error;
  if (config && !config->prices.file.empty())
    config->prices.file = std::filesystem::absolute(config->prices.file, error);
  return config;
}

}  // namespace

Result<Config> load(const std::filesystem::path& file) { return load_file(file, Unset::refused); }

Result<Config> load_to_look(const std::filesystem::path& file) {
  return load_file(file, Unset::left);
}

Result<Config> parse_to_look(const std::string& yaml, const std::string& file_name) {
  return parse_text(yaml, file_name, Unset::left);
}

}  // namespace wattledger::config
