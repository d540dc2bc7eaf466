// A small language for runs of the whole house: simulate days with real data where it is there,
// look at the log that is left.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "events/codec.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"
#include "projections/rebuild.hpp"
#include "tests/support/places.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

// Fewer days under a sanitizer: the same code, ten times slower.
#ifdef WATTLEDGER_SANITIZED
inline constexpr int proof_days = 2;
#else
inline constexpr int proof_days = 7;
#endif

inline std::vector<std::string> real_data() {
  const std::filesystem::path data = shared_data();
  const auto prices = data / "prices" / "pl_csdac_15min_2025-09-29_2025-12-02.csv";
  const auto house = data / "house" / "fr_house_30min_2024-02-28_2025-02-27.csv";
  if (!std::filesystem::exists(prices) || !std::filesystem::exists(house)) {
    MESSAGE("no real prices and house at " << data.string() << ": generated ones are used");
    return {};
  }
  return {"--prices", prices.string(), "--house", house.string()};
}

// wattledgerd's arguments for `days` days from `start` into `data`.
inline std::vector<std::string> simulation(int days, const std::filesystem::path& data,
                                           const std::vector<std::string>& more = {},
                                           const std::string& start = "2025-10-22") {
  std::vector<std::string> arguments = {"--simulate", std::to_string(days), "--start", start,
                                        "--data",     data.string()};
  for (const auto& word : real_data()) arguments.push_back(word);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// Every record of the log as bytes, in order.
inline std::vector<std::string> records(const std::filesystem::path& data) {
  auto log = log::Log::open(data / "log");
  REQUIRE_MESSAGE(log.has_value(), log.error().line());
  const auto snapshot = log->snapshot();
  REQUIRE(snapshot.has_value());
  std::vector<std::string> all;
  const auto scanned = snapshot->scan(
      snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
        all.emplace_back(reinterpret_cast<const char*>(record.bytes.data()), record.bytes.size());
        return true;
      });
  REQUIRE(scanned.has_value());
  return all;
}

inline std::uint64_t count(const std::filesystem::path& data, Kind kind) {
  auto log = log::Log::open(data / "log");
  REQUIRE(log.has_value());
  const auto snapshot = log->snapshot();
  REQUIRE(snapshot.has_value());
  std::uint64_t found = 0;
  const auto scanned = snapshot->scan(snapshot->first(), snapshot->head(),
                                      [&](const log::RecordView& record) -> Result<bool> {
                                        found += record.event.kind() == kind ? 1U : 0U;
                                        return true;
                                      });
  REQUIRE(scanned.has_value());
  return found;
}

// Rebuilds everything from the log of `data` into `aside` and demands that it equals what is live.
inline void require_live_equals_rebuilt(const std::filesystem::path& data,
                                        const std::filesystem::path& aside) {
  {
    auto log = log::Log::open(data / "log");
    REQUIRE(log.has_value());
    projections::StageOptions options;
    options.directory = aside;
    const auto report = projections::stage(*log, options);
    REQUIRE_MESSAGE(report.has_value(), report.error().line());
    REQUIRE(report->rows_derived > 0);
  }
  const auto differences = projections::compare(data, aside);
  REQUIRE_MESSAGE(differences.has_value(), differences.error().line());
  for (const auto& difference : *differences) MESSAGE(difference.place << ": " << difference.what);
  CHECK(differences->empty());
}

}  // namespace wattledger::testing
