#include "log/compact.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "log/disk_file.hpp"
#include "log/environment.hpp"

namespace wattledger::log {
namespace {

constexpr const char* compact_file = "data.mdb.compact";
constexpr mode_t file_mode = 0640;
constexpr std::uint64_t spare_bytes = std::uint64_t{1} << 20U;

// Everything that is compared: meta whole, and how much each database holds.
struct Contents {
  MetaValues meta;
  std::size_t events = 0;
  std::size_t nodes = 0;
  std::size_t checkpoints = 0;
  bool operator==(const Contents&) const = default;
};

Result<Contents> contents(const Environment& environment) {
  auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  auto meta = read_meta(environment, *transaction);
  if (!meta) return Failure(meta.error());
  Contents result;
  result.meta = *std::move(meta);
  const auto count = [&](unsigned database, std::size_t& entries) {
    MDB_stat stat{};
    const int code = mdb_stat(transaction->get(), database, &stat);
    entries = stat.ms_entries;
    return code;
  };
  int code = count(environment.databases().events, result.events);
  if (code == 0) code = count(environment.databases().nodes, result.nodes);
  if (code == 0) code = count(environment.databases().checkpoints, result.checkpoints);
  if (code != 0) return lmdb_failure(code, environment.directory().string() + ", counting");
  return result;
}

// Pages in use, in bytes: what the copy will take at most.
std::uint64_t used_bytes(const Environment& environment) {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(environment.get(), &info);
  mdb_env_stat(environment.get(), &stat);
  return (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

// LMDB's own lock, a POSIX one on the first byte of lock.mdb: shared by every process that has the
// environment open, so that who holds it alone knows that nobody has.
class LockFile {
 public:
  static Result<LockFile> take_alone(const std::filesystem::path& directory) {
    const auto path = directory / lock_file;
    LockFile file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode));
    if (file.fd_ < 0)
      return fail(ErrorKind::io, path.string() + " cannot be opened: " + std::strerror(errno),
                  "check its permissions");
    struct ::flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;
    if (::fcntl(file.fd_, F_SETLK, &lock) == 0) return file;
    return fail(ErrorKind::conflict, directory.string() + " is open in another program",
                "end it (log tail -f, a replay, an audit), then compact again");
  }
  LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  // The reader table belongs to the old file. Who waits for the lock has this one open already and
  // must not use it: an empty one is refused by LMDB.
  Result<void> discard(const std::filesystem::path& directory) const {
    const auto path = directory / lock_file;
    if (::ftruncate(fd_, 0) == 0 && ::unlink(path.c_str()) == 0) return {};
    return fail(ErrorKind::io, path.string() + " cannot be removed: " + std::strerror(errno),
                "remove it before anything opens the log");
  }

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_;
};

Result<void> check_room(const std::filesystem::path& directory, std::uint64_t needed) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error || space.available >= needed + spare_bytes) return {};
  return fail(ErrorKind::full,
              "a compacted copy may take " + std::to_string(needed) + " bytes beside " +
                  (directory / data_file).string() + ", and only " +
                  std::to_string(space.available) + " are free",
              "free space on the disk");
}

Result<void> copy(const Environment& environment, const std::filesystem::path& to) {
  auto file = DiskFile::create(to);
  if (!file) return Failure(file.error());
  const int code = mdb_env_copyfd2(environment.get(), file->descriptor(), MDB_CP_COMPACT);
  if (code != 0) return lmdb_failure(code, "copying to " + to.string());
  return file->sync();
}

// The copy, as a log of its own in a directory of its own.
Result<Contents> contents_of_copy(const std::filesystem::path& directory) {
  const auto environment = Environment::open(directory, map_bytes_default);
  if (!environment) return Failure(environment.error());
  return contents(**environment);
}

Result<void> copy_and_compare(const std::filesystem::path& directory,
                              const std::filesystem::path& aside) {
  const auto environment = Environment::open(directory, map_bytes_default);
  if (!environment) return Failure(environment.error());
  WATTLEDGER_TRY(check_room(directory, used_bytes(**environment)));
  WATTLEDGER_TRY(copy(**environment, aside / data_file));
  const auto before = contents(**environment);
  if (!before) return Failure(before.error());
  const auto after = contents_of_copy(aside);
  if (!after) return Failure(after.error());
  if (*before == *after) return {};
  return fail(ErrorKind::corrupt,
              "the compacted copy of " + (directory / data_file).string() +
                  " holds something else; the log is as it was",
              "check the disk and its memory, then compact again");
}

}  // namespace

Result<Compacted> compact(const std::filesystem::path& directory, const WriterLock& lock) {
  if (!lock.guards(directory))
    return fail(ErrorKind::locked, "the writer lock held is not that of " + directory.string(),
                "take the lock of the log that is to be compacted");
  // Asked before the work; taken for good after it, when this process has closed the log.
  if (const auto alone = LockFile::take_alone(directory); !alone) return Failure(alone.error());
  const auto data = directory / data_file;
  const auto aside = directory / compact_file;
  std::error_code error;
  std::filesystem::remove_all(aside, error);  // of one that was killed
  std::filesystem::create_directory(aside, error);
  if (error)
    return fail(ErrorKind::io, aside.string() + " cannot be made: " + error.message(),
                "check the disk and its permissions");
  Compacted result;
  result.bytes_before = std::filesystem::file_size(data, error);
  if (const auto compared = copy_and_compare(directory, aside); !compared) {
    std::filesystem::remove_all(aside, error);
    return Failure(compared.error());
  }
  result.bytes_after = std::filesystem::file_size(aside / data_file, error);
  const auto alone = LockFile::take_alone(directory);
  if (!alone) return Failure(alone.error());
  WATTLEDGER_TRY(rename_file(aside / data_file, data));
  WATTLEDGER_TRY(alone->discard(directory));
  WATTLEDGER_TRY(sync_directory(directory));
  std::filesystem::remove_all(aside, error);
  return result;
}

}  // namespace wattledger::log
