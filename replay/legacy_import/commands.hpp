// wattledger import: an existing installation of the older system becomes a batch of the log.
#pragma once

#include <functional>

#include "replay/change/change.hpp"
#include "replay/command.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

// Has the projections of a place built anew and taken over; without `anyway` only where one stands
// behind the log. A seam: rebuild/ does it, main() joins.
using Rebuild = std::function<Exit(const Invocation&, const Place&, bool anyway)>;

// Has the log's records up to `last` moved into segments, as far as they can be; consent was given.
// A seam: log/ does it, main() joins.
using Archive = std::function<Exit(const Invocation&, const Place&, Sequence last)>;

void add_import_legacy(CLI::App& parent, Invocation& invocation, Rebuild rebuild, Archive archive,
                       ChangeHouse house);
void add_import_verify(CLI::App& parent, Invocation& invocation);
void add_import_archive_originals(CLI::App& parent, Invocation& invocation);

}  // namespace wattledger::tool
