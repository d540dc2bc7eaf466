// What whoever helps needs to see of a house, with all that tells whose it is replaced.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replay/place.hpp"
#include "replay/support/tar_file.hpp"

namespace wattledger::tool {

struct SupportBundle {
  std::vector<TarMember> members;
  std::vector<std::string> left_out;  // what would have been in it, and why it is not
  UtcTime made;
};

// A configuration that cannot be read and a log that is damaged are left out with a word: that is
// when help is needed. `key` makes the pseudonyms.
[[nodiscard]] SupportBundle make_support_bundle(const Place& place, const std::string& key,
                                                const std::string& config_file,
                                                const std::optional<Error>& config_error);

}  // namespace wattledger::tool
