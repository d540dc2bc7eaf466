// What a replay or an archive needs of whoever owns the live projections and the log. A seam:
// rebuild/ and log/ ask through it, house/ answers, main() joins them.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "projections/rebuild.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

// What this data directory has, so that nobody rebuilds what nobody wanted.
struct Wanted {
  bool sqlite = true;
  bool json = false;
  bool json_selling_files = false;  // see projections/json
  std::uint32_t schema = 5;
  std::filesystem::path sqlite_file;  // live one
};

// How one projection of a data directory stands, by its checkpoint alone.
struct ProjectionHere {
  std::string name;
  std::string standing;                  // standing_name(), or "unreadable"
  std::string message;                   // what is wrong and what to do; empty when nothing is
  Sequence sequence;                     // of its checkpoint
  std::optional<std::uint32_t> version;  // what built it; absent: nothing is there
  std::uint32_t wanted = 0;              // what this program continues
};

struct Owner {
  std::function<Wanted(const Place&)> wanted;
  // Has the owner take over what stands under `staged`; returns who did: "the daemon",
  // "wattledger".
  std::function<Result<std::string>(const Place&, const std::filesystem::path& staged,
                                    const projections::StageReport&)>
      adopt;
  // Of those that this data directory has. Opens nothing for writing.
  std::function<std::vector<ProjectionHere>(const Place&, const log::Meta&)> here;
};

// Records the segments' LogArchived and takes everything up to and including `last` out of the log;
// returns who did: "the daemon", "wattledger".
using Retirer = std::function<Result<std::string>(const Place&, Sequence last)>;

}  // namespace wattledger::tool
