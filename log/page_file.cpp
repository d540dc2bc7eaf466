#include "log/page_file.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "log/byte_order.hpp"
#include "log/record.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t page_header_bytes = 16;
constexpr std::size_t node_header_bytes = 8;
constexpr std::size_t key_bytes = 8;
constexpr std::size_t page_bytes_least = 512;
constexpr std::size_t page_bytes_most = 65'536;
constexpr std::size_t page_bytes_usual = 4'096;
constexpr int depth_max = 32;  // LMDB's own

constexpr std::uint16_t is_branch = 0x01;
constexpr std::uint16_t is_leaf = 0x02;
constexpr std::uint16_t is_overflow = 0x04;
constexpr std::uint16_t is_meta = 0x08;
constexpr std::uint16_t node_large = 0x01;
constexpr std::uint16_t node_tree = 0x02;

constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint32_t format = 1;
constexpr std::size_t meta_bytes = 136;  // behind the page's header
constexpr std::size_t tree_bytes = 48;   // of a database's description
constexpr std::size_t tree_root_at = 40;

template <class Number>
Number at(std::span<const std::byte> bytes, std::size_t offset) {
  return load_little<Number>(bytes.data() + offset);
}

struct Beginning {
  std::size_t page_bytes;
  std::uint64_t root, last_page, transaction;
};

// What a meta page says; nothing where it cannot be believed.
std::optional<Beginning> read_beginning(const DiskFile& file, std::uint64_t offset) {
  const auto bytes = file.read(offset, page_header_bytes + meta_bytes);
  if (!bytes) return std::nullopt;
  const std::span<const std::byte> page(*bytes);
  const std::span<const std::byte> meta = page.subspan(page_header_bytes);
  if (at<std::uint16_t>(page, 10) != is_meta || at<std::uint32_t>(meta, 0) != magic ||
      at<std::uint32_t>(meta, 4) != format)
    return std::nullopt;
  const std::size_t size = at<std::uint32_t>(meta, 24);
  if (size < page_bytes_least || size > page_bytes_most || (size & (size - 1)) != 0)
    return std::nullopt;
  return Beginning{size, at<std::uint64_t>(meta, 24 + tree_bytes + tree_root_at),
                   at<std::uint64_t>(meta, 120), at<std::uint64_t>(meta, 128)};
}

}  // namespace

Result<PageFile> PageFile::open(const std::filesystem::path& path) {
  auto file = DiskFile::open(path);
  if (!file) return Failure(file.error());
  const auto size = file->size();
  if (!size) return Failure(size.error());
  PageFile pages(*std::move(file));
  const auto first = read_beginning(pages.file_, 0);
  const auto second = read_beginning(pages.file_, first ? first->page_bytes : page_bytes_usual);
  const auto& newest =
      !first || (second && second->transaction > first->transaction) ? second : first;
  if (!newest)
    return fail(ErrorKind::corrupt,
                path.string() + ": the pages that everything begins with are damaged",
                "restore a backup");
  pages.one_beginning_ = !first || !second;
  pages.page_bytes_ = newest->page_bytes;
  pages.pages_ = std::min(*size / newest->page_bytes, newest->last_page + 1);
  pages.root_ = newest->root;
  return pages;
}

std::optional<std::vector<std::byte>> PageFile::page(std::uint64_t number) const {
  if (number >= pages_) return std::nullopt;
  auto bytes = file_.read(number * page_bytes_, page_bytes_);
  if (!bytes || at<std::uint64_t>(*bytes, 0) != number) return std::nullopt;
  return *std::move(bytes);
}

// A leaf's or a branch's; a branch's "value" is empty, and its page's number stands where a leaf's
// size does.
std::optional<PageFile::Node> PageFile::node(std::span<const std::byte> page,
                                             std::size_t index) const {
  const std::size_t slot = page_header_bytes + 2 * index;
  if (slot + 2 > page_bytes_) return std::nullopt;
  const std::size_t begin = at<std::uint16_t>(page, slot);
  if (begin < page_header_bytes || begin + node_header_bytes > page_bytes_) return std::nullopt;
  const auto flags = at<std::uint16_t>(page, begin + 4);
  const std::size_t key = at<std::uint16_t>(page, begin + 6);
  const std::size_t value = begin + node_header_bytes + key;
  Node found;
  found.bytes = at<std::uint32_t>(page, begin);
  found.large = (flags & node_large) != 0;
  found.tree = (flags & node_tree) != 0;
  const std::size_t here = found.large ? sizeof(std::uint64_t) : found.bytes;
  if (value > page_bytes_ || here > page_bytes_ - value) return std::nullopt;
  found.key = page.subspan(begin + node_header_bytes, key);
  found.value = page.subspan(value, here);
  return found;
}

std::optional<std::vector<std::byte>> PageFile::value_of(const Node& node) const {
  if (!node.large) return std::vector<std::byte>(node.value.begin(), node.value.end());
  const auto number = at<std::uint64_t>(node.value, 0);
  if (node.bytes > record_bytes_max || number >= pages_) return std::nullopt;
  auto bytes = file_.read(number * page_bytes_, page_header_bytes + node.bytes);
  if (!bytes || at<std::uint64_t>(*bytes, 0) != number ||
      (at<std::uint16_t>(*bytes, 10) & is_overflow) == 0)
    return std::nullopt;
  return std::vector<std::byte>(bytes->begin() + page_header_bytes, bytes->end());
}

void PageFile::walk(std::uint64_t root, int depth, std::uint64_t& left,
                    const std::function<void(const Node&)>& act) const {
  if (left == 0 || depth == depth_max) return;
  --left;
  const auto bytes = page(root);
  if (!bytes) return;
  const auto flags = at<std::uint16_t>(*bytes, 10);
  const std::size_t end = std::min<std::size_t>(at<std::uint16_t>(*bytes, 12), page_bytes_);
  const std::size_t nodes = end < page_header_bytes ? 0 : (end - page_header_bytes) / 2;
  for (std::size_t i = 0; i < nodes; ++i) {
    if ((flags & is_leaf) != 0) {
      if (const auto found = node(*bytes, i)) act(*found);
      continue;
    }
    if ((flags & is_branch) == 0) return;
    const std::size_t begin = at<std::uint16_t>(*bytes, page_header_bytes + 2 * i);
    if (begin < page_header_bytes || begin + node_header_bytes > page_bytes_) continue;
    const std::uint64_t high = at<std::uint16_t>(*bytes, begin + 4);
    walk(at<std::uint32_t>(*bytes, begin) | high << 32U, depth + 1, left, act);
  }
}

void PageFile::each(std::string_view database, const Each& act) const {
  std::optional<std::uint64_t> root;
  std::uint64_t left = pages_;
  walk(root_, 0, left, [&](const Node& found) {
    const std::string_view name(reinterpret_cast<const char*>(found.key.data()), found.key.size());
    if (found.tree && name == database && found.value.size() == tree_bytes)
      root = at<std::uint64_t>(found.value, tree_root_at);
  });
  if (!root) return;
  left = pages_;
  walk(*root, 0, left, [&](const Node& found) {
    if (const auto value = value_of(found)) act(found.key, *value);
  });
}

void PageFile::find_records() {
  places_.emplace();
  for (std::uint64_t number = 2; number < pages_; ++number) {
    const auto bytes = page(number);
    if (!bytes || at<std::uint16_t>(*bytes, 10) != is_leaf) continue;
    const std::size_t end = std::min<std::size_t>(at<std::uint16_t>(*bytes, 12), page_bytes_);
    for (std::size_t i = 0; page_header_bytes + 2 * i + 2 <= end; ++i) {
      const auto found = node(*bytes, i);
      if (found && !found->tree && found->key.size() == key_bytes)
        places_->push_back({load_big<std::uint64_t>(found->key.data()), number, i});
    }
  }
  std::stable_sort(places_->begin(), places_->end(),
                   [](const Place& a, const Place& b) { return a.sequence < b.sequence; });
}

std::optional<std::vector<std::byte>> PageFile::record(std::uint64_t sequence) {
  if (!places_) find_records();
  auto place = std::lower_bound(
      places_->begin(), places_->end(), sequence,
      [](const Place& each, std::uint64_t wanted) { return each.sequence < wanted; });
  std::optional<std::vector<std::byte>> sound;
  for (; place != places_->end() && place->sequence == sequence; ++place) {
    const auto bytes = page(place->page);
    const auto found = bytes ? node(*bytes, place->node) : std::nullopt;
    auto value = found ? value_of(*found) : std::nullopt;
    if (!value || !parse_header(*value)) continue;
    if (sound && *sound != *value) return std::nullopt;
    sound = std::move(value);
  }
  return sound;
}

}  // namespace wattledger::log
