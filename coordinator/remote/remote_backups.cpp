#include "coordinator/remote/remote_backups.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "log/room.hpp"

namespace wattledger::remote {
namespace {

namespace fs = std::filesystem;

using Sizes = std::map<std::string, std::uint64_t>;  // by name, as "ID/FILE"

Result<Sizes> sizes_of(const Remote& remote) {
  const auto files = remote.list();
  if (!files) return Failure(files.error());
  Sizes sizes;
  for (const RemoteFile& each : *files) sizes[each.name] = each.bytes;
  return sizes;
}

std::string manifest_of(const std::string& id) { return id + "/" + log::backup_manifest_file; }

std::vector<std::string> names_of(const log::BackupManifest& manifest) {
  std::vector<std::string> names;
  for (const log::BackupFile& each : manifest.files) names.push_back(each.name);
  return names;
}

// "20251029T020000Z-49411"
bool is_backup_id(const std::string& name) {
  const std::size_t dash = name.find('-');
  if (dash != 16 || name.size() == dash + 1 || name[8] != 'T' || name[15] != 'Z') return false;
  return std::all_of(name.begin(), name.end(), [&](const char& c) {
    const auto at = static_cast<std::size_t>(&c - name.data());
    return at == 8 || at == 15 || at == dash || (c >= '0' && c <= '9');
  });
}

Result<void> remove_leftovers(const Remote& remote, const Sizes& sizes) {
  std::set<std::string> left;
  for (const auto& [name, bytes] : sizes) {
    const std::string id = name.substr(0, name.find('/'));
    if (is_backup_id(id) && id != name && !sizes.contains(manifest_of(id))) left.insert(id);
  }
  for (const std::string& id : left) WATTLEDGER_TRY(remote.remove_directory(id));
  return {};
}

std::string trouble_of(const log::StoredBackup& stored, const fs::path& manifests,
                       const Sizes& sizes) {
  if (!stored.manifest) return stored.manifest.error().what;
  const auto chain = log::backup_chain(manifests, stored.id);
  if (!chain) return chain.error().what;
  for (const log::BackupFile& file : stored.manifest->files) {
    const auto found = sizes.find(stored.id + "/" + file.name);
    if (found == sizes.end()) return file.name + " is missing";
    if (found->second != file.bytes)
      return file.name + " has " + std::to_string(found->second) + " of " +
             std::to_string(file.bytes) + " bytes";
  }
  return {};
}

// Every file of it stands there, of its size.
bool stands_there(const log::BackupManifest& manifest, const Sizes& sizes) {
  return sizes.contains(manifest_of(manifest.id)) &&
         std::all_of(manifest.files.begin(), manifest.files.end(),
                     [&](const log::BackupFile& file) {
                       const auto found = sizes.find(manifest.id + "/" + file.name);
                       return found != sizes.end() && found->second == file.bytes;
                     });
}

}  // namespace

Result<std::vector<std::string>> send_backups(const Remote& remote, const log::BackupChain& chain) {
  const auto sizes = sizes_of(remote);
  if (!sizes) return Failure(sizes.error());
  WATTLEDGER_TRY(remove_leftovers(remote, *sizes));
  std::vector<std::string> sent;
  for (const log::Backup& each : chain) {
    const std::string& id = each.manifest.id;
    if (stands_there(each.manifest, *sizes)) continue;
    // One that was damaged there is none until it is whole again.
    if (sizes->contains(manifest_of(id))) WATTLEDGER_TRY(remote.remove_file(manifest_of(id)));
    WATTLEDGER_TRY(remote.send(each.directory, names_of(each.manifest), id, Compare::hash));
    WATTLEDGER_TRY(remote.send(each.directory, {log::backup_manifest_file}, id, Compare::hash));
    sent.push_back(id);
  }
  return sent;
}

Result<void> fetch_manifests(const Remote& remote, const fs::path& into) {
  std::error_code error;
  fs::create_directories(into, error);
  if (error)
    return fail(ErrorKind::io, into.string() + " cannot be made: " + error.message(),
                "check the disk and its permissions");
  return remote.fetch_matching(std::string("/*/") + log::backup_manifest_file, into);
}

Result<std::vector<RemoteBackup>> list_backups(const Remote& remote, const fs::path& aside) {
  WATTLEDGER_TRY(fetch_manifests(remote, aside));
  const auto sizes = sizes_of(remote);
  if (!sizes) return Failure(sizes.error());
  auto stored = log::list_backups(aside);
  if (!stored) return Failure(stored.error());
  std::vector<RemoteBackup> result;
  for (log::StoredBackup& each : *stored) {
    std::string trouble = trouble_of(each, aside, *sizes);
    result.push_back({std::move(each), std::move(trouble)});
  }
  return result;
}

Result<log::BackupChain> fetch_chain(const Remote& remote, const std::string& id,
                                     const fs::path& into) {
  WATTLEDGER_TRY(fetch_manifests(remote, into));
  auto chain = log::backup_chain(into, id);
  if (!chain && chain.error().kind == ErrorKind::not_found)
    return fail(ErrorKind::not_found,
                "there is no backup " + id + ", or not all that it continues, in " + remote.place(),
                "see wattledger backup list --remote " + remote.place());
  if (!chain) return chain;
  std::uint64_t bytes = 0;
  for (const log::Backup& each : *chain) bytes += each.manifest.bytes();
  WATTLEDGER_TRY(log::require_room(into, bytes, "the backup " + id));
  for (const log::Backup& each : *chain)
    WATTLEDGER_TRY(remote.fetch(each.manifest.id, names_of(each.manifest), each.directory));
  return chain;
}

Result<void> remove_backups(const Remote& remote, const std::vector<std::string>& ids) {
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    WATTLEDGER_TRY(remote.remove_file(manifest_of(*id)));
    WATTLEDGER_TRY(remote.remove_directory(*id));
  }
  return {};
}

Result<std::vector<std::string>> prune_backups(const Remote& remote, const log::KeepRules& rules,
                                               const fs::path& aside) {
  WATTLEDGER_TRY(fetch_manifests(remote, aside));
  const auto all = log::list_backups(aside);
  if (!all) return Failure(all.error());
  std::vector<log::BackupManifest> sound;
  for (const log::StoredBackup& each : *all)
    if (each.manifest) sound.push_back(*each.manifest);
  std::vector<std::string> gone = log::prunable(sound, rules);
  WATTLEDGER_TRY(remove_backups(remote, gone));
  return gone;
}

}  // namespace wattledger::remote
