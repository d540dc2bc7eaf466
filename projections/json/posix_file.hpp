// Files as the operating system has them: positions, fsync, rename. Everything that fails says
// which file and why.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "events/result.hpp"

namespace wattledger::projections {

// One descriptor, closed once.
class PosixFile {
 public:
  PosixFile() = default;
  PosixFile(PosixFile&& other) noexcept;
  PosixFile& operator=(PosixFile&& other) noexcept;
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() { close(); }

  // For reading and writing; `create` makes a new file and refuses one that is there.
  static Result<PosixFile> open(const std::filesystem::path& path, bool create);

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  void close() noexcept;
  Result<void> write_at(std::uint64_t offset, std::string_view bytes);
  // Fewer bytes than asked for only at the file's end.
  Result<std::string> read_at(std::uint64_t offset, std::size_t count) const;
  Result<void> truncate(std::uint64_t length);
  Result<void> sync();
  Result<std::uint64_t> length() const;
  // False once the name was removed, or given to another file, while we hold the old one.
  Result<bool> is_linked() const;

 private:
  int descriptor_ = -1;
  std::filesystem::path path_;
};

// So that names made or removed in it last.
Result<void> sync_directory(const std::filesystem::path& directory);
// Makes it with its parents, durably.
Result<void> make_directory(const std::filesystem::path& directory);
// All or nothing for a reader, durable only after a sync: beside (one hidden name in each
// directory), rename.
Result<void> put_file(const std::filesystem::path& path, std::string_view text);
// Everything written on the file system that holds `path`.
Result<void> sync_file_system(const std::filesystem::path& path);
// All or nothing: beside, fsync, rename, fsync of the directory.
Result<void> replace_file(const std::filesystem::path& path, std::string_view text);
// By rename; across file systems by a copy beside the target. The source is gone afterwards.
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Not durable.
Result<void> copy_unsynced(const std::filesystem::path& from, const std::filesystem::path& to);
// Durable.
Result<void> duplicate_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Not being there is success.
Result<void> remove_file(const std::filesystem::path& path);
// nullopt when nothing is there.
Result<std::optional<std::uint64_t>> file_length(const std::filesystem::path& path);

}  // namespace wattledger::projections
