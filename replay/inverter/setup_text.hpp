// What setup says when it is done. Pure.
#pragma once

#include <string>
#include <vector>

#include "replay/inverter/setup_file.hpp"

namespace wattledger::tool {

struct SetupDone {
  Survey survey;
  SetupChoice choice;
  std::vector<std::string> remarks;
  std::string file;
  Outlook ahead;
};

// The commands that come next, to be copied into a shell.
struct NextCommands {
  std::string start, look;
};
[[nodiscard]] NextCommands next_commands(const std::string& file);

[[nodiscard]] std::vector<std::string> setup_lines(const SetupDone& done);
// One object; powers in watts, battery + giving, grid + exporting, as `status` has them.
[[nodiscard]] std::string setup_json(const SetupDone& done);

}  // namespace wattledger::tool
