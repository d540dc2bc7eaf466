// The records found, on disk in the order of their events: a file of its own that anybody may
// delete. SQLite sorts them, so that memory does not grow with them. One thread uses it; writing
// and reading the file go on beside, on a thread of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "replay/legacy_import/source_record.hpp"

namespace wattledger::tool {

struct StagedRecord {
  SourceRecord record;
  std::optional<UtcTime> at;  // absent: the instant of the import
  std::string key;
  std::string_view source;  // what the report calls where it comes from; lives with what gave it
  bool time_uncertain = false;
  Id128 digest;  // digest_of(record, 0), from scan()
};

class StagedRecords {
 public:
  // Makes the file anew.
  static Result<StagedRecords> create(const std::filesystem::path& file);
  StagedRecords(StagedRecords&&) noexcept;
  StagedRecords& operator=(StagedRecords&&) noexcept;
  ~StagedRecords();

  // Errors may be those of records before it.
  Result<void> add(const StagedRecord& staged);
  // All were added. Until then none can be read.
  Result<void> finish();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::optional<UtcTime> first() const { return first_; }
  [[nodiscard]] std::optional<UtcTime> last() const { return last_; }

  // By time, family and key; those of tables first, then lines, elements, documents; in the order
  // of their source. Those without a time come last.
  Result<void> scan(const std::function<Result<void>(StagedRecord)>& each);

 private:
  struct Writer;
  explicit StagedRecords(std::unique_ptr<Writer> writer);
  std::int64_t number_of(const std::string& name);

  std::map<std::string, std::int64_t> numbers_;  // of places and sources
  std::vector<std::string> names_;
  std::uint64_t size_ = 0;
  std::optional<UtcTime> first_, last_;
  std::unique_ptr<Writer> writer_;
};

// Of bytes: the first half of their SHA-256.
[[nodiscard]] Id128 digest_of_text(const std::string& text);
// What tells a record from all others of its place and form.
[[nodiscard]] Id128 digest_of(const SourceRecord& record, std::uint64_t repetition);
// … a fact from all others: by its family, time and key (key_of).
[[nodiscard]] Id128 digest_of(Family family, UtcTime at, const std::string& key);

}  // namespace wattledger::tool
