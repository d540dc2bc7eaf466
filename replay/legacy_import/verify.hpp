// Whether the log gives an older installation back: what a replay makes of it, against the
// originals.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "replay/command.hpp"
#include "replay/legacy_import/collect.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

struct Originals {
  std::string database, out, state;  // as given; empty: none
  std::string since, until;          // …
  [[nodiscard]] bool empty() const { return database.empty() && out.empty() && state.empty(); }
};
// --db, --out and --state.
void add_originals(CLI::App& command, Originals& originals);
// --since and --until.
void add_range(CLI::App& command, Originals& originals);

// What was compared of a table, and what of it differs.
struct ComparedTable {
  std::uint64_t rows = 0, differing = 0, missing = 0;
  std::map<std::string, std::uint64_t, std::less<>> columns;  // how many rows differ in it
};

struct Compared {
  std::filesystem::path file;
  std::string place;  // "out/…", "data/…"
};

struct VerifyReport {
  std::map<std::string, ComparedTable, std::less<>> tables;
  std::uint64_t files = 0;         // compared
  std::uint64_t byte_equal = 0;    // of the files; the rest is equal in value, or differs
  std::uint64_t differences = 0;   // all of them
  std::vector<std::string> lines;  // of the first ones: place and what differs
  std::vector<std::string> aside;  // files that are none of the older system's
  std::vector<Compared> compared;  // the database is not among them
};

// Replays the log of `place` aside, to the older system's newest shape with everything kept, and
// compares. What lies outside the range of time is not looked at. Writes nothing that stays.
Result<VerifyReport> verify_originals(const Invocation& invocation, const Place& place,
                                      const Originals& originals);

inline constexpr std::size_t verify_lines_max = 100;

void add_difference(VerifyReport& report, const std::string& line);

// Which records are compared: those within a range of the house's local time, and those without a
// time.
struct Within {
  LocalRange range;
  ZoneOffsets zone;
  // `time`: as the record has it.
  [[nodiscard]] bool holds(std::string_view time) const;
};

// Every row of the original, by its key, in every column. `rebuilt`: the SQLite file of a replay to
// schema version 4 with everything kept. Rows that it has besides are no difference.
Result<void> verify_tables(const std::filesystem::path& original,
                           const std::filesystem::path& rebuilt, const std::filesystem::path& aside,
                           const Within& within, VerifyReport& report);

// Every JSON file below `original` against the one of the same name below `rebuilt`: byte by byte,
// else record by record, whatever their order and spacing. `prefix`: "out/" or "data/".
Result<void> verify_files(const std::filesystem::path& original,
                          const std::filesystem::path& rebuilt, const std::string& prefix,
                          const Within& within, VerifyReport& report);

}  // namespace wattledger::tool
