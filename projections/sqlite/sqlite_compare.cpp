#include "projections/sqlite/sqlite_compare.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::projections::sqlite {
namespace {

// Without a -wal all content is in the file; see inspect_target().
Result<Connection> open_to_read(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return fail(ErrorKind::not_found, file.string() + " is not there");
  const bool quiet = !std::filesystem::exists(write_ahead_log_of(file), error);
  return Connection::open(file, quiet ? Access::immutable : Access::read_only);
}

std::string shown(const Statement& row, int column) {
  switch (row.kind(column)) {
    case ValueKind::null:
      return "NULL";
    case ValueKind::blob:
      return "a blob";
    case ValueKind::integer:
    case ValueKind::real:
    case ValueKind::text:
      break;
  }
  constexpr std::size_t longest = 120;
  std::string text(row.text(column));
  return text.size() <= longest ? text : text.substr(0, longest) + "…";
}

bool equal_value(const Statement& a, const Statement& b, int column) {
  const ValueKind kind = a.kind(column);
  if (kind != b.kind(column)) return false;
  switch (kind) {
    case ValueKind::null:
      return true;
    case ValueKind::integer:
      return a.integer(column) == b.integer(column);
    case ValueKind::real:
      return a.real(column) == b.real(column);
    case ValueKind::text:
    case ValueKind::blob:
      return a.text(column) == b.text(column);
  }
  return false;
}

// Steps through two queries at once and tells the first places where they part. After a row that
// only one side has, the rest of the table is not told: everything behind it would be different.
class Comparison {
 public:
  Comparison(Connection& a, Connection& b, std::size_t limit) : a_(a), b_(b), limit_(limit) {}

  Result<void> table(std::string_view name, const std::string& sql) {
    Result<Statement> a = a_.prepare(sql);
    if (!a) return Failure(a.error());
    Result<Statement> b = b_.prepare(sql);
    if (!b) return Failure(b.error());
    while (found_.size() < limit_) {
      const Result<bool> more_a = a->step();
      if (!more_a) return Failure(more_a.error());
      const Result<bool> more_b = b->step();
      if (!more_b) return Failure(more_b.error());
      if (!*more_a && !*more_b) return {};
      if (*more_a != *more_b) return one_sided(name, *more_a ? *a : *b, *more_a);
      compare_row(name, *a, *b);
    }
    return {};
  }

  std::vector<FileDifference> take() { return std::move(found_); }

 private:
  Result<void> one_sided(std::string_view name, const Statement& row, bool first) {
    found_.push_back({place(name, row), first ? "and perhaps more: only in the first"
                                              : "and perhaps more: only in the second"});
    return {};
  }

  void compare_row(std::string_view name, const Statement& a, const Statement& b) {
    if (a.columns() != b.columns()) {
      found_.push_back({place(name, a), "different numbers of columns"});
      return;
    }
    for (int column = 0; column < a.columns(); ++column) {
      if (equal_value(a, b, column)) continue;
      found_.push_back({place(name, a), std::string(a.column_name(column)) + ": " +
                                            shown(a, column) + " and " + shown(b, column)});
      return;
    }
  }

  static std::string place(std::string_view name, const Statement& row) {
    return "sqlite " + std::string(name) + " " + std::string(row.column_name(0)) + " " +
           shown(row, 0);
  }

  Connection& a_;
  Connection& b_;
  std::size_t limit_;
  std::vector<FileDifference> found_;
};

// Without what ANALYZE keeps for itself.
constexpr const char* columns_sql =
    "SELECT m.name || '.' || c.name AS name, c.cid, c.type, c.\"notnull\", c.dflt_value, c.pk FROM "
    "sqlite_master m, "
    "pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_stat%' "
    "ORDER BY m.name, c.cid";
constexpr const char* index_sql =
    "SELECT m.name || '.' || i.seqno AS name, m.tbl_name, i.name FROM sqlite_master m, "
    "pragma_index_info(m.name) i "
    "WHERE m.type = 'index' ORDER BY m.name, i.seqno";

Result<std::int64_t> schema_of(Connection& connection) {
  return connection.integer("SELECT max(version) FROM schema_version");
}

}  // namespace

Result<std::map<std::string, std::uint64_t>> check_file(const std::filesystem::path& file) {
  Result<Connection> connection = open_to_read(file);
  if (!connection) return Failure(connection.error());
  const Result<std::string> finding = connection->text("PRAGMA quick_check(1)");
  if (!finding) return Failure(finding.error());
  if (*finding != "ok")
    return fail(ErrorKind::corrupt, file.string() + ": " + *finding, "build it again");
  const Result<std::int64_t> schema = schema_of(*connection);
  if (!schema) return Failure(schema.error());
  std::map<std::string, std::uint64_t> rows;
  for (const TableName& table : tables) {
    if (table.since > *schema) continue;
    const Result<std::int64_t> count =
        connection->integer("SELECT count(*) FROM " + std::string(table.name));
    if (!count) return Failure(count.error());
    rows[std::string(table.name)] = static_cast<std::uint64_t>(*count);
  }
  return rows;
}

Result<std::vector<FileDifference>> compare_files(const std::filesystem::path& a,
                                                  const std::filesystem::path& b,
                                                  std::size_t limit) {
  Result<Connection> first = open_to_read(a);
  if (!first) return Failure(first.error());
  Result<Connection> second = open_to_read(b);
  if (!second) return Failure(second.error());
  Comparison comparison(*first, *second, limit);
  // One snapshot each: the live one may be written meanwhile.
  WATTLEDGER_TRY(first->execute("BEGIN"));
  WATTLEDGER_TRY(second->execute("BEGIN"));
  WATTLEDGER_TRY(comparison.table("columns", columns_sql));
  WATTLEDGER_TRY(comparison.table("indexes", index_sql));
  const Result<std::int64_t> schema = schema_of(*first);
  if (!schema) return Failure(schema.error());
  const Result<std::int64_t> other = schema_of(*second);
  if (!other) return Failure(other.error());
  for (const TableName& table : tables)
    if (table.since <= std::min(*schema, *other))
      WATTLEDGER_TRY(comparison.table(table.name, "SELECT * FROM " + std::string(table.name) +
                                                      " ORDER BY " + std::string(table.order)));
  return comparison.take();
}

}  // namespace wattledger::projections::sqlite
