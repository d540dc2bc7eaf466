// For libraries that are preloaded (LD_PRELOAD) and stand between a program and the C library.
#pragma once

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace wattledger::testing {

// The function of that name which the program would call without us.
template <class Function>
Function* real(const char* name) {
  void* found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

// A descriptor's file; empty for what has none.
inline std::string file_of(int fd) {
  std::array<char, 64> link{};
  std::array<char, 4096> name{};
  (void)std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(link.data(), name.data(), name.size());
  return length < 0 ? std::string() : std::string(name.data(), static_cast<std::size_t>(length));
}

}  // namespace wattledger::testing
