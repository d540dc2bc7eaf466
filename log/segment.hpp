// A segment: a closed range of the log's records in one immutable file, compressed, with all that
// is needed to verify it. FORMAT.md has the bytes.
//
// Threads: a reader stays on one thread at a time. Errors name the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>

#include "log/disk_file.hpp"
#include "log/segment_codec.hpp"
#include "log/segment_manifest.hpp"

namespace wattledger::log {

// Some consecutive records, decoded.
struct SegmentBlock {
  Sequence first;
  Block block;
  [[nodiscard]] Sequence last() const { return Sequence{first.value + block.size() - 1}; }
  // `sequence` lies in first to last.
  [[nodiscard]] std::span<const std::byte> record(Sequence sequence) const {
    return block.record(static_cast<std::size_t>(sequence.value - first.value));
  }
};

class SegmentReader {
 public:
  // Reads and verifies the manifest. not_found; corrupt if the file is cut short or damaged;
  // foreign, newer.
  static Result<SegmentReader> open(const std::filesystem::path& path);
  static Result<SegmentReader> open(DiskFile file);

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  // SHA-256 of the manifest, which has those of the blocks: it stands for the whole segment.
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }
  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

  // Block `index` of the manifest, verified against its digest.
  [[nodiscard]] Result<std::shared_ptr<const SegmentBlock>> block(std::size_t index) const;
  // Every block, and what the manifest says of counts, times and tree. corrupt, naming the block.
  [[nodiscard]] Result<void> verify() const;

 private:
  SegmentReader(DiskFile file, Manifest manifest)
      : file_(std::move(file)), manifest_(std::move(manifest)) {}
  DiskFile file_;
  Manifest manifest_;
  Digest digest_;
  std::uint64_t file_bytes_ = 0;
};

// Where a segment's records come from, and what its tree is checked against.
struct SegmentSource {
  Id128 log;
  Sequence first;
  Sequence last;
  Digest root;  // of the log's records 1 to last
  // Bytes as they are stored; valid until the next call. Asked for twice, in order.
  std::function<Result<std::span<const std::byte>>(Sequence)> record;
  // What the log stored for a node of level 8 or above.
  std::function<Result<Digest>(unsigned level, std::uint64_t index)> node;
};

// Called now and then with the records done and all; a record is done twice: written, read back.
using SegmentProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Writes <directory>/<segment_name>, by way of a temporary name: every record is read back and
// compared with its source, the tree with the log's, before the name is given. Durable when it
// returns. A segment of that name is replaced.
[[nodiscard]] Result<SegmentReader> write_segment(const std::filesystem::path& directory,
                                                  const SegmentSource& source,
                                                  const SegmentProgress& progress = {});

}  // namespace wattledger::log
