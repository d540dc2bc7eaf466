// What a program did to its data.mdb, as disk_recorder.cpp (preloaded into it) wrote it down: one
// entry after the other, in the order in which they happened.
//
//   0  u8   TraceKind
//   1  u8   1 if a write was durable when it returned (O_DSYNC)
//   2  u64  offset of a write, new length of a truncation, number of a mark; this machine's order
//  10  u64  bytes of a write, which follow; else 0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace wattledger::testing {

enum class TraceKind : std::uint8_t {
  write = 1,
  sync = 2,    // fsync, fdatasync, or msync of the whole
  length = 3,  // ftruncate
  mark = 4     // the program answered for everything up to this number
};

struct TraceEntry {
  TraceKind kind = TraceKind::mark;
  bool durable = false;
  std::uint64_t number = 0;
  std::vector<std::byte> bytes;
};

inline constexpr std::size_t trace_head_bytes = 18;

inline std::vector<TraceEntry> read_trace(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<TraceEntry> entries;
  const auto take = [&](void* to, std::size_t bytes) {
    return static_cast<bool>(
        file.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes)));
  };
  TraceEntry entry;
  std::uint64_t bytes = 0;
  while (take(&entry.kind, 1)) {
    if (!take(&entry.durable, 1) || !take(&entry.number, 8) || !take(&bytes, 8))
      throw std::runtime_error("the record of writes ends in the middle of an entry");
    entry.bytes.resize(bytes);
    if (bytes > 0 && !take(entry.bytes.data(), bytes))
      throw std::runtime_error("the record of writes ends in the middle of a write");
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace wattledger::testing
