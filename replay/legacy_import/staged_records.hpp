// The records found, on disk in the order of their events: a file of its own that anybody may
// delete. SQLite sorts them, so that memory does not grow with them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "replay/legacy_import/source_record.hpp"

namespace wattledger::tool {

struct StagedRecord {
  SourceRecord record;
  std::optional<UtcTime> at;  // absent: the instant of the import
  std::string key;
  std::string source;  // what the report calls where it comes from
  bool time_uncertain = false;
};

class StagedRecords {
 public:
  // Makes the file anew.
  static Result<StagedRecords> create(const std::filesystem::path& file);
  StagedRecords(StagedRecords&&) noexcept = default;
  StagedRecords& operator=(StagedRecords&&) noexcept = default;
  ~StagedRecords();

  Result<void> add(const StagedRecord& staged);
  // That an event of the log tells the record of this digest.
  Result<void> know(const Id128& digest, Sequence event);
  [[nodiscard]] Result<std::optional<Sequence>> known(const Id128& digest);
  // That a row of an earlier import has the id.
  Result<void> take_id(const std::string& table, std::int64_t id);
  [[nodiscard]] Result<bool> is_id_taken(const std::string& table, std::int64_t id);
  Result<void> finish();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::optional<UtcTime> first() const { return first_; }
  [[nodiscard]] std::optional<UtcTime> last() const { return last_; }

  // By time, family and key; those of tables first, then lines, elements, documents; in the order
  // of their source. Those without a time come last.
  Result<void> scan(const std::function<Result<void>(const StagedRecord&)>& each);

 private:
  struct Statements {
    projections::sqlite::Statement insert, know, known, take_id, taken;
  };
  StagedRecords(projections::sqlite::Connection connection, Statements statements);
  std::int64_t number_of(const std::string& name);

  projections::sqlite::Connection connection_;
  projections::sqlite::Statement insert_, know_, known_, take_id_, taken_;
  std::map<std::string, std::int64_t> numbers_;  // of places and sources
  std::vector<std::string> names_;
  std::uint64_t size_ = 0;
  bool knows_ = false;
  std::optional<UtcTime> first_, last_;
};

// Of bytes: the first half of their SHA-256.
[[nodiscard]] Id128 digest_of_text(const std::string& text);
// What tells a record from all others of its place and form.
[[nodiscard]] Id128 digest_of(const SourceRecord& record, std::uint64_t repetition);
// … a fact from all others: by its family, time and key (key_of).
[[nodiscard]] Id128 digest_of(Family family, UtcTime at, const std::string& key);

}  // namespace wattledger::tool
