// What a kWh costs: the one part of the tool that needs no data directory.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

// `tariff`, with `tariff table` below it.
void add_tariff(CLI::App& parent, Invocation& invocation);
void add_tariff_table(CLI::App& tariff, Invocation& invocation);

}  // namespace wattledger::tool
