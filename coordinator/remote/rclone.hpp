// Runs rclone, which knows S3, Google, Azure, SFTP and the like: a program of its own, without a
// shell, with a time limit. Where its configuration lies is rclone's matter (RCLONE_CONFIG, else
// ~/.config/rclone). Any thread; waits.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "events/result.hpp"

namespace wattledger::remote {

struct RcloneLimits {
  std::chrono::seconds time_max{6 * 3'600};  // of one run: a slow line's night
  std::stop_token stop;
};

struct RcloneRun {
  std::string out;     // at most 64 MiB
  std::string errors;  // the last 16 KiB
};

// unsupported if there is no rclone; not_found if the remote has no such directory or file;
// timed_out; else io with rclone's last words.
[[nodiscard]] Result<RcloneRun> run_rclone(const std::vector<std::string>& words,
                                           const RcloneLimits& limits);

}  // namespace wattledger::remote
