#include "coordinator/daemon/backup_round.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "coordinator/remote/cold_store.hpp"
#include "coordinator/remote/remote_backups.hpp"
#include "log/backup.hpp"
#include "log/reader.hpp"

namespace wattledger::daemon {
namespace {

namespace fs = std::filesystem;

// Where neither is known it is overdue.
bool overdue(const fs::path& store, const log::Snapshot& snapshot, UtcTime now) {
  if (snapshot.head().value == 0) return false;
  const auto newest = log::newest_backup(store, snapshot.meta().uuid);
  if (newest) return now - newest->manifest.taken_at > backup_overdue;
  const auto first = snapshot.at(snapshot.first());
  return !first || now - first->recorded_at > backup_overdue;
}

class Round {
 public:
  Round(const config::Config& config, const log::Log& log, log::Appender& appender,
        const BackupOrder& order, const std::stop_token& stop)
      : config_(config),
        log_(log),
        appender_(appender),
        order_(order),
        stop_(stop),
        store_(backup_store_of(config)) {}

  BackupOutcome run() {
    if (const auto done = work(); !done) outcome_.trouble = done.error();
    return std::move(outcome_);
  }

 private:
  Result<void> work() {
    if (order_.if_overdue) {
      const auto snapshot = log_.snapshot();
      if (!snapshot) return Failure(snapshot.error());
      outcome_.due = overdue(store_, *snapshot, order_.at);
      if (!outcome_.due) return {};
    }
    if (order_.only_remote) {
      auto newest = newest_here();
      if (!newest) return Failure(newest.error());
      outcome_.backup = std::move(newest->manifest);
    } else {
      const auto lock = log::StoreLock::take(store_);
      if (!lock) return Failure(lock.error());
      WATTLEDGER_TRY(take());
      prune();
    }
    return config_.backup.remote.empty() ? Result<void>() : send();
  }

  [[nodiscard]] Result<log::Backup> newest_here() const {
    const auto snapshot = log_.snapshot();
    if (!snapshot) return Failure(snapshot.error());
    return log::newest_backup(store_, snapshot->meta().uuid);
  }

  // Signed first: the backup is of exactly the records that the checkpoint covers.
  Result<void> take() {
    log::BackupOptions options;
    options.taken_at = order_.at;
    options.program = WATTLEDGER_VERSION;
    if (!config_.backup.key_file.empty()) {
      auto key = log::BackupKey::open(config_.backup.key_file);
      if (!key) return Failure(key.error());
      options.key = *std::move(key);
    }
    auto note = appender_.checkpoint();
    if (!note) return Failure(note.error());
    options.checkpoint = *std::move(note);
    const auto snapshot = log_.snapshot();
    if (!snapshot) return Failure(snapshot.error());
    const auto key_id = options.key ? std::optional(options.key->id()) : std::nullopt;
    options.base = log::base_to_continue(store_, snapshot->meta().uuid, key_id,
                                         order_.at - config_.backup.full_every);
    options.aside = config_.data / "cache" / "backup-daemon";
    options.stop = stop_;
    const fs::path fetched = config_.data / "cache" / "backup-fetched";
    options.fetch = [&](const log::ColdSegment& cold) {
      return remote::fetch_aside(cold, fetched, {.stop = stop_});
    };
    auto taken = log::take_backup(*snapshot, log_, store_, options);
    std::error_code ignored;
    fs::remove_all(fetched, ignored);
    if (!taken) return Failure(taken.error());
    outcome_.backup = *std::move(taken);
    return {};
  }

  [[nodiscard]] log::KeepRules rules() const {
    return {static_cast<std::uint64_t>(config_.backup.keep.count()), config_.backup.keep_count};
  }

  // One that cannot be removed makes no other one worse.
  void prune() {
    auto removed = log::prune_backups(store_, rules());
    if (removed)
      outcome_.removed = *std::move(removed);
    else
      outcome_.remarks.push_back(removed.error().line());
  }

  // Who sends removes what somebody else is sending.
  Result<void> send() {
    const auto lock = log::StoreLock::take(store_, log::StorePart::remote);
    if (!lock) return Failure(lock.error());
    const remote::Remote there(config_.backup.remote, {.stop = stop_});
    const auto chain = log::backup_chain(store_, outcome_.backup->id);
    if (!chain) return Failure(chain.error());
    const auto sent = remote::send_backups(there, *chain);
    if (!sent) return Failure(sent.error());
    const fs::path aside = config_.data / "cache" / "backup-manifests";
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    if (const auto pruned = remote::prune_backups(there, rules(), aside); !pruned)
      outcome_.remarks.push_back(pruned.error().line());
    fs::remove_all(aside, ignored);
    return {};
  }

  const config::Config& config_;
  const log::Log& log_;
  log::Appender& appender_;
  const BackupOrder& order_;
  const std::stop_token& stop_;
  const fs::path store_;
  BackupOutcome outcome_;
};

}  // namespace

// Linux means one thread by 0.
void yield_to_all() {
  constexpr int lowest = 19;
  constexpr int io_who_process = 1;
  constexpr int io_idle = 3 << 13;
  (void)::setpriority(PRIO_PROCESS, 0, lowest);
  (void)::syscall(SYS_ioprio_set, io_who_process, 0, io_idle);
}

fs::path backup_store_of(const config::Config& config) {
  return config.backup.to.empty() ? config.data / "backups" : config.backup.to;
}

std::string backup_hindrance(const config::Config& config) {
  if (!config.backup.key_file.empty())
    if (const auto key = log::BackupKey::open(config.backup.key_file); !key)
      return key.error().line();
  // Where it is not there yet, what would hold it.
  fs::path place = fs::absolute(backup_store_of(config));
  std::error_code error;
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  if (::access(place.c_str(), W_OK) == 0) return {};
  return place.string() + " cannot be written to: " + std::strerror(errno);
}

BackupOutcome back_up(const config::Config& config, const log::Log& log, log::Appender& appender,
                      const BackupOrder& order, const std::stop_token& stop) {
  yield_to_all();
  return Round(config, log, appender, order, stop).run();
}

}  // namespace wattledger::daemon
