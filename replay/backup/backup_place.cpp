#include "replay/backup/backup_place.hpp"

#include <fmt/format.h>

namespace wattledger::tool {

namespace fs = std::filesystem;

void add_from(CLI::App& command, BackupWish& wish) {
  add_text(command, "--from", wish.from,
           "Where the backups stand (else backup.to, else backups/ below the data)")
      .type_name("DIR");
}

void add_key_file(CLI::App& command, BackupWish& wish) {
  add_text(command, "--key-file", wish.key_file,
           "The key that encrypts them (else backup.key_file, else keys/backup.key below the "
           "data)")
      .type_name("FILE");
}

void add_remote(CLI::App& command, BackupWish& wish, const std::string& name,
                const std::string& what) {
  add_text(command, name, wish.remote, what).type_name("REMOTE:PATH");
}

Result<BackupPlace> find_backup_place(const Invocation& invocation, const BackupWish& wish) {
  BackupPlace found;
  auto house = find_place(invocation);
  if (!house && wish.from.empty() && wish.remote.empty()) return Failure(house.error());
  if (house) found.house = *std::move(house);
  if (!wish.from.empty())
    found.store = fs::absolute(wish.from);
  else if (found.house)
    found.store = backup_store_of(*found.house);
  return found;
}

fs::path backup_store_of(const Place& place) {
  if (place.config && !place.config->backup.to.empty()) return place.config->backup.to;
  return place.data / "backups";
}

bool encrypts_backups(const Place& place) {
  return place.config && !place.config->backup.key_file.empty();
}

fs::path backup_key_file(const Place& place) {
  if (encrypts_backups(place)) return place.config->backup.key_file;
  return place.data / "keys" / "backup.key";
}

Result<std::optional<log::BackupKey>> find_backup_key(const BackupPlace& place,
                                                      const BackupWish& wish) {
  fs::path file = wish.key_file;
  if (file.empty()) {
    if (!place.house) return std::optional<log::BackupKey>{};
    file = backup_key_file(*place.house);
    std::error_code error;
    if (!encrypts_backups(*place.house) && !fs::exists(file, error))
      return std::optional<log::BackupKey>{};
  }
  auto key = log::BackupKey::open(file);
  if (!key) return Failure(key.error());
  return std::optional(*std::move(key));
}

std::optional<log::Meta> house_meta(const BackupPlace& place) {
  if (!place.house) return std::nullopt;
  const auto open = open_log(*place.house);
  if (!open) return std::nullopt;
  return open->snapshot.meta();
}

Result<void> require_same_house(const std::optional<log::Meta>& house,
                                const log::BackupManifest& backup) {
  const Id128& log = backup.meta.uuid;
  if (!house || house->uuid == log || house->parent == log) return {};
  return fail(ErrorKind::foreign,
              fmt::format("the backup {} is of another house's log, {}; this house's is {}",
                          backup.id, log.hex(), house->uuid.hex()),
              "name the right house with --data, or add --any-house");
}

std::optional<Sequence> record_backup(const Place& place, const BackupHouse& house,
                                      const std::string& event_json) {
  const auto sequence = house.record(place, event_json);
  if (sequence) return *sequence;
  note("not recorded in the log: " + sequence.error().line());
  return std::nullopt;
}

std::string records_text(const log::BackupManifest& manifest) {
  return fmt::format("records {} to {}", manifest.first.value, manifest.last().value);
}

}  // namespace wattledger::tool
