// The legacy JSON files under <data>/out/ as a projection: energy_data/energy_data_YYYY-MM-DD.json,
// coordinator_state_YYYYMMDD.json, charging_decision_YYYYMMDD.json, byte for byte as Python wrote them.
#pragma once

#include <filesystem>
#include <memory>

#include "events/result.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

struct JsonOptions {
  std::filesystem::path data;
  bool staging = false;  // built aside: durable only after settle()
};

// Opens lazily: nothing is created before the first apply().
[[nodiscard]] std::unique_ptr<Projector> make_json_projector(const JsonOptions& options);

}  // namespace wattledger::projections
