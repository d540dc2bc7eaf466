#include "tests/crash/crash_images.hpp"

#include <algorithm>
#include <cstring>

namespace wattledger::testing {
namespace {

// Which sectors of one write reached the disk: none, all, those in front, or any.
std::vector<bool> chosen(std::mt19937_64& random, std::size_t sectors) {
  std::vector<bool> there(sectors, false);
  const std::uint64_t manner = random() % 4;
  if (manner == 1) there.assign(sectors, true);
  if (manner == 2) {
    const std::uint64_t front = random() % (sectors + 1);
    std::fill_n(there.begin(), front, true);
  }
  if (manner == 3)
    for (std::size_t i = 0; i < there.size(); ++i) there[i] = random() % 2 == 0;
  return there;
}

}  // namespace

void Disk::write_to_cache(const TraceEntry& entry) {
  const std::uint64_t end = entry.number + entry.bytes.size();
  const std::uint64_t first = entry.number / sector_bytes;
  const std::uint64_t last = (end - 1) / sector_bytes;
  if (cache_.size() < (last + 1) * sector_bytes) {
    cache_.resize((last + 1) * sector_bytes);
    certain_.resize(cache_.size());
  }
  std::memcpy(cache_.data() + entry.number, entry.bytes.data(), entry.bytes.size());
  cache_length_ = std::max(cache_length_, end);
  const unsigned write = writes_++;
  for (std::uint64_t sector = first; sector <= last; ++sector) {
    Version version{write, {}};
    std::memcpy(version.content.data(), cache_.data() + sector * sector_bytes, sector_bytes);
    versions_[sector].push_back(version);
    write_sectors_[write].push_back(sector);
  }
}

void Disk::make_durable(std::uint64_t sector) {
  std::memcpy(certain_.data() + sector * sector_bytes, cache_.data() + sector * sector_bytes,
              sector_bytes);
  versions_.erase(sector);
}

void Disk::finish(const TraceEntry& entry) {
  switch (entry.kind) {
    case TraceKind::write: {
      write_to_cache(entry);
      if (!entry.durable) return;
      const std::uint64_t end = entry.number + entry.bytes.size();
      for (std::uint64_t sector = entry.number / sector_bytes; sector * sector_bytes < end;
           ++sector)
        make_durable(sector);
      certain_length_ = std::max(certain_length_, end);
      return;
    }
    case TraceKind::sync:
      certain_ = cache_;
      certain_length_ = cache_length_;
      versions_.clear();
      write_sectors_.clear();
      return;
    case TraceKind::length:
      cache_length_ = entry.number;
      cache_.resize((entry.number + sector_bytes - 1) / sector_bytes * sector_bytes);
      certain_.resize(cache_.size());
      certain_length_ = std::min(certain_length_, cache_length_);
      return;
    case TraceKind::mark:
      return;
  }
}

Disk::Image Disk::image(std::mt19937_64& random, const TraceEntry* in_flight) const {
  if (in_flight != nullptr && in_flight->kind == TraceKind::write) {
    Disk begun = *this;
    begun.write_to_cache(*in_flight);
    return begun.image(random, nullptr);
  }
  Image image = certain_;
  std::uint64_t length = certain_length_;
  for (const auto& [number, sectors] : write_sectors_) {  // in the order in which they came
    const auto write = number;  // clang 14 lets no lambda hold a structured binding
    const std::vector<bool> there = chosen(random, sectors.size());
    for (std::size_t i = 0; i < sectors.size(); ++i) {
      const auto found = versions_.find(sectors[i]);
      if (!there[i] || found == versions_.end()) continue;
      const auto version =
          std::find_if(found->second.begin(), found->second.end(),
                       [&](const Version& candidate) { return candidate.write == write; });
      if (version == found->second.end()) continue;  // durable before, by another write
      std::memcpy(image.data() + sectors[i] * sector_bytes, version->content.data(), sector_bytes);
      length = std::max(length, std::min((sectors[i] + 1) * sector_bytes, cache_length_));
    }
  }
  if (length < cache_length_ && random() % 2 == 0)
    length += random() % (cache_length_ - length + 1);
  image.resize(length);
  return image;
}

Disk::Image Disk::cached() const {
  Image image = cache_;
  image.resize(cache_length_);
  return image;
}

}  // namespace wattledger::testing
