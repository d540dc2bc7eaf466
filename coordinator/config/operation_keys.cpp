// Keys of what keeps a house's data: backups, tiers, changes, health.
#include "coordinator/config/scalar_key.hpp"

namespace wattledger::config {
namespace {

// "02:00": minutes since midnight.
template <class Of>
ScalarKey time_of_day(std::string path, Of of) {
  ScalarKey key{std::move(path), "local time", "00:00 to 23:59", {}, {}};
  key.take = [of](std::string_view text, Config& into) -> Result<void> {
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    const auto two = [&](std::size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
    const bool shaped =
        text.size() == 5 && digit(0) && digit(1) && text[2] == ':' && digit(3) && digit(4);
    if (!shaped || two(0) > 23 || two(3) > 59)
      return fail(ErrorKind::invalid_input, shown(text) + " is no time of day",
                  "write it with two digits each and in quotes, as \"02:00\"");
    of(into) = std::chrono::minutes(two(0) * 60 + two(3));
    return {};
  };
  key.show = [of](const Config& config) {
    Config copy = config;
    const auto minutes = of(copy).count();
    const auto digits = [](std::int64_t n) {
      return std::string(1, static_cast<char>('0' + n / 10)) + static_cast<char>('0' + n % 10);
    };
    return digits(minutes / 60) + ":" + digits(minutes % 60);
  };
  return key;
}

// rclone's name of a remote, a colon and a path there, which may be empty.
std::optional<std::string> remote(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.find(':') == std::string_view::npos || text.front() == '-' || text.front() == ':')
    return "is no remote of rclone";
  return std::nullopt;
}

void add_backup_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(word(
      "backup.enabled", {"false", "true"}, [](Config & c) -> auto& { return c.backup.enabled; }));
  keys.push_back(time_of_day(
      "backup.at", [](Config & c) -> auto& { return c.backup.at; }));
  keys.push_back(text_key(
      "backup.to", "a directory", anything, [](Config & c) -> auto& { return c.backup.to; }));
  keys.push_back(number(
      "backup.keep_days", "days", whole(1, 36'500),
      [](Config & c) -> auto& { return c.backup.keep; }));
  keys.push_back(number(
      "backup.keep_count", "", whole(1, 1'000),
      [](Config & c) -> auto& { return c.backup.keep_count; }));
  keys.push_back(number(
      "backup.full_every_days", "days", whole(1, 365),
      [](Config & c) -> auto& { return c.backup.full_every; }));
  keys.push_back(text_key(
      "backup.key_file", "a file", anything,
      [](Config & c) -> auto& { return c.backup.key_file; }));
  keys.push_back(text_key(
      "backup.remote", "a remote of rclone, as nas:house", remote,
      [](Config & c) -> auto& { return c.backup.remote; }));
}

void add_tier_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(word(
      "tiers.enabled", {"false", "true"}, [](Config & c) -> auto& { return c.tiers.enabled; }));
  keys.push_back(number(
      "tiers.hot_days", "days", whole(1, 36'500), [](Config & c) -> auto& { return c.tiers.hot; }));
  keys.push_back(number(
      "tiers.warm_days", "days", whole(1, 36'500),
      [](Config & c) -> auto& { return c.tiers.warm; }));
  keys.push_back(number(
      "tiers.cold_days", "days", whole(1, 36'500),
      [](Config & c) -> auto& { return c.tiers.cold; }));
  keys.push_back(text_key(
      "tiers.remote", "a remote of rclone, as nas:house", remote,
      [](Config & c) -> auto& { return c.tiers.remote; }));
}

}  // namespace

void add_operation_keys(std::vector<ScalarKey>& keys) {
  add_backup_keys(keys);
  add_tier_keys(keys);
  keys.push_back(number(
      "changes.fresh_backup_h", "h", whole(1, 8'760),
      [](Config & c) -> auto& { return c.changes.fresh_backup; }));
  keys.push_back(number(
      "changes.time_limit_min", "min", NumberRange{1, 1, 14'400, 6},
      [](Config & c) -> auto& { return c.changes.time_limit; }));
  keys.push_back(word(
      "health.write", {"false", "true"}, [](Config & c) -> auto& { return c.health.write; }));
  keys.push_back(number(
      "health.every_s", "s", whole(1, 3'600), [](Config & c) -> auto& { return c.health.every; }));
  keys.push_back(number(
      "health.disk_free_min_mb", "MiB", whole(0, 1'000'000, 1 << 20),
      [](Config & c) -> auto& { return c.health.disk_free_min; }));
}

}  // namespace wattledger::config
