#include "projections/sqlite/sqlite_checkpoint.hpp"

#include <string>
#include <system_error>

namespace wattledger::projections::sqlite {
namespace {

constexpr const char* foreign_remedy =
    "it is left untouched: take its rows into the log with `wattledger import legacy`, or "
    "configure another path";

Failure foreign(const std::filesystem::path& file, const std::string& why) {
  return fail(ErrorKind::foreign, file.string() + " is not ours: " + why, foreign_remedy);
}

// Of a file whose first page is gone nobody can tell whose it was.
Failure no_database(const std::filesystem::path& file) {
  return fail(ErrorKind::foreign, file.string() + " is not a SQLite database, or a damaged one",
              "it is left untouched: move it away and run `wattledger replay`, for the log holds "
              "everything that was in ours; another's comes in by `wattledger import legacy`");
}

}  // namespace

Result<std::optional<Checkpoint>> read_checkpoint(Connection& connection) {
  const Result<std::int64_t> objects = connection.integer("SELECT count(*) FROM sqlite_master");
  if (!objects) return Failure(objects.error());
  if (*objects == 0) return std::optional<Checkpoint>{};
  const Result<std::int64_t> ours = connection.integer(
      "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'projection_checkpoint'");
  if (!ours) return Failure(ours.error());
  if (*ours == 0) return foreign(connection.file(), "it has tables, but no projection_checkpoint");

  Result<Statement> statement = connection.prepare(
      "SELECT log_uuid, sequence, root, version FROM projection_checkpoint WHERE projection = ?");
  if (!statement) return Failure(statement.error());
  statement->bind(1, std::string_view(projection_name));
  const Result<bool> row = statement->step();
  if (!row) return Failure(row.error());
  if (!*row)
    return foreign(connection.file(),
                   "its projection_checkpoint has no row of the projection sqlite");
  const std::optional<Id128> log = Id128::from_hex(statement->text(0));
  const std::optional<Digest> root = Digest::from_hex(statement->text(2));
  if (!log || !root || statement->integer(1) < 0)
    return fail(ErrorKind::corrupt,
                connection.file().string() + ": its projection_checkpoint cannot be read",
                "move the file away and run `wattledger replay`: the log holds everything in it");
  return std::optional(Checkpoint{*log, Sequence{static_cast<std::uint64_t>(statement->integer(1))},
                                  *root, static_cast<std::uint32_t>(statement->integer(3))});
}

Result<void> write_checkpoint(Connection& connection, const Checkpoint& checkpoint) {
  Result<Statement> statement = connection.prepare(
      "INSERT OR REPLACE INTO projection_checkpoint(projection, log_uuid, sequence, root, version) "
      "VALUES "
      "(?, ?, ?, ?, ?)");
  if (!statement) return Failure(statement.error());
  const std::string log = checkpoint.log.hex();
  const std::string root = checkpoint.root.hex();
  return statement->bind(1, std::string_view(projection_name))
      .bind(2, std::string_view(log))
      .bind(3, static_cast<std::int64_t>(checkpoint.sequence.value))
      .bind(4, std::string_view(root))
      .bind(5, static_cast<std::int64_t>(checkpoint.version))
      .run();
}

Result<std::optional<Checkpoint>> inspect_target(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) return std::optional<Checkpoint>{};
  if (!std::filesystem::is_regular_file(status)) return foreign(file, "it is no regular file");
  const auto size = std::filesystem::file_size(file, error);
  if (!error && size == 0) return std::optional<Checkpoint>{};
  // Only SQLite may open the file: closing another descriptor of it would drop this process's locks
  // (POSIX). Without a -wal beside it all content lies in the file and nobody writes it: reading it
  // as it lies leaves no trace.
  const bool quiet = !std::filesystem::exists(write_ahead_log_of(file), error);
  Result<Connection> connection =
      Connection::open(file, quiet ? Access::immutable : Access::read_only);
  if (!connection) return Failure(connection.error());
  Result<std::optional<Checkpoint>> found = read_checkpoint(*connection);
  if (!found && found.error().kind == ErrorKind::foreign &&
      !connection->integer("PRAGMA schema_version"))
    return no_database(file);
  return found;
}

}  // namespace wattledger::projections::sqlite
