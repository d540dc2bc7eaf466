// Reads a log whose pages may be damaged. LMDB ends the process, or the kernel does, where a page
// contradicts itself or lies beyond the file: so a child reads, this process is told over a pipe,
// and where a child ends too early the next one begins behind. The files are opened read-only.
// What no tree leads to any more is looked for in the pages themselves (page_file.hpp). Inside this
// room only; on a process's only thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "log/meta.hpp"
#include "log/page_file.hpp"
#include "log/verification.hpp"

namespace wattledger::log {

class DamagedLog {
 public:
  // corrupt if meta cannot be read; what opening a log gives.
  static Result<DamagedLog> open(const std::filesystem::path& directory);

  [[nodiscard]] const Meta& meta() const { return meta_; }
  // One of the two pages that everything begins with is damaged.
  [[nodiscard]] bool one_beginning() const { return refused_; }
  // The stored node of the group of 256 records, where it can be read.
  [[nodiscard]] std::optional<Digest> group(std::uint64_t index) const;

  // Calls `record` with what stands under each key from first to head, in order, at an address
  // divisible by 8, and `unreadable` with each range where neither LMDB nor a page has it.
  using Record = std::function<Result<void>(Sequence, std::span<const std::byte>)>;
  using Unreadable = std::function<Result<void>(const SequenceRange&)>;
  [[nodiscard]] Result<void> read(const Record& record, const Unreadable& unreadable) const;

 private:
  explicit DamagedLog(std::filesystem::path directory) : directory_(std::move(directory)) {}
  void read_beginnings(const PageFile& pages, MetaValues& values);
  Result<void> read_pages(const SequenceRange& range, const Record& record,
                          const Unreadable& unreadable) const;
  [[nodiscard]] Result<bool> can_read_at(Sequence sequence) const;
  [[nodiscard]] Result<Sequence> behind_damage(Sequence at) const;

  std::filesystem::path directory_;
  Meta meta_;
  bool refused_ = false;  // LMDB does not open it
  mutable std::optional<PageFile> pages_;
  std::map<std::uint64_t, Digest> groups_;
};

}  // namespace wattledger::log
