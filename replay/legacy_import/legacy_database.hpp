// The older system's SQLite file, opened so that nothing of it changes; and files of our own
// beside.
#pragma once

#include <filesystem>
#include <string>

#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::tool {

// A file beside which nothing stands is read as it lies, without a lock; one that a writer may have
// open (its -shm is there), through SQLite's locks, which may change bytes of that -shm; one that a
// writer has left behind, from a copy under `aside`. locked after SQLite's wait.
[[nodiscard]] Result<projections::sqlite::Connection> open_legacy_database(
    const std::filesystem::path& file, const std::filesystem::path& aside);
[[nodiscard]] Result<bool> has_table(projections::sqlite::Connection& source,
                                     const std::string& table);

// One of our own for the time of an import, made anew, in one transaction: nobody else opens it,
// and nothing is lost with it.
[[nodiscard]] Result<projections::sqlite::Connection> make_scratch_database(
    const std::filesystem::path& file, const std::string& tables);

// A column of the row as JSON text, see fold::LegacyField.
[[nodiscard]] std::string column_text(const projections::sqlite::Statement& row, int column);
// Binds a column of one statement's row to another statement; the row stays until that one has run.
void bind_column(projections::sqlite::Statement& to, int position,
                 const projections::sqlite::Statement& from, int column);

}  // namespace wattledger::tool
