// An older installation becomes a batch of the log.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "log/log.hpp"
#include "replay/command.hpp"
#include "replay/legacy_import/collect.hpp"
#include "replay/legacy_import/findings.hpp"
#include "replay/progress.hpp"

namespace wattledger::tool {

struct ImportRun {
  LegacySources sources;
  std::filesystem::path log;    // its directory; made if it is not there
  std::filesystem::path aside;  // for the records while they are sorted; removed afterwards
  std::string origin;           // for ImportStarted
  std::string zone_name;        // … of sources.zone
  bool dry_run = false;         // the log is only read
};

struct ImportResult {
  Findings findings;
  std::uint64_t records = 0;
  std::optional<UtcTime> earliest, latest;  // of those that have a time
  std::optional<Sequence> first, last;      // of the log's new records; none when nothing was new
  bool overlaps_live = false;  // some of it is of times when this log was already being written
};

// Whoever has the log must not be running. Errors: locked (naming the holder), the log's and the
// disk's; what is wrong with the source is in the findings. After a kill the same again goes on
// where the last commit ended.
Result<ImportResult> run_import(const ImportRun& run, Progress& progress);

}  // namespace wattledger::tool
