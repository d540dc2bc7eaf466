// The legacy SQLite file (schema version 4, to the letter) as a projection, with one table more: projection_checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "events/result.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

struct SqliteOptions {
  std::filesystem::path data;  // the file is <data>/goodwe_energy.db unless `file` says otherwise
  std::filesystem::path file;
  std::uint32_t schema = 4;
  bool staging = false;        // built aside: no journal, no sync, indexes last, durable only after settle()
};

// Opens lazily: nothing is created before the first apply().
[[nodiscard]] std::unique_ptr<Projector> make_sqlite_projector(const SqliteOptions& options);

}  // namespace wattledger::projections
