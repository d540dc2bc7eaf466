#include "log/environment.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

namespace wattledger::log {
namespace {

constexpr unsigned readers_max = 256;
constexpr unsigned databases_max = 8;
constexpr unsigned file_mode = 0640;
constexpr std::uint64_t map_bytes_least = std::uint64_t{16} << 20U;
constexpr std::uint64_t beside_map_bytes = std::uint64_t{32} << 20U;  // LMDB's lists, lock and heap
constexpr std::uint32_t lmdb_magic = 0xBEEFC0DE;
constexpr std::size_t lmdb_magic_offset = 16;  // behind the page header
constexpr const char* salvage_it =
    "save what is intact with 'wattledger log salvage --into DIR', or restore a backup";

Failure system_failure(const std::string& doing) {
  const int code = errno;
  const bool no_space = code == ENOSPC || code == EDQUOT;
  return fail(no_space ? ErrorKind::full : ErrorKind::io, doing + ": " + std::strerror(code),
              no_space ? "free space on the disk" : "check the directory and its permissions");
}

// A daemon that closed stderr would get the data file as descriptor 2, and the next complaint of a
// C library would overwrite LMDB's first page. It has happened to others.
Result<void> occupy_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    if (::open("/dev/null", O_RDWR) < 0) return system_failure("/dev/null cannot be opened");
  }
  return {};
}

// LMDB makes a file by writing two meta pages of transaction 0. Killed between them it leaves a
// shorter one, which it takes for no file of its own later; a log that was cut short, in which
// something was committed, has another transaction there.
bool begun_and_left(std::span<const char> head, std::uint64_t bytes) {
  constexpr std::size_t transaction_offset = 144;  // mm_txnid, of the first meta page
  std::uint64_t transaction = 0;
  if (bytes >= 2 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) return false;
  if (head.size() < transaction_offset + sizeof transaction) return true;
  std::memcpy(&transaction, head.data() + transaction_offset, sizeof transaction);
  return transaction == 0;
}

// Looks at the file before LMDB does: LMDB would fill an empty one and leave a lock file beside a
// foreign one.
Result<void> check_data_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return system_failure(path.string() + " cannot be read");
  std::array<char, 152> head{};
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  const auto read = static_cast<std::size_t>(file.gcount());
  if (read == 0)
    return fail(ErrorKind::not_found, path.string() + " is empty: a log that was never finished",
                "create the log again");
  std::uint32_t magic = 0;
  std::memcpy(&magic, head.data() + lmdb_magic_offset, sizeof magic);
  if (read < lmdb_magic_offset + sizeof magic || magic != lmdb_magic)
    return fail(ErrorKind::foreign,
                path.string() + " is not an LMDB file, or its first page is damaged", salvage_it);
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (!error && begun_and_left(std::span(head).first(read), bytes))
    return fail(ErrorKind::not_found, path.string() + " was begun and never finished",
                "create the log again");
  return {};
}

// LMDB fills an empty file, but not what is left of one.
Result<void> begin_anew(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const auto found = check_data_file(path);
  if (found || found.error().kind != ErrorKind::not_found) return {};  // LMDB says what it is
  std::filesystem::resize_file(path, 0, error);
  if (error)
    return fail(ErrorKind::io, path.string() + " cannot be begun anew: " + error.message(),
                "check its permissions");
  return {};
}

// A file shorter than its own account of itself would end this process by SIGBUS at the first
// missing page.
Result<void> check_length(MDB_env* env, const std::filesystem::path& path) {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env, &info);
  mdb_env_stat(env, &stat);
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  const std::uint64_t needed = (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
  if (error || bytes >= needed) return {};
  return fail(ErrorKind::corrupt,
              path.string() + " is cut short: " + std::to_string(bytes) + " bytes of " +
                  std::to_string(needed),
              "restore a backup");
}

// LMDB asserts what a damaged page contradicts, and aborts when this returns. Nothing can be undone
// from inside LMDB, so the process ends here with one line and the exit code of "cannot".
void end_on_damage(MDB_env* env, const char* message) noexcept {
  const char* path = "the log";
  (void)mdb_env_get_path(env, &path);
  std::fprintf(stderr, "%s: a page of the log is damaged (%s); %s\n", path, message, salvage_it);
  std::fflush(nullptr);
  std::_Exit(3);
}

// Whether the process has so much address space left in one piece. LMDB itself does not ask: a map
// that cannot be had when it grows leaves it without any.
bool address_space_for(std::uint64_t bytes) {
  if (bytes > std::numeric_limits<std::size_t>::max()) return false;
  const auto length = static_cast<std::size_t>(bytes);
  void* const at =
      ::mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return false;
  ::munmap(at, length);
  return true;
}

// What is asked for, or the half of it, and so on, where address space is short: 32 bits, a limit.
std::uint64_t map_that_fits(std::uint64_t bytes) {
  while (bytes > map_bytes_least && !address_space_for(bytes + beside_map_bytes)) bytes /= 2;
  return bytes;
}

// LMDB reads through a map: a disk that does not give a page, or a file cut short meanwhile, comes
// as SIGBUS, and there is no way on from there either.
void end_on_unreadable_page(int /*signal*/) {
  constexpr std::string_view said =
      "a page of the log cannot be read: its file was cut short, or the disk fails; "
      "check the disk, then use 'wattledger log salvage --into DIR' or a backup\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, said.data(), said.size());
  ::_exit(3);
}

// A process with a handler of its own keeps it.
void watch_for_unreadable_pages() {
  struct sigaction action {};
  if (::sigaction(SIGBUS, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
  action.sa_handler = end_on_unreadable_page;
  ::sigaction(SIGBUS, &action, nullptr);
}

// LMDB's code; `env` is open when it is 0, and closed otherwise.
int try_open(const std::filesystem::path& directory, std::uint64_t map_bytes, unsigned flags,
             MDB_env*& env) {
  int code = mdb_env_create(&env);
  if (code != 0) return code;
  code = mdb_env_set_assert(env, end_on_damage);
  if (code == 0) code = mdb_env_set_maxdbs(env, databases_max);
  if (code == 0) code = mdb_env_set_maxreaders(env, readers_max);
  if (code == 0)
    code = mdb_env_set_mapsize(env, static_cast<std::size_t>(map_that_fits(map_bytes)));
  if (code == 0) code = mdb_env_open(env, directory.c_str(), flags, file_mode);
  if (code != 0) mdb_env_close(env);
  return code;
}

Result<MDB_env*> open_environment(const std::filesystem::path& directory, std::uint64_t map_bytes) {
  WATTLEDGER_TRY(occupy_standard_descriptors());
  watch_for_unreadable_pages();
  MDB_env* env = nullptr;
  int code = try_open(directory, map_bytes, MDB_NOTLS, env);
  // A backup on a read-only disk can be read all the same.
  std::error_code error;
  if ((code == EROFS || code == EACCES) && std::filesystem::exists(directory / data_file, error))
    code = try_open(directory, map_bytes, MDB_NOTLS | MDB_RDONLY, env);
  if (code != 0) return lmdb_failure(code, directory.string() + " cannot be opened");
  int dead = 0;
  mdb_reader_check(env, &dead);
  return env;
}

}  // namespace

Failure lmdb_failure(int code, const std::string& doing) {
  const std::string what = doing + ": " + mdb_strerror(code);
  switch (code) {
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
      return fail(ErrorKind::full, what, "the log has outgrown its map: use a 64-bit system");
    case MDB_READERS_FULL:
      return fail(ErrorKind::full, what, "close some of the log's readers");
    case MDB_TXN_FULL:
      return fail(ErrorKind::full, what, "commit fewer events at once");
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return fail(ErrorKind::full, what, "free space on the disk");
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_BAD_TXN:
      return fail(ErrorKind::corrupt, what, salvage_it);
    case MDB_INVALID:
      return fail(ErrorKind::foreign, what, salvage_it);
    case MDB_VERSION_MISMATCH:
      return fail(ErrorKind::newer, what, "use the wattledger that wrote it, with its LMDB");
    default:
      return fail(ErrorKind::io, what, "check the disk: its health, free space and permissions");
  }
}

// The environments open in this process, by device and inode of their data file. A fork's child
// must not use its parent's, hence the process id.
class EnvironmentRegistry {
 public:
  struct Place {
    ::pid_t process;
    ::dev_t device;
    ::ino_t inode;
    auto operator<=>(const Place&) const = default;
  };
  struct Entry {
    std::unique_ptr<Environment> environment;
    std::size_t users = 0;
  };

  static EnvironmentRegistry& instance() {
    static auto* registry =
        new EnvironmentRegistry;  // never destroyed: logs may outlive every other static
    return *registry;
  }

  static std::optional<Place> place(const std::filesystem::path& directory) {
    struct ::stat status {};
    if (::stat((directory / data_file).c_str(), &status) != 0) return std::nullopt;
    return Place{::getpid(), status.st_dev, status.st_ino};
  }

  Result<std::shared_ptr<Environment>> open(const std::filesystem::path& directory,
                                            std::uint64_t map_bytes) {
    const std::lock_guard lock(mutex_);
    if (const auto known = place(directory); known && entries_.contains(*known)) return use(*known);
    WATTLEDGER_TRY(check_data_file(directory / data_file));
    auto environment = make(directory, map_bytes);
    if (!environment) return Failure(environment.error());
    WATTLEDGER_TRY(check_length((*environment)->get(), directory / data_file));
    WATTLEDGER_TRY((*environment)->open_databases());
    return add(*std::move(environment));
  }

  Result<std::shared_ptr<Environment>> create(const std::filesystem::path& directory,
                                              const MetaValues& values) {
    const std::lock_guard lock(mutex_);
    if (const auto known = place(directory); known && entries_.contains(*known))
      return fail(ErrorKind::conflict, "a log is in " + directory.string() + " already", "open it");
    WATTLEDGER_TRY(begin_anew(directory / data_file));
    auto environment = make(directory, map_bytes_default);
    if (!environment) return Failure(environment.error());
    WATTLEDGER_TRY((*environment)->create_databases(values));
    return add(*std::move(environment));
  }

 private:
  static Result<std::unique_ptr<Environment>> make(const std::filesystem::path& directory,
                                                   std::uint64_t map_bytes) {
    auto env = open_environment(directory, map_bytes);
    if (!env) return Failure(env.error());
    return std::make_unique<Environment>(*env, directory);
  }

  Result<std::shared_ptr<Environment>> add(std::unique_ptr<Environment> environment) {
    const auto where = place(environment->directory());
    if (!where) return system_failure(environment->data_path().string() + " vanished");
    entries_[*where].environment = std::move(environment);
    return use(*where);
  }

  std::shared_ptr<Environment> use(const Place& where) {
    Entry& entry = entries_.at(where);
    ++entry.users;
    return {entry.environment.get(), [this, where](Environment*) { release(where); }};
  }

  void release(const Place& where) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(where);
    if (--found->second.users == 0) entries_.erase(found);
  }

  std::mutex mutex_;
  std::map<Place, Entry> entries_;
};

Result<std::shared_ptr<Environment>> Environment::open(const std::filesystem::path& directory,
                                                       std::uint64_t map_bytes) {
  return EnvironmentRegistry::instance().open(directory, map_bytes);
}

Result<std::shared_ptr<Environment>> Environment::create(const std::filesystem::path& directory,
                                                         const MetaValues& values) {
  return EnvironmentRegistry::instance().create(directory, values);
}

Environment::~Environment() { mdb_env_close(env_); }

bool Environment::map_can_be(std::uint64_t bytes) { return address_space_for(bytes); }

std::uint64_t Environment::used_bytes() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  return (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

Result<void> Environment::make_room(std::uint64_t bytes) const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  const std::uint64_t needed = used_bytes() + bytes;
  if (needed <= info.me_mapsize) return {};
  std::uint64_t wanted = info.me_mapsize;
  while (wanted < needed) wanted *= 2;
  const std::unique_lock alone(map_);
  if (!address_space_for(wanted))
    return fail(ErrorKind::full,
                data_path().string() + " needs a map of " + std::to_string(wanted) +
                    " bytes, for which this process has no address space",
                "use a 64-bit system without a limit on virtual memory, or archive the log's past");
  const int code = mdb_env_set_mapsize(env_, static_cast<std::size_t>(wanted));
  if (code != 0) return lmdb_failure(code, data_path().string() + ", making its map larger");
  return {};
}

Result<void> Environment::follow_map() const {
  const std::unique_lock alone(map_);
  const int code = mdb_env_set_mapsize(env_, 0);
  if (code != 0) return lmdb_failure(code, data_path().string() + ", following its map's new size");
  return {};
}

void Environment::reap_readers() const {
  int dead = 0;
  mdb_reader_check(env_, &dead);
}

std::size_t Environment::readers() const {
  // LMDB tells them as text, a line each behind a heading; without any, one line in parentheses.
  std::size_t lines = 0;
  const auto count = [](const char* line, void* to) noexcept {
    if (*line != '(') ++*static_cast<std::size_t*>(to);
    return 0;
  };
  mdb_reader_list(env_, count, &lines);
  return lines == 0 ? 0 : lines - 1;
}

Result<void> Environment::open_databases() {
  auto transaction = Transaction::begin(*this, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const std::array<std::pair<const char*, unsigned*>, 4> wanted = {
      {{"meta", &databases_.meta},
       {"events", &databases_.events},
       {"nodes", &databases_.nodes},
       {"checkpoints", &databases_.checkpoints}}};
  MDB_stat stat{};
  mdb_env_stat(env_, &stat);
  if (stat.ms_entries == 0)
    return fail(ErrorKind::not_found, directory_.string() + " holds a log that was never finished",
                "create the log again");
  for (const auto& [name, handle] : wanted) {
    const int code = mdb_dbi_open(transaction->get(), name, 0, handle);
    if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE)
      return fail(
          ErrorKind::foreign,
          directory_.string() + " is an LMDB environment without the database `" + name + "`",
          "choose another directory");
    if (code != 0) return lmdb_failure(code, directory_.string() + ", database " + name);
  }
  return std::move(*transaction).commit();  // else LMDB forgets the handles
}

Result<void> Environment::create_databases(const MetaValues& values) {
  auto transaction = Transaction::begin(*this, Transaction::Access::write);
  if (!transaction) return Failure(transaction.error());
  MDB_stat stat{};
  mdb_env_stat(env_, &stat);
  unsigned found = 0;
  if (stat.ms_entries != 0) {
    if (mdb_dbi_open(transaction->get(), "meta", 0, &found) == 0)
      return fail(ErrorKind::conflict, "a log is in " + directory_.string() + " already",
                  "open it");
    return fail(ErrorKind::foreign, directory_.string() + " holds another LMDB environment",
                "choose another directory");
  }
  const std::array<std::pair<const char*, unsigned*>, 4> wanted = {
      {{"meta", &databases_.meta},
       {"events", &databases_.events},
       {"nodes", &databases_.nodes},
       {"checkpoints", &databases_.checkpoints}}};
  for (const auto& [name, handle] : wanted)
    if (const int code = mdb_dbi_open(transaction->get(), name, MDB_CREATE, handle); code != 0)
      return lmdb_failure(code, directory_.string() + ", database " + name);
  WATTLEDGER_TRY(write_meta(*this, *transaction, values));
  return std::move(*transaction).commit();
}

}  // namespace wattledger::log
