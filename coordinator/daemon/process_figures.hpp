// What the kernel says of this process: memory, time, bytes written. Absent where it does not say.
// The texts' readers are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wattledger::daemon {

struct ProcessFigures {
  std::optional<std::uint64_t> resident;      // bytes; what is mapped of files counts
  std::optional<std::uint64_t> anonymous;     // of them, what no file stands behind
  std::optional<std::uint64_t> cpu_ms;        // since the start, of all threads
  std::optional<std::uint64_t> written;       // bytes caused to be written to disks since the start
  std::optional<std::uint64_t> memory_limit;  // of the unit's control group
};

// From /proc/self/status (VmRSS, RssAnon), whose numbers the kernel keeps anyway. smaps_rollup
// would walk all pages for the same.
[[nodiscard]] ProcessFigures process_figures();

// Bytes behind "VmRSS:" and the like, which are told in kB.
[[nodiscard]] std::optional<std::uint64_t> status_bytes(std::string_view status,
                                                        std::string_view name);
// The number behind "write_bytes:".
[[nodiscard]] std::optional<std::uint64_t> io_bytes(std::string_view io, std::string_view name);
// "/system.slice/wattledgerd.service" from /proc/self/cgroup's line of the one hierarchy.
[[nodiscard]] std::optional<std::string> control_group(std::string_view cgroup);

}  // namespace wattledger::daemon
