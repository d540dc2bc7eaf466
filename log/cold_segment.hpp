// What stays here of a segment whose file went to a remote: a small JSON file beside where it was,
// <segment>.cold, which says what it held, where it went, and by which bytes it is known again.
//
// Threads: any; one process at a time changes them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "log/reader.hpp"

namespace wattledger::log {

inline constexpr const char* cold_ending = ".cold";

struct ColdSegment {
  SequenceRange records;
  std::uint64_t bytes = 0;  // of the file …
  Digest digest;            // … and their SHA-256
  UtcTime recorded_from{};
  UtcTime recorded_to{};
  std::string place;  // rclone's name of the directory it stands in, as "nas:house/UUID"
  UtcTime sent_at{};
  bool operator==(const ColdSegment&) const = default;

  [[nodiscard]] std::string name() const;  // of the segment's file
};

// Of a segment that stands here, every block of it read and checked.
[[nodiscard]] Result<ColdSegment> describe_segment(const std::filesystem::path& log_directory,
                                                   const SequenceRange& records,
                                                   const std::string& place, UtcTime sent_at);
// Is this file, wherever it lies, the segment? corrupt if not.
Result<void> require_same_segment(const ColdSegment& cold, const std::filesystem::path& file);

// Durable; replaces what an earlier one says.
Result<void> write_cold(const std::filesystem::path& log_directory, const ColdSegment& cold);
// Where a record stands that no segment here holds; absent if with no remote either, as far as is
// known here.
[[nodiscard]] std::optional<ColdSegment> cold_segment_of(const Snapshot& snapshot,
                                                         Sequence sequence);
// By first record, whether their files are here again or not. What cannot be read is corrupt.
[[nodiscard]] Result<std::vector<ColdSegment>> list_cold(
    const std::filesystem::path& log_directory);

}  // namespace wattledger::log
