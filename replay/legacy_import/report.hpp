// What an import found and did, for people and for programs.
#pragma once

#include <string>

#include "replay/legacy_import/import.hpp"

namespace wattledger::tool {

struct ReportHead {
  std::string origin;
  bool dry_run = false;
  bool rebuilt = false;  // the projections, afterwards
  std::string zone;      // of the older system's local times
  std::string period;    // from the earliest to the latest, in it; empty: none
};

// Lines with a table per file and table, then each finding.
[[nodiscard]] std::string report_text(const ReportHead& head, const ImportResult& result);
// One object on one line.
[[nodiscard]] std::string report_json(const ReportHead& head, const ImportResult& result);
// A page by itself.
[[nodiscard]] std::string report_html(const ReportHead& head, const ImportResult& result);

}  // namespace wattledger::tool
