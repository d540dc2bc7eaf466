// A log some of whose records are archived, in few words.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "log/archive.hpp"
#include "log/retire.hpp"
#include "log/snapshot.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/raw_environment.hpp"

namespace wattledger::log {

inline SequenceRange range(std::uint64_t first, std::uint64_t last) {
  return {Sequence{first}, Sequence{last}};
}

// A log of so many records, and what is done to it here.
class ArchiveFixture : public testing::LogFixture {
 public:
  explicit ArchiveFixture(int records) : testing::LogFixture(limits()) {
    for (int i = 1; i <= records; ++i) enqueue(testing::reading(i, i % 977), i);
    testing::good(appender().flush());
    const Snapshot now = snapshot();
    for (std::uint64_t i = 1; i <= now.head().value; ++i) {
      const auto bytes = testing::value(now.impl().bytes_at(Sequence{i}));
      stored_.emplace_back(bytes.begin(), bytes.end());
    }
  }

  // The bytes that the log was given.
  [[nodiscard]] const testing::Bytes& stored(std::uint64_t sequence) const {
    return stored_[sequence - 1];
  }
  [[nodiscard]] std::filesystem::path segments() const { return directory() / segments_directory; }
  [[nodiscard]] std::filesystem::path segment(std::uint64_t first, std::uint64_t last) const {
    return segments() / segment_name(Sequence{first}, Sequence{last});
  }
  SegmentReader build(std::uint64_t first, std::uint64_t last) {
    return testing::value(build_segment(snapshot(), log(), range(first, last)));
  }
  Result<Retired> try_retire(std::uint64_t last, RetireLimits limits = {}) {
    return retire(log(), lock(), Sequence{last}, limits);
  }
  [[nodiscard]] Archive archive() const {
    return testing::value(Archive::open(directory(), snapshot().meta()));
  }
  // Every record from first to last is in the archive as it was stored.
  [[nodiscard]] bool archived(std::uint64_t first, std::uint64_t last) const {
    Archive segments = archive();
    for (std::uint64_t i = first; i <= last; ++i)
      if (!std::ranges::equal(testing::value(segments.record(Sequence{i})), stored(i)))
        return false;
    return true;
  }

 private:
  static AppendLimits limits() {
    AppendLimits limits;
    limits.telemetry_events_max = 1'000;
    return limits;
  }
  std::vector<testing::Bytes> stored_;
};

}  // namespace wattledger::log
