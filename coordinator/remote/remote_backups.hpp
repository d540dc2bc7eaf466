// Backups with a remote: the same directories as in a store of ours. A backup's manifest is the
// last of it that is sent and the first that is removed, so that half a backup never looks like
// one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/remote/remote.hpp"
#include "log/backup_store.hpp"

namespace wattledger::remote {

// Those of the chain that the remote does not have, oldest first, each compared; takes away what a
// killed run left there. The ids sent.
[[nodiscard]] Result<std::vector<std::string>> send_backups(const Remote& remote,
                                                            const log::BackupChain& chain);

// The manifests alone, as a store in `into`.
Result<void> fetch_manifests(const Remote& remote, const std::filesystem::path& into);

struct RemoteBackup {
  log::StoredBackup stored;
  std::string trouble;  // what can be seen without reading its files
};
// By way of a store in `aside`, which then holds the manifests.
[[nodiscard]] Result<std::vector<RemoteBackup>> list_backups(const Remote& remote,
                                                             const std::filesystem::path& aside);

// A backup and all that it continues, into the store `into`; full if its disk has no room for them.
[[nodiscard]] Result<log::BackupChain> fetch_chain(const Remote& remote, const std::string& id,
                                                   const std::filesystem::path& into);

// Newest first; what the ids need stays.
Result<void> remove_backups(const Remote& remote, const std::vector<std::string>& ids);

// What no rule keeps; the ids removed. Manifests go to `aside`.
[[nodiscard]] Result<std::vector<std::string>> prune_backups(const Remote& remote,
                                                             const log::KeepRules& rules,
                                                             const std::filesystem::path& aside);

}  // namespace wattledger::remote
