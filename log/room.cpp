#include "log/room.hpp"

#include <sys/mman.h>

#include <charconv>
#include <fstream>

#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

// Address and length from a line of /proc/self/maps: "7f00-7f80 r--s 0000 08:01 42    /file".
std::optional<std::pair<std::uintptr_t, std::size_t>> mapped(std::string_view line) {
  std::uintptr_t from = 0;
  std::uintptr_t to = 0;
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, from, 16);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, to, 16).ec != std::errc() || to <= from)
    return std::nullopt;
  return std::pair(from, static_cast<std::size_t>(to - from));
}

// Of what grows while it is written: the directory's disk, or where it will be made.
Result<std::uint64_t> free_at(std::filesystem::path directory) {
  std::error_code error;
  directory = std::filesystem::absolute(directory, error);
  while (!std::filesystem::exists(directory, error) && directory.has_relative_path())
    directory = directory.parent_path();
  const auto space = std::filesystem::space(directory, error);
  if (!error) return space.available;
  return fail(ErrorKind::io, directory.string() + ": free space: " + error.message(),
              "check the disk and its permissions");
}

}  // namespace

// LMDB tells no address of its map. No page of it is written to (no WRITEMAP), so that what is let
// go is read from the file again when it is looked at.
void let_go_of_pages(const Log& log) {
  const Environment& environment = *log.impl().environment;
  const auto held = Transaction::begin(
      environment, Transaction::Access::read);  // the map stays where it is meanwhile
  std::error_code unknown;
  const std::string name = std::filesystem::canonical(environment.data_path(), unknown).string();
  if (!held || unknown) return;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (!line.ends_with(" " + name)) continue;
    if (const auto place = mapped(line))
      (void)::madvise(
          reinterpret_cast<void*>(place->first),  // NOLINT(performance-no-int-to-ptr): read as text
          place->second, MADV_DONTNEED);
  }
}

Result<void> require_room(const std::filesystem::path& directory, std::uint64_t bytes,
                          const std::string& what) {
  const auto free = free_at(directory);
  if (!free) return Failure(free.error());
  if (*free >= bytes) return {};
  return fail(ErrorKind::full,
              what + " needs about " + mebibytes(bytes + (std::uint64_t{1} << 20U) - 1) +
                  ", and the disk of " + directory.string() + " has " + mebibytes(*free) + " left",
              "free space there, or name a directory on a larger disk");
}

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
