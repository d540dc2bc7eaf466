// The older system's SQLite file, opened so that nothing of it changes.
#pragma once

#include <filesystem>
#include <string>

#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::tool {

// A file that nobody has left a journal for is read as it lies, without a lock; one that a writer
// has open, through SQLite's locks; one that a writer has left behind, from a copy under `aside`:
// so that nothing is made or changed beside it. locked after SQLite's wait.
[[nodiscard]] Result<projections::sqlite::Connection> open_legacy_database(
    const std::filesystem::path& file, const std::filesystem::path& aside);
[[nodiscard]] Result<bool> has_table(projections::sqlite::Connection& source,
                                     const std::string& table);

// A column of the row as JSON text, see fold::LegacyField.
[[nodiscard]] std::string column_text(const projections::sqlite::Statement& row, int column);
// Binds a column of one statement's row to another statement; the row stays until that one has run.
void bind_column(projections::sqlite::Statement& to, int position,
                 const projections::sqlite::Statement& from, int column);

}  // namespace wattledger::tool
