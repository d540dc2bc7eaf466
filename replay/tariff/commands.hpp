// What a kWh costs: the one part of the tool that needs no data directory.
#pragma once

#include <memory>

#include "replay/command.hpp"

namespace wattledger::tool {

struct TariffWish;

// `tariff`, with `tariff table` below it.
void add_tariff(CLI::App& parent, Invocation& invocation);
void add_tariff_table(CLI::App& tariff, Invocation& invocation,
                      const std::shared_ptr<TariffWish>& wish);

}  // namespace wattledger::tool
