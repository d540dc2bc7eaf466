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

Result<VerifyReport> compare(const Originals& originals, const fs::path& aside) {
  VerifyReport report;
  if (!originals.database.empty())
    WATTLEDGER_TRY(verify_tables(originals.database, aside / projections::sqlite_file_name,
                                 aside / "original", report));
  if (!originals.out.empty()) WATTLEDGER_TRY(verify_files(originals.out, aside, "out/", report));
  if (!originals.state.empty())
    WATTLEDGER_TRY(verify_files(originals.state, aside, "data/", report));
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

Result<VerifyReport> verify_originals(const Invocation& invocation, const Place& place,
                                      const Originals& originals) {
  for (const auto& [path, directory] :
       {std::pair(originals.database, false), std::pair(originals.out, true),
        std::pair(originals.state, true)})
    if (!path.empty()) WATTLEDGER_TRY(require_source(path, directory));
  const fs::path aside = place.data / "staging" / fmt::format("verify-{}", ::getpid());
  const auto built = build(invocation, place, aside);
  auto report = built ? compare(originals, aside) : Result<VerifyReport>(Failure(built.error()));
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  return report;
}

}  // namespace wattledger::tool
