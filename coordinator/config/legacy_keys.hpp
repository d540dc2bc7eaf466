// The legacy configuration's data_storage section, as its owners have it: which of its keys mean
// one of ours, and which have no meaning here. For this room.
#pragma once

#include <string_view>
#include <vector>

namespace wattledger::config {

struct LegacyKey {
  std::string_view path;
  std::string_view now;  // the key of ours that it means; empty: it is read and sets nothing
};

[[nodiscard]] const std::vector<LegacyKey>& legacy_keys();

}  // namespace wattledger::config
