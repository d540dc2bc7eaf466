#include "projections/sqlite/sqlite_adopt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "projections/sqlite/sqlite_checkpoint.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::projections::sqlite {
namespace {

constexpr int busy_attempts = 4;       // each waits the busy timeout: twenty seconds in all
constexpr int truncate_wait_ms = 200;  // a reader in the way keeps the -wal long, no more

Result<void> sync_path(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int number = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return fail(ErrorKind::io,
              path.string() + " cannot be flushed to the disk: " + std::strerror(number));
}

std::uintmax_t size_or_zero(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

Result<void> make_directory_of(const std::filesystem::path& file) {
  const std::filesystem::path directory = std::filesystem::absolute(file).parent_path();
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return fail(ErrorKind::io, directory.string() + " cannot be made: " + error.message(),
                "check the owner and permissions of the directory above");
  return {};
}

Result<void> copy_content(Connection& live, const std::filesystem::path& to) {
  Result<Connection> copy = Connection::open(to, Access::create);
  if (!copy) return Failure(copy.error());
  WATTLEDGER_TRY(copy->execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"));
  Result<Backup> backup = Backup::start(*copy, live);
  if (!backup) return Failure(backup.error());
  return backup->copy_all(busy_attempts);
}

// Copies `live` aside under another name first: a copy with the right name is always a whole one.
Result<void> keep_before(Connection& live, const std::filesystem::path& before) {
  WATTLEDGER_TRY(make_directory_of(before));
  std::filesystem::path unfinished = before;
  unfinished += ".unfinished";
  std::error_code error;
  std::filesystem::remove(unfinished, error);
  WATTLEDGER_TRY(copy_content(live, unfinished));
  WATTLEDGER_TRY(sync_path(unfinished, O_RDONLY));
  for (const char* suffix :
       {"-wal", "-shm"}) {  // left by whoever read an earlier copy: they do not belong to this one
    std::filesystem::path stale = before;
    std::filesystem::remove(stale += suffix, error);
  }
  std::filesystem::rename(unfinished, before, error);
  if (error)
    return fail(ErrorKind::io, before.string() + " cannot be put in place: " + error.message());
  return sync_path(std::filesystem::absolute(before).parent_path(), O_RDONLY | O_DIRECTORY);
}

// SQLite refuses a backup between page sizes into a WAL file: the staged one, being ours alone, is
// made to fit.
Result<void> match_page_size(const std::filesystem::path& staged, Connection& live) {
  const Result<std::int64_t> wanted = live.integer("PRAGMA page_size");
  if (!wanted) return Failure(wanted.error());
  Result<Connection> connection = Connection::open(staged, Access::read_write);
  if (!connection) return Failure(connection.error());
  const Result<std::int64_t> present = connection->integer("PRAGMA page_size");
  if (!present) return Failure(present.error());
  if (*present == *wanted) return {};
  return connection->execute(
      "PRAGMA journal_mode=DELETE; PRAGMA page_size=" + std::to_string(*wanted) + "; VACUUM");
}

Result<void> replace(Connection& live, const std::filesystem::path& staged,
                     const Checkpoint& expected) {
  {
    Result<Connection> source = Connection::open(staged, Access::read_only);
    if (!source) return Failure(source.error());
    Result<Backup> backup = Backup::start(live, *source);
    if (!backup) return Failure(backup.error());
    WATTLEDGER_TRY(backup->copy_all(busy_attempts));
  }
  const Result<std::optional<Checkpoint>> now = read_checkpoint(live);
  if (!now) return Failure(now.error());
  if (*now != expected)
    return fail(ErrorKind::corrupt, live.file().string() + " does not hold what was adopted",
                "run `wattledger replay`");
  // The whole content went through the -wal: bring it home and shorten the -wal; a reader in the
  // way only delays that.
  live.set_busy_timeout(truncate_wait_ms);
  const Result<std::int64_t> shortened = live.integer("PRAGMA wal_checkpoint(TRUNCATE)");
  live.set_busy_timeout(busy_timeout_ms);
  if (!shortened && shortened.error().kind != ErrorKind::locked) return Failure(shortened.error());
  return {};
}

}  // namespace

Result<void> copy_file(const std::filesystem::path& live, const std::filesystem::path& to) {
  WATTLEDGER_TRY(make_directory_of(to));
  Result<Connection> connection = Connection::open(live, Access::read_only);
  if (!connection) return Failure(connection.error());
  return copy_content(*connection, to);
}

Result<void> configure_live(Connection& connection) {
  WATTLEDGER_TRY(connection.execute("PRAGMA page_size=" + std::to_string(page_bytes)));
  const Result<std::string> mode = connection.text("PRAGMA journal_mode=WAL");
  if (!mode) return Failure(mode.error());
  if (*mode != "wal")
    return fail(ErrorKind::unsupported,
                connection.file().string() + " cannot use a write-ahead log",
                "put the data on a local file system");
  return connection.execute(
      "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000; PRAGMA journal_size_limit=16777216; "
      "PRAGMA temp_store=MEMORY");
}

Result<void> sync_write_ahead_log(const std::filesystem::path& file) {
  const std::filesystem::path log = write_ahead_log_of(file);
  std::error_code error;
  return std::filesystem::exists(log, error) ? sync_file(log) : Result<void>();
}

Result<void> sync_file(const std::filesystem::path& file) {
  WATTLEDGER_TRY(sync_path(file, O_RDONLY));
  return sync_path(std::filesystem::absolute(file).parent_path(), O_RDONLY | O_DIRECTORY);
}

Result<void> require_space(const std::filesystem::path& directory, std::uintmax_t needed) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory, error);
  if (error)
    return fail(ErrorKind::io,
                "the free space of " + directory.string() + " cannot be read: " + error.message());
  if (space.available >= needed) return {};
  constexpr std::uintmax_t mebibyte = 1U << 20U;
  return fail(ErrorKind::full,
              directory.string() + " has " + std::to_string(space.available / mebibyte) +
                  " MiB free, " + std::to_string(needed / mebibyte + 1) + " MiB are needed",
              "free some disk space");
}

Result<void> adopt_file(const std::filesystem::path& staged, const std::filesystem::path& live,
                        const std::filesystem::path& before, std::uint32_t version) {
  const Result<std::optional<Checkpoint>> built = inspect_target(staged);
  if (!built) return Failure(built.error());
  if (!*built)
    return fail(ErrorKind::not_found, staged.string() + " holds nothing to adopt",
                "run `wattledger replay` again");
  if ((*built)->version != version)
    return fail(ErrorKind::conflict,
                staged.string() + " is of projector version " + std::to_string((*built)->version) +
                    ", wanted is " + std::to_string(version),
                "run `wattledger replay` again with the schema that is configured");
  const Result<std::optional<Checkpoint>> old = inspect_target(live);
  if (!old) return Failure(old.error());
  WATTLEDGER_TRY(make_directory_of(live));
  // The copy before, the -wal that the new content goes through, and the new file itself.
  WATTLEDGER_TRY(require_space(std::filesystem::absolute(live).parent_path(),
                               3 * std::max(size_or_zero(staged), size_or_zero(live))));

  Result<Connection> connection = Connection::open(live, Access::create);
  if (!connection) return Failure(connection.error());
  WATTLEDGER_TRY(configure_live(*connection));
  if (*old) WATTLEDGER_TRY(keep_before(*connection, before));
  WATTLEDGER_TRY(match_page_size(staged, *connection));
  return replace(*connection, staged, **built);
}

}  // namespace wattledger::projections::sqlite
