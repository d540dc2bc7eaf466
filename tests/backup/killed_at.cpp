// Preloaded: ends the process, as a power cut would, before its KILL_AT-th step that makes
// something durable or gives it its name.
#include <fcntl.h>

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "tests/support/interposed.hpp"

using wattledger::testing::real;

namespace {

void step() {
  static const char* at = std::getenv("KILL_AT");
  static std::atomic<long> steps{0};
  if (at != nullptr && ++steps == std::strtol(at, nullptr, 10)) ::raise(SIGKILL);
}

}  // namespace

extern "C" {

int fsync(int fd) {
  step();
  return real<int(int)>("fsync")(fd);
}

int fdatasync(int fd) {
  step();
  return real<int(int)>("fdatasync")(fd);
}

int rename(const char* from, const char* to) noexcept {
  step();
  return real<int(const char*, const char*)>("rename")(from, to);
}

int unlinkat(int directory, const char* name, int flags) noexcept {
  step();
  return real<int(int, const char*, int)>("unlinkat")(directory, name, flags);
}
}
