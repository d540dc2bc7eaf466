// Our mark in a SQLite file: the row of projection_checkpoint. A file that has tables and lacks it
// is somebody else's.
#pragma once

#include <filesystem>
#include <optional>

#include "events/result.hpp"
#include "projections/projector.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

inline constexpr const char* projection_name = "sqlite";

// nullopt: no file, an empty one, or a database without tables. foreign: anything without our
// checkpoint. Opens for reading only, and leaves no file beside one that nobody has open.
Result<std::optional<Checkpoint>> inspect_target(const std::filesystem::path& file);

// The same on an open connection.
Result<std::optional<Checkpoint>> read_checkpoint(Connection& connection);
// Inside the caller's transaction.
Result<void> write_checkpoint(Connection& connection, const Checkpoint& checkpoint);

}  // namespace wattledger::projections::sqlite
