// The legacy SQLite file (schema versions 1 to 4, the last to the letter) as a projection, with one
// table more: projection_checkpoint. Version 5 adds tables of ours beside.
//
// Live: WAL, synchronous NORMAL; after a power cut the file is whole and at most a few commits
// behind, its checkpoint with it. system_state keeps 30 days back from its newest row, everything
// else stays for ever.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "events/result.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

// The file's name under <data>, and under every directory that a rebuild stages.
inline constexpr const char* sqlite_file_name = "goodwe_energy.db";

struct SqliteOptions {
  std::filesystem::path data;  // the file is <data>/goodwe_energy.db unless `file` says otherwise
  std::filesystem::path file;
  std::uint32_t schema = 5;
  bool staging =
      false;  // built aside: no journal, no sync, indexes last, durable only after settle()
  bool keep_all = false;  // no retention
  std::uint32_t system_state_days = 30;
  SlowQueries slow_queries;
  // While staging: rows of system_state before this are known to be cut in the end; they are not
  // written.
  UtcTime states_from = UtcTime::min();
};

// Opens lazily: nothing is created before the first apply(). A schema that is not known is
// refused by every call (unsupported).
[[nodiscard]] std::unique_ptr<Projector> make_sqlite_projector(const SqliteOptions& options);

// What version() is: legacy_rows_version × 10 000 + schema × 100 + the file's own revision.
[[nodiscard]] std::uint32_t sqlite_projector_version(std::uint32_t schema);
// And back: the schema of a projector's version.
[[nodiscard]] std::uint32_t sqlite_schema_of(std::uint32_t projector_version);

}  // namespace wattledger::projections
