// A configuration key by key, for those who show it to others.
#pragma once

#include <string>
#include <vector>

#include "coordinator/config/config.hpp"

namespace wattledger::config {

struct ShownKey {
  std::string path, value;
  // A number or one of the words that the key takes. What an owner writes freely (names, hosts,
  // paths, whatever else a later key holds) and the house's place are not.
  bool plain = false;
};
// Every key whose value is not the default's.
[[nodiscard]] std::vector<ShownKey> shown_keys(const Config& config);

}  // namespace wattledger::config
