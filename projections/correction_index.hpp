// Which records are corrections, and of what: so that whoever explains a fact need not read all
// that was recorded since. The file <data>/cache/corrections, written with the evenly spaced states
// (fold_cache.hpp) by whoever writes those; it may be deleted at any time. Text:
//
//   wattledger corrections 1
//   <the log's uuid> <sequence through which it knows all> <Merkle root there>
//   <sequence of the correction> <of what it corrects>      for each, ascending
//   <SHA-256 of the lines before>
//
// To show, not to verify: a forged one could leave a correction out.
#pragma once

#include <filesystem>
#include <vector>

#include "log/reader.hpp"

namespace wattledger::projections {

struct CorrectionPlace {
  Sequence by, corrects;
  bool operator==(const CorrectionPlace&) const = default;
};

struct KnownCorrections {
  Sequence through;  // 0: nothing is known
  std::vector<CorrectionPlace> places;
};

// Adds the record's, if it is a correction.
void take_correction(const log::RecordView& record, std::vector<CorrectionPlace>& places);

class CorrectionIndex {
 public:
  // `cache` is <data>/cache.
  explicit CorrectionIndex(const std::filesystem::path& cache);
  // Nothing where there is none of this log and its history, or where it is damaged.
  [[nodiscard]] KnownCorrections find(const log::Snapshot& log) const;
  // To a temporary name, then renamed; not synced. The root at `known.through` is `root`.
  Result<void> write(const log::Snapshot& log, const KnownCorrections& known,
                     const Digest& root) const;
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
};

}  // namespace wattledger::projections
