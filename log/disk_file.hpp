// One file of a segment or a backup: written from its beginning to its end, or read anywhere.
// Errors name the file. Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"

namespace wattledger::log {

class DiskFile {
 public:
  // A new one; locked (flock) as long as it is open, so that nobody takes it for a leftover.
  static Result<DiskFile> create(const std::filesystem::path& path);
  // not_found if it is not there.
  static Result<DiskFile> open(const std::filesystem::path& path);
  // One in memory alone, which errors call `path`: for what must not be on any disk in clear.
  static Result<DiskFile> in_memory(const std::filesystem::path& path);
  DiskFile(DiskFile&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  DiskFile& operator=(DiskFile&& other) noexcept;
  ~DiskFile();

  Result<void> append(std::span<const std::byte> bytes);
  // Durable, and no longer in the page cache where the system obeys: the next read asks the disk.
  Result<void> sync();
  [[nodiscard]] Result<std::uint64_t> size() const;
  // SHA-256 of all of it.
  [[nodiscard]] Result<Digest> digest() const;
  // Exactly so many bytes, or corrupt: the file is cut short.
  [[nodiscard]] Result<std::vector<std::byte>> read(std::uint64_t offset, std::size_t bytes) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return fd_; }

 private:
  DiskFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::filesystem::path path_;
  int fd_;
};

// Makes the names in a directory durable.
Result<void> sync_directory(const std::filesystem::path& directory);
// Replaces what bears the name.
Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Removes files of this ending that no process has open through create(): a killed one left them.
void remove_leftovers(const std::filesystem::path& directory, const std::string& ending);

}  // namespace wattledger::log
