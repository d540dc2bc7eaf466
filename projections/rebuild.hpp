// Builds projections anew from the log, aside, and compares two sets of them. Live files are never
// touched here: taking over what was built is the owner's act (live/).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/result.hpp"
#include "log/log.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

// Schema versions of the SQLite tables that can be built: 1 to this.
inline constexpr std::uint32_t sqlite_schema_last = 5;

struct StageOptions {
  bool sqlite = true;
  bool json = true;
  std::uint32_t schema = 5;         // of SQLite
  bool json_selling_files = false;  // see JsonOptions
  bool keep_all = false;            // without retention
  bool imported_only = false;       // what imports brought, without corrections, and nothing else
  std::filesystem::path
      directory;  // gets the layout of <data>; absent or empty before, else conflict
  bool replace =
      false;  // what is there is removed first: only for directories below <data>/staging
  // Also <directory>/cache with the evenly spaced states (fold_cache.hpp), for whoever adopts.
  bool keep_states = false;
  std::optional<Sequence> through;  // the log's head when absent
  std::function<void(Sequence done, Sequence head)> progress;
};

struct StagedProjection {
  std::string name;
  Checkpoint checkpoint;
  std::map<std::string, std::uint64_t> rows;  // SQLite: per table, as the finished file holds them
};

struct StageReport {
  std::vector<StagedProjection> projections;
  Sequence sequence;  // the log was read up to here; every checkpoint stands here
  Digest root;
  std::uint64_t rows_derived = 0;
  std::uint64_t corrected = 0;  // records whose rows are as corrections say
  std::chrono::milliseconds took{};
  std::string reason = "adopted";  // why it is to be taken over, for the log
};

// What a directory of the layout of <data> holds, by its checkpoints: names and checkpoints alone.
// foreign, corrupt.
[[nodiscard]] Result<std::vector<StagedProjection>> staged_in(
    const std::filesystem::path& directory);

// One pass over the log feeds every projection wanted. Then verified: SQLite's quick_check, the
// rows of each table against what was derived, each checkpoint as a fresh reader finds it. Errors:
// the log's, a target's, full, conflict, not_found (an empty log), corrupt (verification). After an
// error the directory holds nothing to be used.
Result<StageReport> stage(const log::Log& log, const StageOptions& options);

// conflict, saying why, unless `checkpoint` is of this log and its root is that of the log's
// records up to there (one pass).
Result<void> require_same_history(const log::Log& log, const Checkpoint& checkpoint);

struct Difference {
  std::string place;  // "sqlite energy_data timestamp 2025-10-01T00:05:00",
                      // "out/coordinator_state_20251001.json"
  std::string what;
};

// What two directories of the layout of <data> hold differently, checkpoints included: SQLite
// canonically (schema, then each table by its key), the files of out/ byte by byte (hidden ones,
// our own notes, are left out). At most `limit`; empty = equal.
Result<std::vector<Difference>> compare(const std::filesystem::path& a,
                                        const std::filesystem::path& b, std::size_t limit = 100);
// The files alone.
Result<std::vector<Difference>> compare_files(const std::filesystem::path& a,
                                              const std::filesystem::path& b, std::size_t limit);

// Where live projections are; `written`: somebody may write them meanwhile.
struct LivePlaces {
  std::filesystem::path data;
  std::filesystem::path sqlite_file;  // empty: in `data`
  bool sqlite = true;
  bool json = false;
  bool json_selling_files = false;
  std::uint32_t schema = 5;
  bool written = false;
};

struct CompareLiveOptions {
  std::filesystem::path aside;  // for what is built and copied; removed afterwards
  std::size_t limit = 100;      // differences of each
  // Called with where a live projection stands, before the log is read up to there: for a log that
  // may lag behind it.
  std::function<Result<void>(Sequence)> reach;
  std::function<void(Sequence done, Sequence head)> progress;
};

struct LiveComparison {
  std::vector<StagedProjection> compared;  // as the live ones stand, without rows
  std::vector<Difference> differences;  // the live one is the first, what the log gives the second
  std::vector<std::string> left_out;    // files that differ, and that may be being written
};

// Builds what the log gives up to each live projection's own checkpoint, and compares: what the log
// got since is no difference. The live ones are only read, and their owner goes on. Of files that
// are being written, those of the newest day are left out.
Result<LiveComparison> compare_live(const log::Log& log, const LivePlaces& live,
                                    const CompareLiveOptions& options);

}  // namespace wattledger::projections
