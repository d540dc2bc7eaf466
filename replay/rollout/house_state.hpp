// How a house stands before, during and after a rollout: what the daemon answers, its health, and
// what each projection has come to.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "replay/owner.hpp"
#include "replay/rollout/figures.hpp"
#include "replay/rollout/mode.hpp"

namespace wattledger::tool {

struct ProjectionState {
  std::string standing, message;
  std::uint64_t lag = 0;
  [[nodiscard]] bool fed() const { return standing == "current" || standing == "behind"; }
};

struct HouseState {
  bool running = false;  // a daemon answers
  std::string holder;    // who holds the log and does not
  std::string trouble;   // why nobody could be asked
  std::map<std::string, ProjectionState>
      projections;  // as the daemon has them, else by their marks
};
[[nodiscard]] HouseState house_state(const Place& place, const Owner& owner);

// <data>/health.json as the daemon last wrote it.
struct HealthFile {
  std::string at, overall;
  std::map<std::string, std::string> states;   // of each item
  std::map<std::string, std::string> details;  // of those that are not ok
  std::filesystem::file_time_type written;
};
[[nodiscard]] std::optional<HealthFile> health_file(const Place& place);
// Items that are failed now and were not before; empty when there are none.
[[nodiscard]] std::string newly_failed(const std::optional<HealthFile>& before,
                                       const HealthFile& now);

[[nodiscard]] std::filesystem::path live_tables(const Place& place, const Owner& owner);

}  // namespace wattledger::tool
