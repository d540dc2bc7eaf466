// Which projections a configuration asks for. Pure.
#pragma once

#include "coordinator/config/config.hpp"
#include "projections/live/live_projections.hpp"

namespace wattledger::daemon {

// `simulated`: nobody waits for the files.
[[nodiscard]] projections::LiveOptions live_options_of(const config::Config& config,
                                                       bool simulated);
[[nodiscard]] bool same_projections(const config::Config& one, const config::Config& other);

}  // namespace wattledger::daemon
