// One target of the fuzzers: bytes in, and either nothing happens or the process ends. A .cpp of
// this folder holds one:
//
//   const Target frontier("frontier", [](Bytes bytes) { … must(…); … });
//
// CMakeLists.txt names it in one line; its corpus is corpus/NAME/.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

namespace wattledger::fuzz {

using Bytes = std::span<const std::byte>;

class Target {
 public:
  using Run = void (*)(Bytes);
  Target(const char* called, Run what) : name_(called), run_(what) { all().push_back(this); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  [[nodiscard]] std::string_view name() const { return name_; }
  void run(Bytes bytes) const { run_(bytes); }

  // Every target that is linked into this program.
  static std::vector<const Target*>& all() {
    static std::vector<const Target*> targets;
    return targets;
  }

 private:
  const char* name_;
  Run run_;
};

// What must hold of every input. The fuzzer keeps the input that shows otherwise.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "must hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace wattledger::fuzz
