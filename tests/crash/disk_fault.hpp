// How the disk fails, for disk_recorder.cpp and the program it is preloaded into.
#pragma once

#include <cstdint>

namespace wattledger::testing {

enum class FaultManner : std::uint8_t {
  once,          // one operation fails, the next succeed
  from_then_on,  // a disk that is gone, or stays full
  short_write    // a write takes half of its bytes and says so; a sync fails
};

}  // namespace wattledger::testing
