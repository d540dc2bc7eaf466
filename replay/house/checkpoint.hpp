// A signed checkpoint of everything that the log holds now.
#pragma once

#include <string>

#include "replay/place.hpp"

namespace wattledger::tool {

struct SignedCheckpoint {
  std::string note;
  bool by_daemon = false;
};

// By the daemon where one runs, else under the writer lock; stored in the log.
[[nodiscard]] Result<SignedCheckpoint> sign_checkpoint(const Place& place);

}  // namespace wattledger::tool
