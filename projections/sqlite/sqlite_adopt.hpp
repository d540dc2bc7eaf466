// Whole-file moves of a SQLite projection: copy before, adopt after. Both by SQLite's backup
// interface, so that readers of the live file keep their connection and see the old content or the
// new, never a mix.
#pragma once

#include <filesystem>

#include "events/result.hpp"
#include "projections/projector.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

// `live` gets the content of `staged`, checkpoint and all; what `live` held before is copied to
// `before` first (nothing when it did not exist). Errors: not_found (nothing staged), conflict (of
// another version), foreign, full, locked. Before the one transaction that replaces it, an error
// leaves `live` as it was.
Result<void> adopt_file(const std::filesystem::path& staged, const std::filesystem::path& live,
                        const std::filesystem::path& before, std::uint32_t version);

// Copies what `live` holds at one moment into a new file `to`, its checkpoint too; whoever uses it
// goes on. Not synced.
Result<void> copy_file(const std::filesystem::path& live, const std::filesystem::path& to);

// The pragmas of a live connection, also of one just created.
Result<void> configure_live(Connection& connection);

// Flushes a file, then its directory, to the disk.
Result<void> sync_file(const std::filesystem::path& file);
// The same of the write-ahead log of a live file, if it has one. SQLite holds no lock on it that
// closing another descriptor would drop.
Result<void> sync_write_ahead_log(const std::filesystem::path& file);

// full unless the disk of `directory` has `needed` bytes free.
Result<void> require_space(const std::filesystem::path& directory, std::uintmax_t needed);

}  // namespace wattledger::projections::sqlite
