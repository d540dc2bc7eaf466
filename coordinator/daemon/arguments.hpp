// wattledgerd's command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

namespace wattledger::daemon {

struct Arguments {
  std::filesystem::path config;               // --config; empty: none
  std::filesystem::path data;                 // --data; empty: the mode's own
  std::optional<std::int64_t> simulate_days;  // --simulate
  std::string start = "2025-10-01";           // --start
  std::filesystem::path prices;               // --prices
  std::filesystem::path house;                // --house
  std::uint64_t seed = 1;                     // --seed
  std::int64_t poll_s = 60;                   // --poll, simulated seconds
  std::uint32_t telemetry_events = 64;        // --commit-events: telemetry of one commit
  bool safe_mode = false;                     // --safe-mode: control off, the inverter only read
  [[nodiscard]] bool demo() const { return config.empty() && !simulate_days; }
};

// Arguments, or the exit code after help, version or a usage error was printed.
[[nodiscard]] std::variant<Arguments, int> read_arguments(int argc, char** argv);

}  // namespace wattledger::daemon
