// What earlier imports brought, in a file of its own beside the staged records, that memory stays
// flat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::tool {

class KnownRecords {
 public:
  // Makes the file anew.
  static Result<KnownRecords> create(const std::filesystem::path& file);

  // That an event of the log tells the record, or the fact, of this digest.
  Result<void> know(const Id128& digest, Sequence event);
  [[nodiscard]] Result<std::optional<Sequence>> known(const Id128& digest);
  // That a row of an earlier import has the id.
  Result<void> take_id(const std::string& table, std::int64_t id);
  [[nodiscard]] Result<bool> is_id_taken(const std::string& table, std::int64_t id);

 private:
  struct Statements {
    projections::sqlite::Statement know, known, take_id, taken;
  };
  KnownRecords(projections::sqlite::Connection connection, Statements statements)
      : connection_(std::move(connection)), statements_(std::move(statements)) {}

  projections::sqlite::Connection connection_;
  Statements statements_;
  bool knows_ = false;
};

}  // namespace wattledger::tool
