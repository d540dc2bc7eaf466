#include "replay/legacy_import/legacy_database.hpp"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "projections/fold/python_json.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using projections::sqlite::Access;
using projections::sqlite::Connection;
using projections::sqlite::Statement;
using projections::sqlite::ValueKind;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

}  // namespace

Result<Connection> open_legacy_database(const fs::path& file, const fs::path& aside) {
  std::error_code failed;
  const auto journal = fs::file_size(file.string() + "-wal", failed);
  const bool ahead = !failed && journal > 0;
  const bool torn = fs::exists(file.string() + "-journal", failed);
  // With its shared memory beside it somebody may be writing: SQLite's locks keep what is read
  // whole. Where they cannot be had, as on a medium that is only read, nobody writes.
  if (fs::exists(file.string() + "-shm", failed)) {
    auto shared = Connection::open(file, Access::read_only);
    if (shared && shared->integer("SELECT count(*) FROM sqlite_master")) return shared;
    if (shared && ::access(file.parent_path().c_str(), W_OK) == 0) return shared;
  }
  if (!ahead && !torn) return Connection::open(file, Access::immutable);
  const fs::path copy = aside / "database.db";
  fs::create_directories(aside, failed);
  for (const char* suffix : {"", "-wal", "-journal"}) {
    const fs::path from = file.string() + suffix;
    std::error_code none;
    if (fs::exists(from, none) && !failed)
      fs::copy_file(from, copy.string() + suffix, fs::copy_options::overwrite_existing, failed);
  }
  if (failed)
    return fail(ErrorKind::io,
                file.string() + " cannot be copied to " + aside.string() + ": " + failed.message());
  return Connection::open(copy, Access::read_write);
}

Result<Connection> make_scratch_database(const fs::path& file, const std::string& tables) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  fs::remove(file, failed);
  auto connection = Connection::open(file, Access::create);
  if (!connection) return connection;
  WATTLEDGER_TRY(connection->execute(
      "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-32000; PRAGMA temp_store=FILE; "
      "PRAGMA threads=1; " +
      tables + "; BEGIN"));
  return connection;
}

Result<bool> has_table(Connection& source, const std::string& table) {
  const auto count = source.integer(
      "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '" + table + "'");
  if (!count) return Failure(count.error());
  return *count != 0;
}

std::string column_text(const Statement& row, int column) {
  switch (row.kind(column)) {
    case ValueKind::integer:
      return std::to_string(row.integer(column));
    case ValueKind::real:
      return fold::python_float(row.real(column));
    case ValueKind::text: {
      const std::string_view text = row.text(column);
      return is_ascii(text) || fold::valid_utf8(text) == text
                 ? fold::python_string(text)
                 : R"({"text_hex": ")" + hex(text) + "\"}";
    }
    case ValueKind::blob:
      return R"({"hex": ")" + hex(row.text(column)) + "\"}";
    case ValueKind::null:
      break;
  }
  return "null";
}

void bind_column(Statement& to, int position, const Statement& from, int column) {
  switch (from.kind(column)) {
    case ValueKind::integer:
      to.bind(position, from.integer(column));
      return;
    case ValueKind::real:
      to.bind(position, from.real(column));
      return;
    case ValueKind::text:
      to.bind(position, from.text(column));
      return;
    case ValueKind::blob:
      to.bind_blob(position, from.text(column));
      return;
    case ValueKind::null:
      to.bind_null(position);
      return;
  }
}

}  // namespace wattledger::tool
