// Reads an older installation: its files by content, its tables, and puts every record where its
// event will stand. The source is opened for reading alone.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "events/time.hpp"
#include "replay/legacy_import/findings.hpp"
#include "replay/legacy_import/staged_records.hpp"

namespace wattledger::tool {

// Of local times: what lies before `since`, or at `until` and after, is outside.
struct LocalRange {
  std::optional<LocalTime> since, until;
  [[nodiscard]] bool is_all() const { return !since && !until; }
  [[nodiscard]] bool contains(LocalTime time) const {
    return (!since || time >= *since) && (!until || time < *until);
  }
};
// As the older system wrote it, whether the clocks of the zone ever showed it or not; with an
// offset what they showed.
Result<LocalTime> local_time(std::string_view text, const ZoneOffsets& zone);
// From --since and --until as given; empty: none. invalid_input, naming the option.
Result<LocalRange> local_range(const std::string& since, const std::string& until);

struct LegacySources {
  std::filesystem::path database;  // its SQLite file; these may each be empty
  std::filesystem::path out;       // its out/ tree
  std::filesystem::path state;     // its data/ folder
  LocalRange range;                // records outside are left out; what has no time is not
  std::filesystem::path aside;     // a folder for copies
  ZoneOffsets zone;
  UtcTime now{};
};

// not_found, saying which option to look at.
Result<void> require_source(const std::filesystem::path& path, bool directory);

// Everything that can be read goes into `staged`; what cannot is in `findings`. Errors are of our
// own side, and of sources that are not there.
Result<void> collect(const LegacySources& sources, StagedRecords& staged, Findings& findings);

// Gives records their time and their place; used by both readers.
class Collector {
 public:
  Collector(const LegacySources& sources, StagedRecords& staged, Findings& findings)
      : sources_(sources), staged_(staged), findings_(findings) {}

  // A new sequence of records begins: times going back in it tell the passes of a repeated hour.
  void begin(std::string source);
  Result<void> take(SourceRecord record);
  void reject(std::uint64_t at, std::string what);
  void doubt(std::uint64_t at, std::string what);
  // What is none of the older system's: the file at hand, or a part of it.
  void leave_aside(const std::string& part = {}) {
    findings_.left_aside(part.empty() ? source_ : source_ + ", " + part);
  }
  // Counts one that will be rejected.
  void count() { ++findings_.of(source_).found; }
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  struct Placed {
    UtcTime at;
    LocalTime local;
    bool uncertain = false;
    bool in_gap = false;
  };
  [[nodiscard]] Result<Placed> place_in_time(const SourceRecord& record);

  const LegacySources& sources_;
  StagedRecords& staged_;
  Findings& findings_;
  std::string source_;
  std::optional<LocalTime> before_;
  bool second_pass_ = false, before_repeated_ = false;
};

Result<void> read_legacy_files(const std::filesystem::path& root, const std::string& prefix,
                               Collector& collector);
// `aside`: for a copy, where the database cannot be read as it lies.
Result<void> read_legacy_tables(const std::filesystem::path& database,
                                const std::filesystem::path& aside, Collector& collector);

}  // namespace wattledger::tool
