// What a house's log tells of how it was run: how often the inverter changed its mode, which limits
// were broken, what stayed open. For tests and for wattledger_course.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "events/result.hpp"
#include "events/time.hpp"
#include "events/units.hpp"

namespace wattledger::testing {

// The limits that a course may break while the inverter is forced. The house's own load and sun
// are nobody's fault: of the grid's limits only what the battery adds counts. A broken limit is
// seen in two readings in a row: what changed since the last decision is mended by the next.
enum class Limit : std::uint8_t {
  soc_max,         // charged above
  soc_min,         // discharged below
  charge_power,    // more into the battery than it may
  sale_power,      // more out of it
  import_limit,    // bought more than the connection gives
  export_limit,    // sold more than it takes
  sale_floor,      // sold below the floor
  sale_session,    // a sale took more than its share
  sale_day,        // a day's sales did
  charge_and_sale  // at once
};

struct Breach {
  Limit limit{};
  UtcTime at;
  std::int64_t measured = 0;  // W or basis points
  std::int64_t allowed = 0;
};

struct Course {
  std::vector<std::uint32_t> changes;  // of the inverter's confirmed mode, a local day each
  std::map<std::string, std::uint64_t> changes_to;
  std::vector<Breach> breaches;
  std::vector<std::string> open_at_midnight;  // sessions, with the day that ended
  std::vector<std::string> left_open;         // at the end of the log
  std::vector<std::string> faults;
  std::uint64_t readings = 0;
  std::uint64_t decisions = 0;
  std::uint64_t commands = 0;
  std::uint64_t failed = 0;
  std::uint64_t charges = 0;  // sessions that began
  std::uint64_t sales = 0;
  MilliwattHours imported, exported;
  MoneyE8 paid, earned;  // where the price is known
};

[[nodiscard]] Result<Course> course_of(const std::filesystem::path& data);

// The least number of changes that `percent` of the days do not exceed.
[[nodiscard]] std::uint32_t changes_at(const Course& course, std::uint32_t percent);

[[nodiscard]] std::string text_of(const Breach& breach);
// Some lines for people.
[[nodiscard]] std::string text_of(const Course& course);

}  // namespace wattledger::testing
