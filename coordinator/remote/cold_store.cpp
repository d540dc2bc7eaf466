#include "coordinator/remote/cold_store.hpp"

#include "log/archive.hpp"
#include "log/room.hpp"

namespace wattledger::remote {
namespace {

namespace fs = std::filesystem;

fs::path segments_of(const fs::path& log_directory) {
  return log_directory / log::segments_directory;
}

Result<void> remove_here(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (!error) return {};
  return fail(ErrorKind::io, file.string() + " cannot be removed: " + error.message(),
              "the remote has it as well; look at its permissions");
}

}  // namespace

std::string cold_place(const std::string& remote, const Id128& log) {
  const bool joined = remote.back() == ':' || remote.back() == '/';
  return remote + (joined ? "" : "/") + log.hex();
}

Result<log::ColdSegment> send_segment(const fs::path& log_directory,
                                      const log::SequenceRange& records, const std::string& place,
                                      UtcTime now, const RcloneLimits& limits) {
  const auto cold = log::describe_segment(log_directory, records, place, now);
  if (!cold) return cold;
  const fs::path segments = segments_of(log_directory);
  WATTLEDGER_TRY(Remote(place, limits).send(segments, {cold->name()}, {}, Compare::bytes));
  // Is what was compared what was described?
  WATTLEDGER_TRY(log::require_same_segment(*cold, segments / cold->name()));
  WATTLEDGER_TRY(log::write_cold(log_directory, *cold));
  WATTLEDGER_TRY(remove_here(segments / cold->name()));
  return cold;
}

Result<void> leave_segment(const fs::path& log_directory, const log::ColdSegment& cold,
                           const RcloneLimits& limits) {
  const fs::path segments = segments_of(log_directory);
  WATTLEDGER_TRY(log::require_same_segment(cold, segments / cold.name()));
  WATTLEDGER_TRY(Remote(cold.place, limits).check(segments, {cold.name()}, {}, Compare::bytes));
  return remove_here(segments / cold.name());
}

Result<fs::path> fetch_aside(const log::ColdSegment& cold, const fs::path& aside,
                             const RcloneLimits& limits) {
  WATTLEDGER_TRY(log::require_room(aside, cold.bytes, "the segment " + cold.name()));
  std::error_code error;
  fs::create_directories(aside, error);
  WATTLEDGER_TRY(Remote(cold.place, limits).fetch({}, {cold.name()}, aside));
  WATTLEDGER_TRY(log::require_same_segment(cold, aside / cold.name()));
  return aside / cold.name();
}

Result<void> fetch_segment(const fs::path& log_directory, const log::ColdSegment& cold,
                           const RcloneLimits& limits) {
  const fs::path aside = segments_of(log_directory) / ".fetched";
  std::error_code error;
  const auto file = fetch_aside(cold, aside, limits);
  if (file) {
    fs::last_write_time(*file, fs::file_time_type::clock::now(), error);  // it stays from now on
    fs::rename(*file, segments_of(log_directory) / cold.name(), error);
  }
  std::error_code ignored;
  fs::remove_all(aside, ignored);
  if (!file) return Failure(file.error());
  if (!error) return {};
  return fail(ErrorKind::io, cold.name() + " cannot be put in its place: " + error.message(),
              "check the disk and its permissions");
}

}  // namespace wattledger::remote
