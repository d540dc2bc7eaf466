// A target directory in a few words: rows by the minute, checkpoints by their sequence, a directory
// as a map of texts.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "projections/json/json_projector.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::projections {

namespace fs = std::filesystem;

inline Checkpoint checkpoint_at(std::uint64_t sequence) {
  Checkpoint checkpoint;
  checkpoint.log.bytes[0] = 7;
  checkpoint.sequence.value = sequence;
  checkpoint.root.bytes[0] = static_cast<std::uint8_t>(sequence);
  checkpoint.version = 101;
  return checkpoint;
}

inline std::optional<Checkpoint> after(std::uint64_t sequence) {
  return sequence == 0 ? std::nullopt : std::optional(checkpoint_at(sequence));
}

// The rows of minute `minute` (of UTC, from 2025-10-01): a state every minute, energy every fifth,
// a decision every fifteenth.
inline std::vector<fold::LegacyRow> rows_of_minute(std::int64_t minute) {
  const UtcTime at = testing::at_s(minute * 60);
  const LocalTime local(at.time_since_epoch());
  std::vector<fold::LegacyRow> rows;
  const auto add = [&](auto row) {
    row.timestamp = iso_text(local);
    rows.push_back({Sequence{static_cast<std::uint64_t>(minute) + 1}, at, at, local, row});
  };
  if (minute % 5 == 0) {
    fold::EnergyRow energy;
    energy.battery_soc = static_cast<double>(minute % 1000) / 10.0;
    energy.grid_power = minute - 700;
    energy.tariff_zone = "T1";
    add(energy);
  }
  fold::SystemStateRow state;
  state.file_line = "{\"minute\": " + std::to_string(minute) + "}";
  add(state);
  if (minute % 15 == 0) {
    fold::DecisionRow decision;
    decision.file_line = "{\"decision\": " + std::to_string(minute) + "}";
    add(decision);
  }
  return rows;
}

inline std::vector<fold::LegacyRow> rows_between(std::int64_t first, std::int64_t end) {
  std::vector<fold::LegacyRow> rows;
  for (std::int64_t minute = first; minute < end; ++minute)
    for (fold::LegacyRow& row : rows_of_minute(minute)) rows.push_back(std::move(row));
  return rows;
}

// Sequence n means: minutes 0 … n-1 are in.
inline Result<void> feed(Projector& projector, std::int64_t first, std::int64_t end) {
  return projector.apply(after(static_cast<std::uint64_t>(first)),
                         checkpoint_at(static_cast<std::uint64_t>(end)), rows_between(first, end));
}

inline std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// Every file under <data>/out by its name there, the manifest among them.
inline std::map<std::string, std::string> files_in(const fs::path& data) {
  std::map<std::string, std::string> files;
  if (!fs::exists(data / "out")) return files;
  for (const auto& entry : fs::recursive_directory_iterator(data / "out"))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), data / "out").string()] = text_of(entry.path());
  return files;
}

inline std::unique_ptr<Projector> projector_in(const fs::path& data, bool staging = false,
                                               bool keep_all = false) {
  JsonOptions options;
  options.data = data;
  options.staging = staging;
  options.keep_all = keep_all;
  return make_json_projector(options);
}

// One uninterrupted run over minutes 0 … end-1, settled.
inline void build(const fs::path& data, std::int64_t end, bool staging = false,
                  bool keep_all = false) {
  const auto projector = projector_in(data, staging, keep_all);
  REQUIRE(feed(*projector, 0, end).has_value());
  REQUIRE(projector->settle().has_value());
}

inline constexpr const char* manifest_file = ".wattledger-manifest.json";

}  // namespace wattledger::projections
