// wattledger backup: copies of the log, and new logs out of them. This part links neither the
// socket nor an inverter: what it needs of the log's owner main() hands in.
#pragma once

#include <functional>
#include <string>

#include "replay/change/change.hpp"
#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

struct BackupHouse {
  // Signs everything that the log holds now, by the daemon or under the writer lock: the note.
  std::function<Result<std::string>(const Place&)> sign;
  // Appends BackupTaken or BackupDrilled in the same way.
  std::function<Result<Sequence>(const Place&, const std::string& event_json)> record;
  // What the drill compares.
  std::function<Wanted(const Place&)> wanted;
};

// What `backup create` without options does: a full one, where backups usually stand.
Exit create_backup(const Invocation& invocation, const BackupHouse& house);

void add_backup_create(CLI::App& backup, Invocation& invocation, BackupHouse house);
void add_backup_list(CLI::App& backup, Invocation& invocation);
void add_backup_verify(CLI::App& backup, Invocation& invocation);
void add_backup_prune(CLI::App& backup, Invocation& invocation);
void add_backup_restore(CLI::App& backup, Invocation& invocation, ChangeHouse house);
void add_backup_drill(CLI::App& backup, Invocation& invocation, BackupHouse house);
void add_backup_key(CLI::App& key, Invocation& invocation);

}  // namespace wattledger::tool
