// The legacy JSON files under <data>/out/ and <data>/data/ as a projection, byte for byte as Python
// wrote them: those that rows are appended to (day_files.hpp) and those that are written whole
// (whole_files.hpp, documents.hpp).
//
// Files are written at once and fsynced by settle(), which apply() calls by itself when the rows'
// time has moved on by `settle_every`; the manifest out/.wattledger-manifest.json then holds the
// checkpoint, the length of each file that is appended to, and what documents need of earlier rows.
// After a crash (or a failed settle) the next apply() undoes what lies beyond the manifest, or it
// is written again. So checkpoint() tells the manifest's position for an object that has applied
// nothing yet, and the live position afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "events/result.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

struct JsonOptions {
  std::filesystem::path data;
  bool staging = false;  // built aside: durable only after settle()
  bool keep_all =
      false;  // else whole days older than `json_days_kept` before the newest row's are removed
  // Files of sales too: only where the database is off, else its dashboard counts them twice.
  bool selling_files = false;
  // While staging: files of rows before this are known to expire; they are not written.
  UtcTime rows_from = UtcTime::min();
  std::chrono::seconds settle_every{
      300};  // of event time; a simulation that runs a month in a minute wants more
};

// A day file is kept while its date is at most this far before the newest row's.
inline constexpr std::chrono::days json_days_kept{7};

// Whether files built by this projector version hold those of sales.
[[nodiscard]] constexpr bool json_selling_files_of(std::uint32_t version) {
  return version % 2 == 1;
}

// Opens lazily: nothing is created before the first apply().
[[nodiscard]] std::unique_ptr<Projector> make_json_projector(const JsonOptions& options);

}  // namespace wattledger::projections
