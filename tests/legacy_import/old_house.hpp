// A made installation of the older system: its SQLite file and its tree of JSON files, with values
// that no fixed unit can hold. The same arguments make the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace wattledger::testing {

struct OldHouse {
  std::string first = "2025-12-01T00:00:00";  // local, in a zone without changes meanwhile
  std::int64_t readings = 288;
  std::int64_t every_s = 300;
  std::int64_t decision_every_s = 900;
  std::uint32_t seed = 1;
  bool database = true;
  bool files = true;
};

// data/goodwe_energy.db and out/ below `directory`.
void make_old_house(const std::filesystem::path& directory, const OldHouse& house);

}  // namespace wattledger::testing
