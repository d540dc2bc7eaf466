// What a replay or an archive needs of whoever owns the live projections and the log. A seam:
// rebuild/ and log/ ask through it, house/ answers, main() joins them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "projections/rebuild.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

// What this data directory has, so that nobody rebuilds what nobody wanted.
struct Wanted {
  bool sqlite = true;
  bool json = false;
  std::uint32_t schema = 4;
  std::filesystem::path sqlite_file;  // live one
};

struct Owner {
  std::function<Wanted(const Place&)> wanted;
  // Has the owner take over what stands under `staged`; returns who did: "the daemon",
  // "wattledger".
  std::function<Result<std::string>(const Place&, const std::filesystem::path& staged,
                                    const projections::StageReport&)>
      adopt;
};

// Records the segments' LogArchived and takes everything up to and including `last` out of the log;
// returns who did: "the daemon", "wattledger".
using Retirer = std::function<Result<std::string>(const Place&, Sequence last)>;

}  // namespace wattledger::tool
