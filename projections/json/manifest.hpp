// out/.wattledger-manifest.json: how far the JSON files have come, how long each that is appended
// to is for certain, and what the others need of earlier rows. What lies beyond is undone after a
// crash, or written again; files of length 0 were only announced. Written as a whole, durably.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "projections/projector.hpp"

namespace wattledger::projections {

struct Manifest {
  std::optional<Checkpoint> checkpoint;        // absent: nothing applied yet
  std::map<std::string, std::uint64_t> files;  // appended to: name under out/ -> length
  std::string newest_day;                      // "YYYY-MM-DD" of the newest row, for retention
  std::string imported_day;  // the newest of imported rows: files up to it are kept for ever
  std::vector<std::string> expired;     // being removed; no longer in `files`
  std::string documents;                // documents_text() at the checkpoint; empty: none yet
  std::vector<std::string> whole;       // of a set built aside: its files that are written whole
  std::optional<std::string> adopting;  // the directory whose files are taking the place of ours
};

inline constexpr const char* manifest_name = ".wattledger-manifest.json";

// nullopt when there is none. `corrupt` or `newer` otherwise, with the remedy.
[[nodiscard]] Result<std::optional<Manifest>> read_manifest(const std::filesystem::path& out);
Result<void> write_manifest(const std::filesystem::path& out, const Manifest& manifest);

}  // namespace wattledger::projections
