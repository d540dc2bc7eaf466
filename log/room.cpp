#include "log/room.hpp"

#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

}  // namespace

Result<Room> room_of(const Log& log) {
  std::error_code error;
  const auto space = std::filesystem::space(log.directory(), error);
  if (error)
    return fail(ErrorKind::io, log.directory().string() + ": free space: " + error.message(),
                "check the disk and its permissions");
  const Environment& environment = *log.impl().environment;
  Room room;
  room.directory = log.directory();
  room.disk_free = space.available;
  room.used = environment.used_bytes();
  room.map = log.map_bytes();
  room.map_grows = Environment::map_can_be(2 * room.map);
  return room;
}

std::vector<RoomWarning> room_warnings(const Room& room) {
  std::vector<RoomWarning> warnings;
  if (room.disk_free < disk_free_least)
    warnings.push_back(
        {Scarce::disk, "the disk of " + room.directory.string() + " has " +
                           mebibytes(room.disk_free) +
                           " left; nothing is decided any more when it is full: "
                           "free space, or move the data directory to a larger disk"});
  if (!room.map_grows && room.used >= room.map / 2)
    warnings.push_back(
        {Scarce::address_space,
         (room.directory / data_file).string() + " has " + mebibytes(room.used) + " of the " +
             mebibytes(room.map) +
             " that this process can map; it stops when they are full: wattledger log archive "
             "--before DATE, then wattledger log compact; or a 64-bit system without a limit on "
             "virtual memory"});
  return warnings;
}

}  // namespace wattledger::log
