// Which time zone this computer keeps, by its name in the tz database.
#pragma once

#include <filesystem>
#include <string>

namespace wattledger::tool {

// Where it is looked for; null: not set.
struct ZoneSources {
  const char* tz = nullptr;  // the variable TZ
  std::filesystem::path localtime = "/etc/localtime";
  std::filesystem::path timezone = "/etc/timezone";  // Debian's, where localtime is a copy
};

// "Europe/Warsaw"; empty where it has no name that can be known, as TZ=CET-1CEST has not. Whether
// the database knows it is not looked at.
[[nodiscard]] std::string machine_zone(const ZoneSources& sources);

}  // namespace wattledger::tool
