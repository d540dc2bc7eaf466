// Preloaded (LD_PRELOAD) into a program that keeps projections: kills it at its n-th change of a
// file under a directory, before it is made, or for a write when half of it is.
//
//   WATTLEDGER_KILL_UNDER=DIR   absolute, no links in it
//   WATTLEDGER_KILL_AT=N        from 1; an odd N leaves half a write
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "tests/support/interposed.hpp"

using wattledger::testing::real;

namespace {

bool is_watched(std::string_view path) {
  static const char* const under = std::getenv("WATTLEDGER_KILL_UNDER");
  return under != nullptr && path.substr(0, std::string_view(under).size()) == under;
}
bool is_watched(int fd) { return is_watched(wattledger::testing::file_of(fd)); }

// Is it this change?
bool comes_now() {
  static const char* const given = std::getenv("WATTLEDGER_KILL_AT");
  static const long at = given == nullptr ? 0 : std::atol(given);
  static std::atomic<long> changes{0};
  return ++changes == at;
}
bool halves() {
  const char* const given = std::getenv("WATTLEDGER_KILL_AT");
  return given != nullptr && std::atol(given) % 2 == 1;
}
[[noreturn]] void die() {
  (void)::raise(SIGKILL);
  std::abort();
}

void die_here(bool watched) {
  if (watched && comes_now()) die();
}

// `part` writes the first so many bytes.
template <class Part>
void die_within(int fd, std::size_t bytes, const Part& part) {
  if (!is_watched(fd) || !comes_now()) return;
  if (halves()) part(bytes / 2);
  die();
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* from, std::size_t bytes) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t)>("write");
  die_within(fd, bytes, [&](std::size_t part) { (void)function(fd, from, part); });
  return function(fd, from, bytes);
}

ssize_t pwrite(int fd, const void* from, std::size_t bytes, off_t at) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  die_within(fd, bytes, [&](std::size_t part) { (void)function(fd, from, part, at); });
  return function(fd, from, bytes, at);
}

ssize_t pwrite64(int fd, const void* from, std::size_t bytes, off64_t at) {
  static auto* const function = real<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  die_within(fd, bytes, [&](std::size_t part) { (void)function(fd, from, part, at); });
  return function(fd, from, bytes, at);
}

int ftruncate(int fd, off_t length) noexcept {
  static auto* const function = real<int(int, off_t)>("ftruncate");
  die_here(is_watched(fd));
  return function(fd, length);
}

int ftruncate64(int fd, off64_t length) noexcept {
  static auto* const function = real<int(int, off64_t)>("ftruncate64");
  die_here(is_watched(fd));
  return function(fd, length);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const function = real<int(const char*, const char*)>("rename");
  die_here(is_watched(to));
  return function(from, to);
}

int unlink(const char* path) noexcept {
  static auto* const function = real<int(const char*)>("unlink");
  die_here(is_watched(path));
  return function(path);
}

int fsync(int fd) {
  static auto* const function = real<int(int)>("fsync");
  die_here(is_watched(fd));
  return function(fd);
}

int fdatasync(int fd) {
  static auto* const function = real<int(int)>("fdatasync");
  die_here(is_watched(fd));
  return function(fd);
}

}  // extern "C"
