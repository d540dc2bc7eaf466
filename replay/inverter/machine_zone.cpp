#include "replay/inverter/machine_zone.hpp"

#include <fstream>
#include <string_view>

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

// "Europe/Warsaw" of a path below a zoneinfo directory.
std::string below_zoneinfo(std::string_view path) {
  constexpr std::string_view directory = "zoneinfo/";
  const std::size_t at = path.rfind(directory);
  if (at == std::string_view::npos) return {};
  path.remove_prefix(at + directory.size());
  for (const std::string_view variant : {"posix/", "right/"})
    if (path.starts_with(variant)) path.remove_prefix(variant.size());
  return std::string(path);
}

// Link by link, as the last file behind it may have another of the zone's names.
std::string name_of_link(fs::path path) {
  constexpr int links_max = 8;
  for (int links = 0; links < links_max; ++links) {
    std::error_code failed;
    const fs::path next = fs::read_symlink(path, failed);
    if (failed) return {};
    path = next.is_absolute() ? next : path.parent_path() / next;
    if (std::string name = below_zoneinfo(path.string()); !name.empty()) return name;
  }
  return {};
}

}  // namespace

std::string machine_zone(const ZoneSources& sources) {
  if (sources.tz != nullptr) {
    std::string_view tz = sources.tz;
    if (tz.starts_with(':')) tz.remove_prefix(1);
    if (tz.empty()) return "UTC";
    if (tz.starts_with('/')) return below_zoneinfo(tz);
    // "CET-1CEST,M3.5.0,M10.5.0/3" is a rule and no name. "Etc/GMT-1" is one.
    const bool rule = tz.find(',') != std::string_view::npos ||
                      (tz.find('/') == std::string_view::npos &&
                       tz.find_first_of("0123456789") != std::string_view::npos);
    return rule ? std::string() : std::string(tz);
  }
  if (std::string name = name_of_link(sources.localtime); !name.empty()) return name;
  std::ifstream file(sources.timezone);
  std::string name;
  file >> name;
  return name;
}

}  // namespace wattledger::tool
