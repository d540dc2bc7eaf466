// What the older program took from the environment: DATABASE_PATH and DATABASE_POOL_SIZE.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "coordinator/config/config.hpp"

namespace wattledger::config {

// nullptr where a variable is not set.
using Environ = std::function<const char*(const char* name)>;

// DATABASE_PATH stands for projections.sqlite.path where the configuration says nothing of it; a
// relative one is invalid_input. DATABASE_POOL_SIZE goes to `without_meaning`: one writer and its
// readers need no pool. An empty variable is one that is not set.
[[nodiscard]] Result<void> take_legacy_environment(const Environ& environ, Config& config);

// What those that are set mean, a sentence each.
[[nodiscard]] std::vector<std::string> legacy_environment_remarks(const Environ& environ);

}  // namespace wattledger::config
