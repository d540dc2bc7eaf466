// The legacy JSON files under <data>/out/ as a projection: energy_data/energy_data_YYYY-MM-DD.json,
// coordinator_state_YYYYMMDD.json, charging_decision_YYYYMMDD.json, byte for byte as Python wrote
// them.
//
// Rows are appended at once and fsynced by settle(), which apply() calls by itself when the rows'
// time has moved on by `settle_every`; the manifest out/.wattledger-manifest.json then holds the
// checkpoint and each file's length. After a crash (or a failed settle) the next apply() undoes
// what lies beyond the manifest. So checkpoint() tells the manifest's position for an object that
// has applied nothing yet, and the live position afterwards.
#pragma once

#include <chrono>
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
  // While staging: files of rows before this are known to expire; they are not written.
  UtcTime rows_from = UtcTime::min();
  std::chrono::seconds settle_every{
      300};  // of event time; a simulation that runs a month in a minute wants more
};

// A day file is kept while its date is at most this far before the newest row's.
inline constexpr std::chrono::days json_days_kept{7};

// Opens lazily: nothing is created before the first apply().
[[nodiscard]] std::unique_ptr<Projector> make_json_projector(const JsonOptions& options);

}  // namespace wattledger::projections
