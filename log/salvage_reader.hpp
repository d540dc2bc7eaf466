// Reads a log whose pages may be damaged. LMDB ends the process, or the kernel does, where a page
// contradicts itself or lies beyond the file: so a child reads, this process is told over a pipe,
// and where a child ends too early the next one begins behind. The files are opened read-only.
// Inside this room only; on a process's only thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "log/meta.hpp"
#include "log/verification.hpp"

namespace wattledger::log {

class DamagedLog {
 public:
  // corrupt if meta cannot be read; what opening a log gives.
  static Result<DamagedLog> open(const std::filesystem::path& directory);

  [[nodiscard]] const Meta& meta() const { return meta_; }
  // The stored node of the group of 256 records, where it can be read.
  [[nodiscard]] std::optional<Digest> group(std::uint64_t index) const;

  // Calls `record` with what stands under each key from first to head, in order, at an address
  // divisible by 8, and `unreadable` with each range where LMDB does not get to.
  using Record = std::function<Result<void>(Sequence, std::span<const std::byte>)>;
  using Unreadable = std::function<Result<void>(const SequenceRange&)>;
  [[nodiscard]] Result<void> read(const Record& record, const Unreadable& unreadable) const;

 private:
  explicit DamagedLog(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<bool> can_read_at(Sequence sequence) const;
  [[nodiscard]] Result<Sequence> behind_damage(Sequence at) const;

  std::filesystem::path directory_;
  Meta meta_;
  std::map<std::uint64_t, Digest> groups_;
};

}  // namespace wattledger::log
