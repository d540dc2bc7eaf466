#include "replay/legacy_import/findings.hpp"

#include <utility>

namespace wattledger::tool {

Counts& Counts::operator+=(const Counts& other) {
  found += other.found;
  imported += other.imported;
  merged += other.merged;
  there += other.there;
  whole += other.whole;
  rejected += other.rejected;
  return *this;
}

std::string Finding::line() const {
  return place + (at == 0 ? "" : ":" + std::to_string(at)) + ": " + what;
}

namespace {

// A finding is a line, whatever the record holds.
std::string shortened(std::string what) {
  constexpr std::size_t what_bytes_max = 400;
  if (what.size() <= what_bytes_max) return what;
  std::size_t end = what_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(what[end]) & 0xC0U) == 0x80U) --end;
  what.resize(end);
  return what + " …";
}

}  // namespace

Counts& Findings::of(std::string_view source) {
  const auto found = counts_.find(source);
  return found != counts_.end() ? found->second : counts_[std::string(source)];
}

void Findings::reject(std::string_view source, std::uint64_t at, std::string what) {
  ++of(source).rejected;
  ++rejected_;
  if (rejections_.size() < rejections_max)
    rejections_.push_back({std::string(source), at, shortened(std::move(what)), true});
}

void Findings::doubt(std::string_view source, std::uint64_t at, std::string what) {
  ++doubtful_;
  if (doubts_.size() < doubts_max)
    doubts_.push_back({std::string(source), at, shortened(std::move(what)), false});
}

std::vector<Finding> Findings::findings() const {
  std::vector<Finding> all = rejections_;
  all.insert(all.end(), doubts_.begin(), doubts_.end());
  return all;
}

Counts Findings::total() const {
  Counts all;
  for (const auto& [source, counts] : counts_) all += counts;
  return all;
}

}  // namespace wattledger::tool
