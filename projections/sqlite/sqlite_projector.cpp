#include "projections/sqlite/sqlite_projector.hpp"

#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "projections/sqlite/sqlite_adopt.hpp"
#include "projections/sqlite/sqlite_checkpoint.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_maintenance.hpp"
#include "projections/sqlite/sqlite_rows.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::projections {
namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::RowWriter;

std::string where(const std::optional<Checkpoint>& checkpoint) {
  return checkpoint ? "sequence " + std::to_string(checkpoint->sequence.value) : "nothing applied";
}

class SqliteProjector final : public Projector {
 public:
  explicit SqliteProjector(const SqliteOptions& options)
      : options_(options),
        file_(options.file.empty() ? options.data / sqlite_file_name : options.file) {}

  [[nodiscard]] std::string_view name() const override { return sqlite::projection_name; }
  [[nodiscard]] std::uint32_t version() const override {
    return sqlite_projector_version(options_.schema);
  }

  [[nodiscard]] fold::RowTexts texts() const override {
    return {options_.states_from, UtcTime::max()};
  }

  [[nodiscard]] Result<std::optional<Checkpoint>> checkpoint() override {
    WATTLEDGER_TRY(usable());
    if (connection_ && !connection_->still_in_place()) close();
    return connection_ ? sqlite::read_checkpoint(*connection_) : sqlite::inspect_target(file_);
  }

  Result<void> apply(const std::optional<Checkpoint>& before, const Checkpoint& after,
                     std::span<const fold::LegacyRow> rows) override {
    WATTLEDGER_TRY(usable());
    if (connection_ && !connection_->still_in_place()) return file_taken();
    WATTLEDGER_TRY(open(before.has_value()));
    Result<void> applied = connection_->execute("BEGIN IMMEDIATE");
    if (applied) applied = apply_rows(before, after, rows);
    if (applied) applied = connection_->execute("COMMIT");
    if (!applied) give_up(applied.error());
    return applied;
  }

  Result<void> settle() override {
    WATTLEDGER_TRY(usable());
    if (!connection_) return {};
    // What is committed stays in the -wal until SQLite moves a thousand pages home at once: each of
    // them is then written once for all the commits that touched it.
    if (!options_.staging) return sqlite::sync_write_ahead_log(file_);
    WATTLEDGER_TRY(sqlite::create_indexes(*connection_, options_.schema));
    return sqlite::sync_file(file_);
  }

  Result<std::optional<MaintenanceReport>> maintain(Maintenance which) override {
    WATTLEDGER_TRY(usable());
    auto report = sqlite::maintain_file(file_, which);
    if (!report) return Failure(report.error());
    return std::optional(*std::move(report));
  }

  Result<void> adopt(const std::filesystem::path& staged,
                     const std::filesystem::path& before) override {
    WATTLEDGER_TRY(usable());
    close();
    return sqlite::adopt_file(staged / sqlite_file_name, file_, before / sqlite_file_name,
                              version());
  }

 private:
  [[nodiscard]] Result<void> usable() const {
    if (!sqlite::schema_known(options_.schema))
      return fail(ErrorKind::unsupported,
                  "SQLite schema version " + std::to_string(options_.schema) + " is not known",
                  "this program builds versions " + std::to_string(sqlite::schema_first) + " to " +
                      std::to_string(sqlite::schema_last));
    if (!broken_) return {};
    return fail(ErrorKind::poisoned, file_.string() + " was being built when it failed",
                "build it again from the start");
  }

  // With `begun` the file must be there with what was applied before.
  Result<void> open(bool begun) {
    if (connection_) return {};
    const Result<std::optional<Checkpoint>> found = sqlite::inspect_target(file_);
    if (!found) return Failure(found.error());
    if (begun && !*found) return file_taken();
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::absolute(file_).parent_path(), error);
    Result<Connection> connection =
        Connection::open(file_, begun ? Access::read_write : Access::create);
    if (!connection && begun && !std::filesystem::exists(file_, error)) return file_taken();
    if (!connection) return Failure(connection.error());
    WATTLEDGER_TRY(options_.staging ? configure_staging(*connection)
                                    : sqlite::configure_live(*connection));
    connection_.emplace(std::move(*connection));
    connection_->watch(options_.slow_queries);
    return {};
  }

  // Nobody would see the rows that such a file still takes.
  Result<void> file_taken() {
    close();
    return fail(ErrorKind::not_found,
                file_.string() + " was removed or replaced while it was being written",
                "run `wattledger replay`: the log holds everything that was in it");
  }

  // Nobody reads a file that is being built and a failed build starts again, so it needs no journal
  // and no lock.
  static Result<void> configure_staging(Connection& connection) {
    return connection.execute(
        "PRAGMA page_size=" + std::to_string(sqlite::page_bytes) +
        "; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        " PRAGMA cache_size=-32000; PRAGMA temp_store=FILE");
  }

  Result<void> apply_rows(const std::optional<Checkpoint>& before, const Checkpoint& after,
                          std::span<const fold::LegacyRow> rows) {
    const Result<std::optional<Checkpoint>> found = sqlite::read_checkpoint(*connection_);
    if (!found) return Failure(found.error());
    if (*found != before)
      return fail(ErrorKind::conflict,
                  file_.string() + " holds " + where(*found) + ", expected was " + where(before) +
                      ": somebody else has written it",
                  "restart: the projection is compared with the log and continued from there");
    if (!*found) {
      WATTLEDGER_TRY(sqlite::create_tables(*connection_, options_.schema));
      if (!options_.staging) WATTLEDGER_TRY(sqlite::create_indexes(*connection_, options_.schema));
    }
    if (!writer_) {
      sqlite::Retention retention;
      if (!options_.keep_all) retention.state_days = options_.system_state_days;
      retention.indexed = !options_.staging;
      retention.states_from = options_.states_from;
      Result<RowWriter> writer = RowWriter::prepare(*connection_, options_.schema, retention);
      if (!writer) return Failure(writer.error());
      writer_.emplace(std::move(*writer));
    }
    WATTLEDGER_TRY(writer_->write(rows));
    return sqlite::write_checkpoint(*connection_, after);
  }

  // Closing rolls back. What statements and retention remember may be of the transaction that
  // failed: it goes too. Without a journal there is no way back.
  void give_up(const Error& error) {
    broken_ = options_.staging && error.kind != ErrorKind::locked;
    close();
  }

  void close() {
    writer_.reset();
    connection_.reset();
  }

  SqliteOptions options_;
  std::filesystem::path file_;
  std::optional<Connection> connection_;  // before its statements: destroyed after them
  std::optional<RowWriter> writer_;
  bool broken_ = false;
};

}  // namespace

std::uint32_t sqlite_projector_version(std::uint32_t schema) {
  return fold::legacy_rows_version * 10'000 + schema * 100 + sqlite::sqlite_revision;
}

std::uint32_t sqlite_schema_of(std::uint32_t projector_version) {
  return projector_version / 100 % 100;
}

std::unique_ptr<Projector> make_sqlite_projector(const SqliteOptions& options) {
  return std::make_unique<SqliteProjector>(options);
}

}  // namespace wattledger::projections
