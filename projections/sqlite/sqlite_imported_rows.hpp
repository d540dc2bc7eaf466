// Writes the rows that an import brought into the legacy tables, value by value as they stood, each
// with its own id where it has one. Columns that the schema version lacks are left out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/fold/legacy_rows.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

// The value of a column of an imported row that is a whole number; nullopt otherwise.
[[nodiscard]] std::optional<std::int64_t> imported_integer(const fold::LegacyRecord& record,
                                                           std::string_view column);
// … a text, unescaped.
[[nodiscard]] std::optional<std::string> imported_text(const fold::LegacyRecord& record,
                                                       std::string_view column);

class ImportedRowWriter {
 public:
  // The tables exist; the connection outlives the writer.
  explicit ImportedRowWriter(Connection& connection) : connection_(&connection) {}

  // Takes whatever the log holds. Nothing for a record that is no row. `id` stands where the row's
  // table has ids and the row has none. unsupported for a table that the legacy schema does not
  // have.
  Result<void> write(const fold::LegacyRecord& record, std::int64_t id);
  // The row of this id, where the table has ids.
  Result<void> remove(const std::string& table, std::int64_t id);

 private:
  struct Column {
    std::string name;
    bool not_null = false;
  };
  struct Table {
    std::vector<Column> columns;
    Statement insert;
    std::optional<Statement> remove;  // of a table with ids
    bool has_id = false;
  };
  Result<Table*> table(const std::string& name);
  Result<Table> prepare(const std::string& name);

  Connection* connection_;
  std::map<std::string, Table> tables_;
};

}  // namespace wattledger::projections::sqlite
