#include "replay/legacy_import/verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "projections/rebuild.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "replay/legacy_import/collect.hpp"
#include "replay/progress.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

// Everything in the older system's newest shape, however old.
Result<void> build(const Invocation& invocation, const Place& place, const fs::path& aside) {
  const auto log = log::Log::open(place.log());
  if (!log) return Failure(log.error());
  Progress progress(invocation, "replaying");
  projections::StageOptions options;
  options.schema = 4;
  options.keep_all = true;
  options.imported_only = true;
  options.json_selling_files = true;
  options.directory = aside;
  options.replace = true;
  options.progress = [&](Sequence done, Sequence head) { progress.at(done.value, head.value); };
  const auto report = projections::stage(*log, options);
  if (!report) return Failure(report.error());
  return {};
}

Result<VerifyReport> compare(const Originals& originals, const fs::path& aside,
                             const Within& within) {
  VerifyReport report;
  if (!originals.database.empty())
    WATTLEDGER_TRY(verify_tables(originals.database, aside / projections::sqlite_file_name,
                                 aside / "original", within, report));
  if (!originals.out.empty())
    WATTLEDGER_TRY(verify_files(originals.out, aside, "out/", within, report));
  if (!originals.state.empty())
    WATTLEDGER_TRY(verify_files(originals.state, aside, "data/", within, report));
  return report;
}

}  // namespace

void add_originals(CLI::App& command, Originals& originals) {
  add_text(command, "--db", originals.database, "The older system's SQLite file").type_name("FILE");
  add_text(command, "--out", originals.out, "Its out/ tree of JSON files").type_name("DIR");
  add_text(command, "--state", originals.state,
           "Its data/ folder with price history, price cache and SOC drops")
      .type_name("DIR");
}

void add_range(CLI::App& command, Originals& originals) {
  add_text(command, "--since", originals.since, "Only from this local date or time on")
      .type_name("DATE");
  add_text(command, "--until", originals.until, "Only before this local date or time")
      .type_name("DATE");
}

bool Within::holds(std::string_view time) const {
  if (range.is_all()) return true;
  const auto at = local_time(time, zone);
  return !at || range.contains(*at);
}

void add_difference(VerifyReport& report, const std::string& line) {
  ++report.differences;
  if (report.lines.size() < verify_lines_max) report.lines.push_back(line);
}

Result<VerifyReport> verify_originals(const Invocation& invocation, const Place& place,
                                      const Originals& originals) {
  for (const auto& [path, directory] :
       {std::pair(originals.database, false), std::pair(originals.out, true),
        std::pair(originals.state, true)})
    if (!path.empty()) WATTLEDGER_TRY(require_source(path, directory));
  Within within;
  const auto range = local_range(originals.since, originals.until);
  if (!range) return Failure(range.error());
  within.range = *range;
  {
    const auto open = open_log(place);
    if (!open) return Failure(open.error());
    within.zone = house_zone(open->snapshot);
  }
  const fs::path aside = place.data / "staging" / fmt::format("verify-{}", ::getpid());
  const auto built = build(invocation, place, aside);
  auto report =
      built ? compare(originals, aside, within) : Result<VerifyReport>(Failure(built.error()));
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  return report;
}

}  // namespace wattledger::tool
