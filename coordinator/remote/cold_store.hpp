// Segments of the log with a remote: sent, fetched back there and compared byte by byte, and only
// then gone from here; brought back where somebody needs them. Never removed there.
#pragma once

#include <filesystem>
#include <string>

#include "coordinator/remote/remote.hpp"
#include "log/cold_segment.hpp"

namespace wattledger::remote {

// A house's segments stand in a directory of their own there: two houses may share a remote.
[[nodiscard]] std::string cold_place(const std::string& remote, const Id128& log);

// The file here is gone when this returns, and not before the remote's was compared with it and
// what is kept of it is on disk. corrupt if the remote has something else: nothing is gone then.
[[nodiscard]] Result<log::ColdSegment> send_segment(const std::filesystem::path& log_directory,
                                                    const log::SequenceRange& records,
                                                    const std::string& place, UtcTime now,
                                                    const RcloneLimits& limits);
// One that was fetched goes again, after another look at what the remote has.
Result<void> leave_segment(const std::filesystem::path& log_directory, const log::ColdSegment& cold,
                           const RcloneLimits& limits);
// Its file in `aside`, known by its bytes; not_found, corrupt, full.
[[nodiscard]] Result<std::filesystem::path> fetch_aside(const log::ColdSegment& cold,
                                                        const std::filesystem::path& aside,
                                                        const RcloneLimits& limits);
// The same, into the log's segments.
Result<void> fetch_segment(const std::filesystem::path& log_directory, const log::ColdSegment& cold,
                           const RcloneLimits& limits);

}  // namespace wattledger::remote
