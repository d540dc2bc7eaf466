// The segments of a log: what was moved out of LMDB, read back block by block; and how more of it
// is moved: plan, build, and then retire (retire.hpp).
//
// Threads: one at a time. Segments never change, so that any process may read while another builds.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "log/log.hpp"
#include "log/reader.hpp"
#include "log/segment.hpp"

namespace wattledger::log {

inline constexpr const char* segments_directory = "segments";
// Segments end where a stored Merkle node does.
inline constexpr std::uint64_t segment_step = 256;
// The newest records stay in LMDB: a writer reads their correlations when it opens.
inline constexpr std::uint64_t unarchived_records_min = 4'096;

class Archive {
 public:
  // Lists names only: a segment is opened when it is read. A log without segments has an empty
  // archive. io, not_found.
  static Result<Archive> open(const std::filesystem::path& log_directory, const Meta& meta);

  // By first sequence. A range that no segment covers is not in it.
  [[nodiscard]] std::vector<SequenceRange> segments() const;
  // Lowest sequence in a segment; 0 if there is none.
  [[nodiscard]] Sequence first() const;
  // What no segment covers between `from` and `to`.
  [[nodiscard]] std::vector<SequenceRange> gaps(Sequence from, Sequence to) const;

  // The block that holds it; keep it for as long as its records are looked at. The last few are
  // remembered, so that going through records one by one decodes each block once. not_found if no
  // segment holds it (the directory is listed again first), saying which records are missing;
  // corrupt or foreign, naming the segment.
  [[nodiscard]] Result<std::shared_ptr<const SegmentBlock>> block_of(Sequence sequence);
  // Valid until the second next call.
  [[nodiscard]] Result<std::span<const std::byte>> record(Sequence sequence);
  // The segment that holds it.
  [[nodiscard]] Result<std::reference_wrapper<const SegmentReader>> segment_of(Sequence sequence);

 private:
  Archive(std::filesystem::path directory, const Meta& meta);
  Result<void> list();
  [[nodiscard]] std::optional<SequenceRange> range_of(Sequence sequence) const;
  [[nodiscard]] Result<void> check_owner(const SegmentReader& segment) const;

  std::filesystem::path directory_;
  Id128 log_;
  std::optional<Id128> parent_;
  std::uint64_t parent_size_;
  Sequence archived_;                    // up to here, by meta
  std::map<Sequence, Sequence> ranges_;  // first → last
  std::map<Sequence, SegmentReader> readers_;
  std::deque<std::shared_ptr<const SegmentBlock>> recent_;  // newest first
};

// What to archive so that everything up to `up_to` is: segments to build, and where retiring ends
// (0: nothing to retire). Segments that stand already are not built again.
struct ArchivePlan {
  std::vector<SequenceRange> build;
  Sequence retire_to;
};
// A range as segments that each may have: aligned to the size of a whole one, so that the next one
// begins there too.
[[nodiscard]] std::vector<SequenceRange> segment_ranges(SequenceRange range);
[[nodiscard]] ArchivePlan plan_archive(const Meta& meta, const Archive& archive, Sequence up_to);

// Builds and verifies one segment as a reader; changes nothing in LMDB.
[[nodiscard]] Result<SegmentReader> build_segment(const Snapshot& snapshot, const Log& log,
                                                  const SequenceRange& range,
                                                  const SegmentProgress& progress = {});
// The same into another directory, of any records that the log has, archived ones too: for a
// backup.
[[nodiscard]] Result<SegmentReader> build_segment_in(const std::filesystem::path& directory,
                                                     const Snapshot& snapshot,
                                                     const SequenceRange& range,
                                                     const SegmentProgress& progress);

}  // namespace wattledger::log
