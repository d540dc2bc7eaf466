// Preloaded (LD_PRELOAD) into a program: as long as the file that WATTLEDGER_FULL names is there,
// no file in its directory grows or takes a byte: a full disk, without one, that can be freed
// again.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "tests/support/interposed.hpp"

namespace wattledger::testing {
namespace {

bool is_full(int fd) {
  static const char* const flag = std::getenv("WATTLEDGER_FULL");
  struct stat ignored {};
  if (flag == nullptr || ::stat(flag, &ignored) != 0) return false;
  const std::string name(flag);
  const std::string directory = name.substr(0, name.rfind('/') + 1);
  return file_of(fd).rfind(directory, 0) == 0;
}

template <class Number, class Operation>
Number unless_full(int fd, const Operation& operation) {
  if (!is_full(fd)) return operation();
  errno = ENOSPC;
  return -1;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* from, std::size_t bytes) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t)>("write");
  return unless_full<ssize_t>(fd, [&] { return function(fd, from, bytes); });
}

ssize_t writev(int fd, const iovec* pieces, int count) {
  static auto* const function = real<ssize_t(int, const iovec*, int)>("writev");
  return unless_full<ssize_t>(fd, [&] { return function(fd, pieces, count); });
}

ssize_t pwrite(int fd, const void* from, std::size_t bytes, off_t at) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  return unless_full<ssize_t>(fd, [&] { return function(fd, from, bytes, at); });
}

ssize_t pwrite64(int fd, const void* from, std::size_t bytes, off64_t at) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  return unless_full<ssize_t>(fd, [&] { return function(fd, from, bytes, at); });
}

ssize_t pwritev(int fd, const iovec* pieces, int count, off_t at) {
  static auto* const function = real<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  return unless_full<ssize_t>(fd, [&] { return function(fd, pieces, count, at); });
}

ssize_t pwritev64(int fd, const iovec* pieces, int count, off64_t at) {
  static auto* const function = real<ssize_t(int, const iovec*, int, off64_t)>("pwritev64");
  return unless_full<ssize_t>(fd, [&] { return function(fd, pieces, count, at); });
}

}  // extern "C"

}  // namespace wattledger::testing
