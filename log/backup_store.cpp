#include "log/backup_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "log/disk_file.hpp"

namespace wattledger::log {
namespace {

// How far a backup reaches; of two that reach as far, the later one further.
std::pair<Sequence, UtcTime> reach(const BackupManifest& manifest) {
  return {manifest.last(), manifest.taken_at};
}

namespace fs = std::filesystem;

constexpr const char* store_lock_file = ".lock";
constexpr const char* remote_lock_file = ".remote.lock";
constexpr mode_t file_mode = 0640;

Result<BackupManifest> read_manifest(const fs::path& directory) {
  const fs::path path = directory / backup_manifest_file;
  const auto file = DiskFile::open(path);
  if (!file && file.error().kind == ErrorKind::not_found)
    return fail(ErrorKind::corrupt, path.string() + " is missing",
                "take it from another copy of this backup, or use another backup");
  if (!file) return Failure(file.error());
  const auto size = file->size();
  if (!size) return Failure(size.error());
  if (*size > backup_manifest_bytes_max)
    return fail(ErrorKind::foreign, path.string() + " is too long for a manifest",
                "name the directory that backups were made in");
  const auto bytes = file->read(0, static_cast<std::size_t>(*size));
  if (!bytes) return Failure(bytes.error());
  const std::string_view text(static_cast<const char*>(static_cast<const void*>(bytes->data())),
                              bytes->size());
  auto manifest = parse_backup_manifest(text, path.string());
  if (manifest && manifest->id != directory.filename())
    return fail(ErrorKind::corrupt, directory.string() + " is the backup " + manifest->id,
                "give it back its name");
  return manifest;
}

bool older(const StoredBackup& a, const StoredBackup& b) {
  const auto key = [](const StoredBackup& each) {
    return each.manifest
               ? std::make_tuple(each.manifest->taken_at, each.manifest->last().value, each.id)
               : std::make_tuple(UtcTime::min(), std::uint64_t{0}, each.id);
  };
  return key(a) < key(b);
}

Failure no_store(const fs::path& store) {
  return fail(ErrorKind::not_found, "there are no backups in " + store.string(),
              "name their directory with --from, or take one: wattledger backup create");
}

// A restored log is another than the one that its backup was taken of.
Failure none_of_this_log(const fs::path& store, std::size_t others) {
  return fail(ErrorKind::not_found,
              "none of the " + std::to_string(others) + " backups in " + store.string() +
                  " is of this log (one that was restored is a new one)",
              "take one: wattledger backup create");
}

}  // namespace

Result<std::vector<StoredBackup>> list_backups(const fs::path& store) {
  std::error_code error;
  if (!fs::is_directory(store, error)) return no_store(store);
  std::vector<StoredBackup> found;
  fs::directory_iterator at(store, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (name.front() == '.' || !at->is_directory(ignored)) continue;
    found.push_back({name, read_manifest(at->path())});
  }
  if (error)
    return fail(ErrorKind::io, store.string() + " cannot be listed: " + error.message(),
                "check the disk and its permissions");
  std::sort(found.begin(), found.end(), older);
  return found;
}

Result<Backup> find_backup(const fs::path& store, const std::string& id) {
  const auto all = list_backups(store);
  if (!all) return Failure(all.error());
  for (const StoredBackup& each : *all) {
    if (each.id != id) continue;
    if (!each.manifest) return Failure(each.manifest.error());
    return Backup{store / id, *each.manifest};
  }
  return fail(ErrorKind::not_found, "there is no backup " + id + " in " + store.string(),
              all->empty() ? "take one: wattledger backup create"
                           : "the newest is " + all->back().id + "; see wattledger backup list");
}

Result<Backup> newest_backup(const fs::path& store, const std::optional<Id128>& log) {
  const auto all = list_backups(store);
  if (!all) return Failure(all.error());
  // Of one log the one that reaches furthest, whatever a clock that was wrong has called it.
  std::map<Id128, const StoredBackup*> furthest;
  for (const StoredBackup& each : *all) {
    if (!each.manifest || (log && each.manifest->meta.uuid != *log)) continue;
    const StoredBackup*& known = furthest[each.manifest->meta.uuid];
    if (known == nullptr || reach(*known->manifest) <= reach(*each.manifest)) known = &each;
  }
  const StoredBackup* newest = nullptr;
  for (const auto& [uuid, each] : furthest)
    if (newest == nullptr || newest->manifest->taken_at < each->manifest->taken_at) newest = each;
  if (newest == nullptr) {
    for (const StoredBackup& each : *all)
      if (!each.manifest) return Failure(each.manifest.error());  // it may be the one
    return log && !all->empty() ? none_of_this_log(store, all->size()) : no_store(store);
  }
  return Backup{store / newest->id, *newest->manifest};
}

Result<BackupChain> backup_chain(const fs::path& store, const std::string& id) {
  auto newest = find_backup(store, id);
  if (!newest) return Failure(newest.error());
  BackupChain chain{*std::move(newest)};
  while (const auto base = chain.back().manifest.base) {
    const BackupManifest& next = chain.back().manifest;
    auto link = find_backup(store, *base);
    if (!link && link.error().kind == ErrorKind::not_found)
      return fail(
          ErrorKind::not_found,
          next.id + " continues the backup " + *base + ", which is not in " + store.string(),
          "bring it back from another copy, or use an older backup");
    if (!link) return Failure(link.error());
    if (link->manifest.meta.uuid != next.meta.uuid || link->manifest.last().next() != next.first)
      return fail(ErrorKind::corrupt, next.id + " does not begin where " + *base + " ends",
                  "use an older backup");
    chain.push_back(*std::move(link));
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

std::string backup_trouble(const fs::path& store, const StoredBackup& stored) {
  if (!stored.manifest) return stored.manifest.error().what;
  if (const auto chain = backup_chain(store, stored.id); !chain) return chain.error().what;
  for (const BackupFile& file : stored.manifest->files) {
    std::error_code error;
    const auto bytes = fs::file_size(store / stored.id / file.name, error);
    if (error) return file.name + " is missing";
    if (bytes != file.bytes)
      return file.name + " has " + std::to_string(bytes) + " of " + std::to_string(file.bytes) +
             " bytes";
  }
  return {};
}

std::optional<std::string> base_to_continue(const fs::path& store, const Id128& log,
                                            const std::optional<std::string>& key_id,
                                            UtcTime full_since) {
  const auto newest = newest_backup(store, log);
  if (!newest) return std::nullopt;
  const auto chain = backup_chain(store, newest->manifest.id);
  if (!chain || chain->front().manifest.taken_at <= full_since) return std::nullopt;
  // A clock that was ahead when the whole one was taken would put off the next for as long.
  if (chain->front().manifest.taken_at > newest->manifest.taken_at) return std::nullopt;
  for (const Backup& each : *chain)
    if (each.manifest.key_id != key_id ||
        !backup_trouble(store, {each.manifest.id, each.manifest}).empty())
      return std::nullopt;
  return newest->manifest.id;
}

std::vector<std::string> prunable(const std::vector<BackupManifest>& backups,
                                  const KeepRules& rules) {
  std::map<Id128, std::vector<const BackupManifest*>> houses;
  for (const BackupManifest& each : backups) houses[each.meta.uuid].push_back(&each);
  std::set<std::string> kept;
  for (auto& [log, house] : houses) {
    std::sort(house.begin(), house.end(), [](const BackupManifest* a, const BackupManifest* b) {
      return reach(*a) > reach(*b);
    });
    const UtcTime newest = house.front()->taken_at;
    for (std::size_t i = 0; i < house.size(); ++i) {
      const auto age = newest - house[i]->taken_at;
      const bool young = rules.days && age <= std::chrono::days(*rules.days);
      if (i == 0 || young || (rules.count && i < *rules.count)) kept.insert(house[i]->id);
    }
    // Newest first, so that a base's base is seen after the base.
    for (const BackupManifest* each : house)
      if (each->base && kept.count(each->id) != 0) kept.insert(*each->base);
  }
  std::vector<std::string> gone;
  for (const BackupManifest& each : backups)
    if (kept.count(each.id) == 0) gone.push_back(each.id);
  return gone;
}

Result<StoreLock> StoreLock::take(const fs::path& store, StorePart part) {
  const bool remote = part == StorePart::remote;
  std::error_code error;
  fs::create_directories(store, error);
  const fs::path path = store / (remote ? remote_lock_file : store_lock_file);
  StoreLock lock(error ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode));
  if (lock.fd_ < 0)
    return fail(ErrorKind::io,
                path.string() + " cannot be made: " +
                    (error ? error.message() : std::string(std::strerror(errno))),
                "check the directory and its permissions");
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorKind::locked,
                (remote ? "another process is sending or removing what the remote has of "
                        : "another process is changing the backups in ") +
                    store.string(),
                "wait until it has ended");
  if (remote) return lock;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(store, error)) {
    const std::string name = entry.path().filename().string();
    if (name.front() == '.' && (name.ends_with(".part") || name.ends_with(".gone")))
      leftovers.push_back(entry.path());
  }
  for (const fs::path& each : leftovers) fs::remove_all(each, error);
  return lock;
}

StoreLock::StoreLock(StoreLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

StoreLock::~StoreLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> remove_backup(const fs::path& store, const std::string& id) {
  const fs::path aside = store / ("." + id + ".gone");
  WATTLEDGER_TRY(rename_file(store / id, aside));
  WATTLEDGER_TRY(sync_directory(store));
  std::error_code error;
  fs::remove_all(aside, error);
  if (error)
    return fail(ErrorKind::io, aside.string() + " cannot be removed: " + error.message(),
                "remove it by hand");
  return {};
}

// Newest first: killed half way, what is left still has what it needs.
Result<std::vector<std::string>> prune_backups(const fs::path& store, const KeepRules& rules) {
  const auto all = list_backups(store);
  if (!all) return Failure(all.error());
  std::vector<BackupManifest> sound;
  for (const StoredBackup& each : *all)
    if (each.manifest) sound.push_back(*each.manifest);
  std::vector<std::string> gone = prunable(sound, rules);
  for (auto id = gone.rbegin(); id != gone.rend(); ++id) WATTLEDGER_TRY(remove_backup(store, *id));
  return gone;
}

}  // namespace wattledger::log
