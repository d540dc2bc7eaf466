// How much room a log has: on its disk, and in the address space that it is mapped into. For
// warnings that come before an append fails. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "events/result.hpp"
#include "log/log.hpp"

namespace wattledger::log {

// Less than this left is a warning: months of a house's log, weeks of its JSON files.
inline constexpr std::uint64_t disk_free_least = std::uint64_t{256} << 20U;

struct Room {
  std::filesystem::path directory;
  std::uint64_t disk_free = 0;  // bytes that this user may still write there
  std::uint64_t used = 0;       // of the data file, its free pages included
  std::uint64_t map = 0;        // bytes of the data file that are mapped now
  bool map_grows = true;        // the process has the address space for twice as many
};

// io if the disk does not say.
[[nodiscard]] Result<Room> room_of(const Log& log);

// Lets go of the log's pages that this process has looked at: they stay in the system's cache, and
// no longer count as memory of ours. After a long scan, for who runs for months.
void let_go_of_pages(const Log& log);

enum class Scarce : std::uint8_t { disk, address_space };

struct RoomWarning {
  Scarce what;
  std::string line;  // what, where, what to do
};

// Empty where there is room. Pure.
[[nodiscard]] std::vector<RoomWarning> room_warnings(const Room& room);

// full, with figures, if the disk of `directory` (or of the nearest one above that is there) cannot
// take so many bytes of `what`; io if it does not say.
Result<void> require_room(const std::filesystem::path& directory, std::uint64_t bytes,
                          const std::string& what);

}  // namespace wattledger::log
