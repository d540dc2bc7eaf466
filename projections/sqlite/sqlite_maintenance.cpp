#include "projections/sqlite/sqlite_maintenance.hpp"

#include <system_error>
#include <utility>

#include "projections/sqlite/sqlite_adopt.hpp"
#include "projections/sqlite/sqlite_checkpoint.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections {

std::string MaintenanceReport::line() const {
  std::string text = finding;
  if (!ok()) return text;
  text += ", " + std::to_string(free_pages) + " of " + std::to_string(pages) + " pages free";
  if (vacuumed) text += ", vacuumed";
  if (!checkpointed) text += ", a reader keeps the write-ahead log";
  return text;
}

}  // namespace wattledger::projections

namespace wattledger::projections::sqlite {
namespace {

Result<bool> bring_home(Connection& connection) {
  const Result<std::int64_t> busy = connection.integer("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy && busy.error().kind == ErrorKind::locked) return false;
  if (!busy) return Failure(busy.error());
  return *busy == 0;
}

Result<void> vacuum(Connection& connection, const std::filesystem::path& file) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  if (!error)
    WATTLEDGER_TRY(require_space(std::filesystem::absolute(file).parent_path(), 2 * bytes));
  return connection.execute("VACUUM");
}

Result<PageCount> count_pages(Connection& connection) {
  const Result<std::int64_t> all = connection.integer("PRAGMA page_count");
  if (!all) return Failure(all.error());
  const Result<std::int64_t> unused = connection.integer("PRAGMA freelist_count");
  if (!unused) return Failure(unused.error());
  return PageCount{*all, *unused};
}

Result<void> require_ours(const std::filesystem::path& file) {
  const Result<std::optional<Checkpoint>> ours = inspect_target(file);
  if (!ours) return Failure(ours.error());
  if (*ours) return {};
  return fail(ErrorKind::not_found, file.string() + " is not there, or empty",
              "the daemon makes it; or run `wattledger replay`");
}

Result<MaintenanceReport> look_after(const std::filesystem::path& file, Maintenance which,
                                     bool may_vacuum) {
  WATTLEDGER_TRY(require_ours(file));
  Result<Connection> connection = Connection::open(file, Access::read_write);
  if (!connection) return Failure(connection.error());
  const bool weekly = which == Maintenance::weekly;
  MaintenanceReport report;
  Result<std::string> finding =
      connection->text(weekly ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)");
  if (!finding) return Failure(finding.error());
  report.finding = std::move(*finding);
  if (!report.ok()) return report;
  const Result<PageCount> pages = count_pages(*connection);
  if (!pages) return Failure(pages.error());
  report.pages = pages->all;
  report.free_pages = pages->unused;
  // PRAGMA optimize alone looks at tables that this connection has queried: none.
  WATTLEDGER_TRY(connection->execute(
      weekly ? "ANALYZE" : "PRAGMA analysis_limit=400; ANALYZE; PRAGMA optimize"));
  const bool worth_it = weekly && report.free_pages > report.pages / vacuum_free_share;
  if (worth_it && may_vacuum) {
    // A VACUUM goes through the write-ahead log, and may fail for space.
    const Result<bool> home = bring_home(*connection);
    if (!home) return Failure(home.error());
    WATTLEDGER_TRY(vacuum(*connection, file));
    report.vacuumed = true;
  }
  const Result<bool> home = bring_home(*connection);
  if (!home) return Failure(home.error());
  report.checkpointed = *home;
  return report;
}

}  // namespace

Result<PageCount> count_pages(const std::filesystem::path& file) {
  WATTLEDGER_TRY(require_ours(file));
  Result<Connection> connection = Connection::open(file, Access::read_only);
  if (!connection) return Failure(connection.error());
  return count_pages(*connection);
}

Result<MaintenanceReport> maintain_file(const std::filesystem::path& file, Maintenance which,
                                        bool may_vacuum) {
  auto report = look_after(file, which, may_vacuum);
  // Damage that keeps SQLite from checking is the worst finding, not a failed check.
  if (!report && report.error().kind == ErrorKind::corrupt) {
    MaintenanceReport found;
    found.finding = report.error().what;
    return found;
  }
  return report;
}

}  // namespace wattledger::projections::sqlite
