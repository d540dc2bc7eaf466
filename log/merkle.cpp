#include "log/merkle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "log/byte_order.hpp"
#include "log/sha256.hpp"

namespace wattledger::log {
namespace {

constexpr std::uint8_t leaf_prefix = 0x00;
constexpr std::uint8_t node_prefix = 0x01;
constexpr std::size_t size_bytes = 8;

// Two digests behind each other are what a node is the hash of.
std::span<const std::byte> children(const Digest* left) {
  return std::as_bytes(std::span(left, 2));
}

// Of the `count` digests from `from` on, two by two, into `to` on, which is not behind from + 1.
void hash_level(const Digest* from, std::size_t count, Digest* to) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const auto two = sha256_pair(node_prefix, children(from + i), children(from + i + 2));
    *to++ = two[0];
    *to++ = two[1];
  }
  if (i + 2 <= count) *to = sha256(node_prefix, children(from + i));
}

}  // namespace

Digest leaf_hash(std::span<const std::byte> record) { return sha256(leaf_prefix, record); }

std::array<Digest, 2> leaf_hash_pair(std::span<const std::byte> left,
                                     std::span<const std::byte> right) {
  return sha256_pair(leaf_prefix, left, right);
}

Digest node_hash(const Digest& left, const Digest& right) {
  const std::array<Digest, 2> both{left, right};
  return sha256(node_prefix, children(both.data()));
}

Digest empty_root() {
  constexpr std::array<std::uint8_t, 32> sha256_of_nothing = {
      0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
      0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
      0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
  return {sha256_of_nothing};
}

void Frontier::append(std::span<const Digest> leaves, std::vector<RangeNode>* completed) {
  append_nodes(leaves, 0, completed);
}

void Frontier::append_subtree(const Digest& node, int level, std::vector<RangeNode>* completed) {
  append_nodes(std::span(&node, 1), static_cast<unsigned>(level), completed);
}

// Level by level, so that the nodes of one are hashed together.
void Frontier::append_nodes(std::span<const Digest> nodes, unsigned level,
                            std::vector<RangeNode>* completed) {
  std::vector<Digest> row(nodes.size() + 1);  // the first place is for a peak in front of them
  std::copy(nodes.begin(), nodes.end(), row.begin() + 1);
  std::uint64_t index = size_ >> level;  // of the row's first
  std::size_t count = nodes.size();
  size_ += std::uint64_t{nodes.size()} << level;
  std::vector<Digest> new_peaks;  // lowest first
  while (count > 0) {
    const Digest* from = row.data() + 1;
    if (index % 2 != 0) {
      row[0] = peaks_.back();
      peaks_.pop_back();
      --from;
      --index;
      ++count;
    }
    if (count % 2 != 0) new_peaks.push_back(from[count - 1]);
    hash_level(from, count, row.data() + 1);
    count /= 2;
    index /= 2;
    ++level;
    for (std::size_t i = 0;
         completed != nullptr && level >= unsigned{stored_level_min} && i < count; ++i)
      completed->push_back({static_cast<std::uint8_t>(level), index + i, row[i + 1]});
  }
  peaks_.insert(peaks_.end(), new_peaks.rbegin(), new_peaks.rend());
}

Digest Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

std::vector<std::byte> Frontier::serialize() const {
  std::vector<std::byte> bytes(size_bytes + peaks_.size() * sizeof(Digest::bytes));
  store_big(size_, bytes.data());
  std::byte* to = bytes.data() + size_bytes;
  for (const Digest& peak : peaks_) {
    std::memcpy(to, peak.bytes.data(), peak.bytes.size());
    to += peak.bytes.size();
  }
  return bytes;
}

Result<Frontier> Frontier::parse(std::span<const std::byte> bytes) {
  if (bytes.size() < size_bytes)
    return fail(ErrorKind::corrupt,
                "a Merkle frontier of " + std::to_string(bytes.size()) + " bytes cannot be");
  Frontier frontier;
  frontier.size_ = load_big<std::uint64_t>(bytes.data());
  const auto peaks = static_cast<std::size_t>(std::popcount(frontier.size_));
  if (bytes.size() != size_bytes + peaks * sizeof(Digest::bytes))
    return fail(ErrorKind::corrupt, "a Merkle frontier of size " + std::to_string(frontier.size_) +
                                        " does not take " + std::to_string(bytes.size()) +
                                        " bytes");
  frontier.peaks_.resize(peaks);
  const std::byte* from = bytes.data() + size_bytes;
  for (Digest& peak : frontier.peaks_) {
    std::memcpy(peak.bytes.data(), from, peak.bytes.size());
    from += peak.bytes.size();
  }
  return frontier;
}

}  // namespace wattledger::log
