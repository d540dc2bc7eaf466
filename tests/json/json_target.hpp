// A target directory in a few words: rows by the minute, checkpoints by their sequence, a directory
// as a map of texts.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "projections/json/day_files.hpp"
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

// The sessions and the plan of every day: a charge in the morning, a sale in the evening.
inline void add_session_rows(std::int64_t minute_of_day, LocalTime local,
                             const std::function<void(fold::RowContent)>& add) {
  const std::string day = date_text(local);
  if (minute_of_day == 100) {
    fold::DailyPlanRow plan;
    plan.day = std::chrono::floor<std::chrono::days>(local);
    plan.created_at = iso_text(local);
    plan.status = "planned";
    plan.sessions.push_back(
        {day + "_1", day + "T03:00:00", day + "T04:00:00", 1.0, 3.0, 1.5, 0.5, 1, "planned"});
    add(plan);
  }
  fold::SessionRow session;
  session.told_at = iso_text(local);
  session.capacity_mwh = 10'000'000;
  session.selling = minute_of_day >= 1'080;
  session.session_id = session.selling ? "selling_" + day : day + "_1";
  const auto at = UtcTime(local.time_since_epoch());
  if (minute_of_day == 180 || minute_of_day == 1'080) {
    session.status = "active";
    session.start_at = at;
    session.start_time = session.started_at = iso_text(local);
    session.start_soc_bp = 9'200;
    add(session);
  }
  if (minute_of_day == 240 || minute_of_day == 1'110) {
    session.status = "completed";
    session.end_at = at;
    session.end_time = session.completed_at = iso_text(local);
    session.end_soc_bp = 7'900;
    session.energy_kwh = 2.5;
    session.amount = 3.0;
    session.average_price = 1.2;
    add(session);
  }
}

// The rows of minute `minute` (of UTC, from 2025-10-01): a state every minute, energy every fifth,
// a decision every fifteenth, prices every hour, a charging and a selling session every day.
inline std::vector<fold::LegacyRow> rows_of_minute(std::int64_t minute) {
  const UtcTime at = testing::at_s(minute * 60);
  const LocalTime local(at.time_since_epoch());
  std::vector<fold::LegacyRow> rows;
  const auto add_content = [&](fold::RowContent row) {
    rows.push_back(
        {Sequence{static_cast<std::uint64_t>(minute) + 1}, at, at, local, std::move(row)});
  };
  const auto add = [&](auto row) {
    row.timestamp = iso_text(local);
    add_content(std::move(row));
  };
  if (minute % 5 == 0) {
    fold::EnergyRow energy;
    energy.battery_soc = static_cast<double>(minute % 1000) / 10.0;
    energy.grid_power = minute - 700;
    energy.grid_import_total_kwh = 5'000.0 + static_cast<double>(minute) / 10.0;
    energy.tariff_zone = "T1";
    add(energy);
  }
  fold::SystemStateRow state;
  state.file_line = "{\"minute\": " + std::to_string(minute) + "}";
  if (minute % 15 == 0) state.file_time = local;
  add(state);
  if (minute % 15 == 0) {
    fold::DecisionRow decision;
    decision.file_line =
        "{\"decision\": " + std::to_string(minute) + ", \"decision_type\": \"charging\"}";
    decision.file_time = local;
    decision.action = minute % 60 == 0 ? "charge" : minute % 60 == 15 ? "battery_selling" : "wait";
    decision.source = "grid";
    decision.tariff_zone = "T2";
    decision.energy_mwh = 1'250'000;
    decision.cost_e8 = 40'000'000;
    add(decision);
  }
  if (minute % 60 == 0) {
    add_content(
        fold::FileRow{fold::FileRow::Which::price_history, "[" + std::to_string(minute) + "]"});
    add_content(fold::FileRow{fold::FileRow::Which::price_cache,
                              minute % 120 == 0 ? std::optional<std::string>("{}") : std::nullopt});
  }
  add_session_rows(minute % 1'440, local, add_content);
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

// Every file under <data>/out by its name there, the manifest among them, and those of <data>/data
// as data/NAME. Of a manifest the list of whole files, which only a set built aside has, is left
// out.
inline std::map<std::string, std::string> files_in(const fs::path& data) {
  std::map<std::string, std::string> files;
  for (const char* tree : {"out", "data"}) {
    if (!fs::exists(data / tree)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(data / tree))
      if (entry.is_regular_file())
        files[fs::relative(entry.path(), std::string(tree) == "out" ? data / "out" : data)
                  .string()] = text_of(entry.path());
  }
  const auto manifest = files.find(".wattledger-manifest.json");
  if (manifest == files.end()) return files;
  const std::size_t from = manifest->second.find(" \"whole\": [");
  if (from == std::string::npos) return files;
  const std::size_t to = manifest->second.find(']', from) + 1;
  manifest->second.erase(from, to - from);
  const std::size_t comma = manifest->second.rfind(',', from);
  manifest->second.erase(comma, from - comma);
  return files;
}

// Those with a day that rows are appended to.
inline std::size_t count_day_files(const std::map<std::string, std::string>& files) {
  return static_cast<std::size_t>(std::count_if(
      files.begin(), files.end(), [](const auto& each) { return day_of(each.first).has_value(); }));
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
