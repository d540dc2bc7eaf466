#include "replay/legacy_import/known_records.hpp"

#include <string_view>
#include <utility>

#include "replay/legacy_import/legacy_database.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using projections::sqlite::Connection;

constexpr const char* tables_sql =
    "CREATE TABLE ids(place TEXT, id INTEGER, PRIMARY KEY(place, id)) WITHOUT ROWID; "
    "CREATE TABLE known(digest BLOB PRIMARY KEY, event INTEGER) WITHOUT ROWID";

std::string_view bytes_of(const Id128& id) {
  return {static_cast<const char*>(static_cast<const void*>(id.bytes.data())), id.bytes.size()};
}

}  // namespace

Result<KnownRecords> KnownRecords::create(const fs::path& file) {
  auto connection = make_scratch_database(file, tables_sql);
  if (!connection) return Failure(connection.error());
  auto know = connection->prepare("INSERT OR IGNORE INTO known VALUES (?, ?)");
  if (!know) return Failure(know.error());
  auto known = connection->prepare("SELECT event FROM known WHERE digest = ?");
  if (!known) return Failure(known.error());
  auto take_id = connection->prepare("INSERT OR IGNORE INTO ids VALUES (?, ?)");
  if (!take_id) return Failure(take_id.error());
  auto taken = connection->prepare("SELECT 1 FROM ids WHERE place = ? AND id = ?");
  if (!taken) return Failure(taken.error());
  Statements statements{std::move(*know), std::move(*known), std::move(*take_id),
                        std::move(*taken)};
  return KnownRecords(std::move(*connection), std::move(statements));
}

Result<void> KnownRecords::know(const Id128& digest, Sequence event) {
  knows_ = true;
  return statements_.know.bind_blob(1, bytes_of(digest))
      .bind(2, static_cast<std::int64_t>(event.value))
      .run();
}

Result<std::optional<Sequence>> KnownRecords::known(const Id128& digest) {
  if (!knows_) return std::optional<Sequence>();
  auto& known = statements_.known;
  const auto row = known.bind_blob(1, bytes_of(digest)).step();
  if (!row) return Failure(row.error());
  std::optional<Sequence> event;
  if (*row) event = Sequence{static_cast<std::uint64_t>(known.integer(0))};
  known.reset();
  return event;
}

Result<void> KnownRecords::take_id(const std::string& table, std::int64_t id) {
  knows_ = true;
  return statements_.take_id.bind(1, std::string_view(table)).bind(2, id).run();
}

Result<bool> KnownRecords::is_id_taken(const std::string& table, std::int64_t id) {
  if (!knows_) return false;
  auto row = statements_.taken.bind(1, std::string_view(table)).bind(2, id).step();
  statements_.taken.reset();
  return row;
}

}  // namespace wattledger::tool
