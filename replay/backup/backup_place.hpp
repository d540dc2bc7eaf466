// What the verbs of backup share: where backups stand, with which key, and whose they are.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "log/backup_check.hpp"
#include "log/backup_store.hpp"
#include "replay/backup/commands.hpp"
#include "replay/place.hpp"

namespace CLI {
class App;
}

namespace wattledger::tool {

struct BackupWish {
  std::string from;      // --from: the directory of backups
  std::string key_file;  // --key-file
  std::string remote;    // --remote, --from-remote
};

void add_from(CLI::App& command, BackupWish& wish);
void add_key_file(CLI::App& command, BackupWish& wish);
void add_remote(CLI::App& command, BackupWish& wish, const std::string& name,
                const std::string& what);

// Where backups are: --from, else where the daemon has them (backup.to), else <data>/backups. The
// house is absent where its data directory is not there, which only --from makes up for.
struct BackupPlace {
  std::optional<Place> house;
  std::filesystem::path store;
};
[[nodiscard]] Result<BackupPlace> find_backup_place(const Invocation& invocation,
                                                    const BackupWish& wish);

[[nodiscard]] std::filesystem::path backup_store_of(const Place& place);
// Whether the configuration names a key: then every backup of this house is encrypted.
[[nodiscard]] bool encrypts_backups(const Place& place);
[[nodiscard]] std::filesystem::path backup_key_file(const Place& place);
// That of --key-file, else the house's own if it is there.
[[nodiscard]] Result<std::optional<log::BackupKey>> find_backup_key(const BackupPlace& place,
                                                                    const BackupWish& wish);

// The house's log, if it has one.
[[nodiscard]] std::optional<log::Meta> house_meta(const BackupPlace& place);
// foreign if the house has a log that neither is this backup's nor continues it.
Result<void> require_same_house(const std::optional<log::Meta>& house,
                                const log::BackupManifest& backup);

// The event's record; where it cannot be recorded that is said, and nothing else is lost.
std::optional<Sequence> record_backup(const Place& place, const BackupHouse& house,
                                      const std::string& event_json);

// "records 1 to 49411"
[[nodiscard]] std::string records_text(const log::BackupManifest& manifest);

}  // namespace wattledger::tool
