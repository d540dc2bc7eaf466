#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <fstream>

#include "coordinator/config/config.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

// Whole years, so that a restart within a year finds the same transitions and adopts nothing anew.
struct Span {
  date::sys_seconds from;
  date::sys_seconds to;
};

Span span_around(UtcTime around) {
  const date::year_month_day day(date::floor<date::days>(around));
  const auto new_year = [](date::year year) { return date::sys_days(year / 1 / 1); };
  return {new_year(day.year() - date::years(2)), new_year(day.year() + date::years(11))};
}

std::vector<ZoneOffsets::Transition> transitions_of(const date::time_zone& zone, const Span& span) {
  std::vector<ZoneOffsets::Transition> transitions;
  for (date::sys_seconds at = span.from; at < span.to;) {
    const date::sys_info info = zone.get_info(at);
    // A change of name alone is none of ours.
    if (transitions.empty() || transitions.back().offset != info.offset)
      transitions.push_back({at, info.offset});
    if (info.end <= at) break;
    at = info.end;
  }
  return transitions;
}

Failure unknown_zone(const std::string& name) {
  std::vector<std::string> known;
  for (const date::time_zone& zone : date::get_tzdb().zones) known.push_back(zone.name());
  const std::string near = near_match(name, known);
  return fail(ErrorKind::not_found,
              "\"" + name + "\" is not a zone of this system's time-zone database",
              near.empty() ? "write a name as Europe/Warsaw (timedatectl list-timezones shows them)"
                           : "did you mean \"" + near + "\"?");
}

// date's own reading finds no version beside Debian's files; there it is the first line of
// tzdata.zi, "# version 2025b".
std::string database_version() {
  const std::string found = date::get_tzdb().version;
  if (!found.empty() && found != "unknown") return found;
  std::ifstream file("/usr/share/zoneinfo/tzdata.zi");
  std::string hash;
  std::string word;
  std::string version;
  if (file >> hash >> word >> version && hash == "#" && word == "version") return version;
  return "unknown";
}

bool is_known(const std::string& name) {
  const date::tzdb& database = date::get_tzdb();
  const auto same = [&](const auto& entry) { return entry.name() == name; };
  return std::any_of(database.zones.begin(), database.zones.end(), same);
}

}  // namespace

Result<ZoneData> load_zone(const std::string& name, UtcTime around) {
  try {
    if (!is_known(name)) return unknown_zone(name);
    const date::time_zone* zone = date::locate_zone(name);
    ZoneData data;
    data.zone = ZoneOffsets(transitions_of(*zone, span_around(around)));
    data.tzdb_version = database_version();
    return data;
  } catch (const std::exception& error) {
    return fail(ErrorKind::io,
                std::string("the system's time-zone database cannot be read: ") + error.what(),
                "install the package tzdata");
  }
}

}  // namespace wattledger::config
