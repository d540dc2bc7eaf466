// The data file's pages read without LMDB, which refuses a file whose first page is damaged and
// cannot go past a damaged page of its trees. LMDB 0.9's format on 64-bit systems (mdb.c):
//
//   page      u64 its own number, u16 pad, u16 flags, u16 end of the offsets, u16 begin of the
//             nodes (of an overflow page: u32 how many follow), then u16 offsets of nodes
//   leaf node u32 size of the value, u16 flags, u16 size of the key, key, value
//   meta      pages 0 and 1: magic, format, map, the two trees' roots, last page, transaction
//
// Every offset and length is checked against page and file; what does not fit is passed over.
// Inside this room only.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "log/disk_file.hpp"

namespace wattledger::log {

class PageFile {
 public:
  // corrupt where neither of the two meta pages can be believed.
  static Result<PageFile> open(const std::filesystem::path& path);

  // One of the two meta pages is damaged: if it was the newer one, the last commit is not known.
  [[nodiscard]] bool one_beginning() const { return one_beginning_; }

  // Every key and value of a database of ours, as far as its tree can be followed.
  using Each =
      std::function<void(std::span<const std::byte> key, std::span<const std::byte> value)>;
  void each(std::string_view database, const Each& act) const;

  // A record by its sequence, wherever a leaf page has it, whether or not a tree leads there:
  // a sequence's record never changes, so that old pages serve too. Nothing where none is sound, or
  // two that are differ. Looks at all pages at the first call.
  [[nodiscard]] std::optional<std::vector<std::byte>> record(std::uint64_t sequence);

 private:
  struct Node {
    std::span<const std::byte> key, value;  // value: of a large one, where it stands
    bool large = false;
    bool tree = false;  // of a database of its own
    std::uint32_t bytes = 0;
  };
  struct Place {
    std::uint64_t sequence, page;
    std::size_t node;
  };
  explicit PageFile(DiskFile file) : file_(std::move(file)) {}
  [[nodiscard]] std::optional<std::vector<std::byte>> page(std::uint64_t number) const;
  [[nodiscard]] std::optional<Node> node(std::span<const std::byte> page, std::size_t index) const;
  [[nodiscard]] std::optional<std::vector<std::byte>> value_of(const Node& node) const;
  // A tree has each page once: `left` keeps one that leads back into itself from being endless.
  void walk(std::uint64_t root, int depth, std::uint64_t& left,
            const std::function<void(const Node&)>& act) const;
  void find_records();

  DiskFile file_;
  std::uint64_t pages_ = 0;
  std::size_t page_bytes_ = 0;
  std::uint64_t root_ = 0;  // of the tree that names the databases
  bool one_beginning_ = false;
  std::optional<std::vector<Place>> places_;  // by sequence
};

}  // namespace wattledger::log
