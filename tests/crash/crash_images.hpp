// What a disk may hold after the power went, told from a record of writes and syncs: everything
// synced, and of the rest any part. The model is the worst that POSIX allows:
//
// - a write that is not synced yet is there, or not, or in part; parts are sectors of 512 bytes,
//   which are there or not, each by itself; writes reach the disk in any order;
// - within one sector nothing is torn (disks promise that much), and of writes to one sector the
//   disk holds a state that the page cache had;
// - an O_DSYNC write makes its own sectors durable when it returns, fsync and fdatasync all; the
//   length of the file is at least what its durable bytes need, and may be anything up to what it
//   was.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "tests/crash/disk_trace.hpp"

namespace wattledger::testing {

class Disk {
 public:
  static constexpr std::size_t sector_bytes = 512;
  using Image = std::vector<std::byte>;

  // The operation is over: it returned.
  void finish(const TraceEntry& entry);
  // The power goes: `in_flight`, which may be null, had begun and not returned. Any call gives
  // another possible image.
  [[nodiscard]] Image image(std::mt19937_64& random, const TraceEntry* in_flight) const;
  // What a reader saw while the power was on.
  [[nodiscard]] Image cached() const;
  [[nodiscard]] bool anything_unsynced() const { return !versions_.empty() || pending_length(); }

 private:
  using Sector = std::array<std::byte, sector_bytes>;
  struct Version {
    unsigned write = 0;
    Sector content{};
  };

  void write_to_cache(const TraceEntry& entry);
  void make_durable(std::uint64_t sector);
  [[nodiscard]] bool pending_length() const { return certain_length_ != cache_length_; }

  // Both padded to whole sectors, of equal size.
  Image certain_;
  Image cache_;
  std::uint64_t certain_length_ = 0;
  std::uint64_t cache_length_ = 0;
  unsigned writes_ = 0;
  std::map<std::uint64_t, std::vector<Version>> versions_;        // of sectors, since durable
  std::map<unsigned, std::vector<std::uint64_t>> write_sectors_;  // of writes that may be pending
};

}  // namespace wattledger::testing
