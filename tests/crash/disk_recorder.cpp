// Preloaded (LD_PRELOAD) into a program that writes a log: stands between it and its data.mdb,
// without a change to the program or to LMDB.
//
//   WATTLEDGER_DISK_TRACE=FILE   every write and sync of data.mdb goes into FILE (disk_trace.hpp)
//   WATTLEDGER_DISK_NOSYNC=1     LMDB's environments are opened with MDB_NOSYNC
//   wattledger_disk_mark(n)      for the program (by dlsym): a mark into the record
//   wattledger_disk_fail(…)      for the program: from here on, operation n fails
//
// A descriptor is known by the name of its file, so nothing is remembered of opens; whether a write
// is durable is asked of the descriptor (O_DSYNC). One lock holds an operation and its entry
// together: the record's order is what happened.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include "tests/crash/disk_fault.hpp"
#include "tests/crash/disk_trace.hpp"
#include "tests/support/interposed.hpp"

namespace wattledger::testing {
namespace {

constexpr unsigned mdb_nosync = 0x10000;  // lmdb.h's MDB_NOSYNC

ssize_t real_write(int fd, const void* from, std::size_t bytes) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t)>("write");
  return function(fd, from, bytes);
}

std::mutex& lock_of_all() {
  static std::mutex mutex;
  return mutex;
}

bool is_data_file(int fd) {
  constexpr std::string_view wanted = "/data.mdb";
  const std::string found = file_of(fd);
  return found.size() >= wanted.size() && found.substr(found.size() - wanted.size()) == wanted;
}

int trace_file() {
  static const int file = [] {
    const char* path = std::getenv("WATTLEDGER_DISK_TRACE");
    return path == nullptr
               ? -1
               : ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  }();
  return file;
}

void take_down(TraceKind kind, bool durable, std::uint64_t number, const iovec* pieces = nullptr,
               int count = 0, std::uint64_t bytes = 0) {
  if (trace_file() < 0) return;
  std::array<char, trace_head_bytes> head{};
  head[0] = static_cast<char>(kind);
  head[1] = static_cast<char>(durable ? 1 : 0);
  std::memcpy(head.data() + 2, &number, 8);
  std::memcpy(head.data() + 10, &bytes, 8);
  bool whole =
      real_write(trace_file(), head.data(), head.size()) == static_cast<ssize_t>(trace_head_bytes);
  for (int i = 0; i < count && bytes > 0; ++i) {
    const std::size_t part = std::min<std::uint64_t>(pieces[i].iov_len, bytes);
    whole =
        whole && real_write(trace_file(), pieces[i].iov_base, part) == static_cast<ssize_t>(part);
    bytes -= part;
  }
  if (!whole) std::abort();  // a record with a gap would prove nothing
}

struct Faults {
  bool armed = false;
  std::uint64_t operations = 0;  // since armed
  std::uint64_t nth = 0;         // from 1
  int error = 0;
  FaultManner manner = FaultManner::once;
};

Faults& faults() {
  static Faults instance;
  return instance;
}

// Under the lock, once per operation: does this one fail?
bool fails_now() {
  Faults& state = faults();
  if (!state.armed) return false;
  ++state.operations;
  return state.manner == FaultManner::from_then_on ? state.operations >= state.nth
                                                   : state.operations == state.nth;
}

// A write of some kind to the data file, of `pieces` at `offset`; `operation` does the real one.
template <class Operation>
ssize_t write_through(int fd, const iovec* pieces, int count, std::uint64_t offset,
                      const Operation& operation) {
  const std::lock_guard lock(lock_of_all());
  if (fails_now()) {
    if (faults().manner == FaultManner::short_write) {
      static auto* const function =
          real<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
      return function(fd, pieces[0].iov_base, pieces[0].iov_len / 2, static_cast<off64_t>(offset));
    }
    errno = faults().error;
    return -1;
  }
  const bool durable = (::fcntl(fd, F_GETFL) & O_DSYNC) != 0;
  const ssize_t written = operation();
  if (written > 0)
    take_down(TraceKind::write, durable, offset, pieces, count,
              static_cast<std::uint64_t>(written));
  return written;
}

template <class Operation>
ssize_t write_through(int fd, const void* from, std::size_t bytes, std::uint64_t offset,
                      const Operation& operation) {
  const iovec piece{const_cast<void*>(from), bytes};
  return write_through(fd, &piece, 1, offset, operation);
}

template <class Operation>
int sync_through(int fd, const Operation& operation) {
  if (!is_data_file(fd)) return operation();
  const std::lock_guard lock(lock_of_all());
  if (fails_now()) {
    errno = faults().error;
    return -1;
  }
  const int result = operation();
  if (result == 0) take_down(TraceKind::sync, false, 0);
  return result;
}

std::uint64_t position(int fd) { return static_cast<std::uint64_t>(::lseek64(fd, 0, SEEK_CUR)); }

}  // namespace

extern "C" {

void wattledger_disk_mark(std::uint64_t number) {
  const std::lock_guard lock(lock_of_all());
  take_down(TraceKind::mark, false, number);
}

void wattledger_disk_fail(std::uint64_t nth, int error, FaultManner manner) {
  const std::lock_guard lock(lock_of_all());
  faults() = {nth != 0, 0, nth, error, manner};
}

std::uint64_t wattledger_disk_operations() {
  const std::lock_guard lock(lock_of_all());
  return faults().operations;
}

ssize_t write(int fd, const void* from, std::size_t bytes) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t)>("write");
  const auto operation = [&] { return function(fd, from, bytes); };
  return is_data_file(fd) ? write_through(fd, from, bytes, position(fd), operation) : operation();
}

ssize_t writev(int fd, const iovec* pieces, int count) {
  static auto* const function = real<ssize_t(int, const iovec*, int)>("writev");
  const auto operation = [&] { return function(fd, pieces, count); };
  return is_data_file(fd) ? write_through(fd, pieces, count, position(fd), operation) : operation();
}

ssize_t pwrite(int fd, const void* from, std::size_t bytes, off_t at) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  const auto operation = [&] { return function(fd, from, bytes, at); };
  return is_data_file(fd)
             ? write_through(fd, from, bytes, static_cast<std::uint64_t>(at), operation)
             : operation();
}

ssize_t pwritev(int fd, const iovec* pieces, int count, off_t at) {
  static auto* const function = real<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  const auto operation = [&] { return function(fd, pieces, count, at); };
  return is_data_file(fd)
             ? write_through(fd, pieces, count, static_cast<std::uint64_t>(at), operation)
             : operation();
}

ssize_t pwrite64(int fd, const void* from, std::size_t bytes, off64_t at) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  const auto operation = [&] { return function(fd, from, bytes, at); };
  return is_data_file(fd)
             ? write_through(fd, from, bytes, static_cast<std::uint64_t>(at), operation)
             : operation();
}

ssize_t pwritev64(int fd, const iovec* pieces, int count, off64_t at) {
  static auto* const function = real<ssize_t(int, const iovec*, int, off64_t)>("pwritev64");
  const auto operation = [&] { return function(fd, pieces, count, at); };
  return is_data_file(fd)
             ? write_through(fd, pieces, count, static_cast<std::uint64_t>(at), operation)
             : operation();
}

int fdatasync(int fd) {
  static auto* const function = real<int(int)>("fdatasync");
  return sync_through(fd, [&] { return function(fd); });
}

int fsync(int fd) {
  static auto* const function = real<int(int)>("fsync");
  return sync_through(fd, [&] { return function(fd); });
}

int ftruncate(int fd, off_t length) noexcept {
  static auto* const function = real<int(int, off_t)>("ftruncate");
  if (!is_data_file(fd)) return function(fd, length);
  const std::lock_guard lock(lock_of_all());
  const int result = function(fd, length);
  if (result == 0) take_down(TraceKind::length, false, static_cast<std::uint64_t>(length));
  return result;
}

// LMDB calls it for a map that it writes to, which no recorder of writes can see: the checker finds
// that the file is not what the record gives, and refuses the run.
int msync(void* from, std::size_t bytes, int flags) {
  static auto* const function = real<int(void*, std::size_t, int)>("msync");
  const std::lock_guard lock(lock_of_all());
  const int result = function(from, bytes, flags);
  if (result == 0 && (flags & MS_SYNC) != 0) take_down(TraceKind::sync, false, 0);
  return result;
}

int mdb_env_open(void* env, const char* path, unsigned flags, mode_t mode) {
  static auto* const function = real<int(void*, const char*, unsigned, mode_t)>("mdb_env_open");
  const bool unsynced = std::getenv("WATTLEDGER_DISK_NOSYNC") != nullptr;
  return function(env, path, unsynced ? flags | mdb_nosync : flags, mode);
}

}  // extern "C"

}  // namespace wattledger::testing
