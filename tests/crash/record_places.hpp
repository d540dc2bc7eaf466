// Where in data.mdb the log's records stand: LMDB asked directly, without the log's code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace wattledger::testing {

struct RecordPlace {
  std::uint64_t sequence = 0;
  std::uint64_t offset = 0;  // in data.mdb
  std::uint64_t bytes = 0;
};

// In order of sequence. The log must not be open in this process.
[[nodiscard]] std::vector<RecordPlace> record_places(const std::filesystem::path& directory);

}  // namespace wattledger::testing
