// The part of verification that needs no neighbour, done on all cores: a range of records read,
// checked and hashed. What it finds is put together in order by verification.cpp. Inside this room
// only.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/environment.hpp"
#include "log/merkle.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {

enum class RecordState : std::uint8_t {
  sound,
  lost,        // a salvaged log says so itself
  missing,     // no such key
  unreadable,  // LMDB does not get there, or its segment is damaged
  damaged,     // the checksum does not fit the bytes
  foreign,     // it fits, and they are no event
  newer        // of a later program
};

struct CheckedRecord {
  UtcTime recorded_at{};  // of a sound or lost one
  UtcTime occurred_at{};  // of a sound one
  Kind kind = Kind::NONE;
  RecordState state = RecordState::missing;
};

// Records from a multiple of 256 (counted from 0) on.
struct Chunk {
  static constexpr std::uint64_t group_records = std::uint64_t{1}
                                                 << unsigned{Frontier::stored_level_min};
  static constexpr std::uint64_t records_max = 16 * group_records;

  Sequence first;
  std::vector<CheckedRecord> records;
  std::vector<std::pair<Sequence, std::string>> texts;  // of those that are neither sound nor lost
  // Below only where it was asked for. A tree is unknown when one of its leaves is.
  std::vector<std::optional<Digest>> groups;  // the nodes of each whole group
  std::optional<Frontier> rest;               // what stands behind the last whole group
  // What stood behind the last whole group when the log had so many records.
  std::map<std::uint64_t, std::optional<Frontier>> at_sizes;
};

struct ChunkWork {
  const Snapshot::Impl* snapshot = nullptr;
  Sequence from;  // the first of a chunk
  Sequence to;
  bool hash = false;
  std::vector<std::uint64_t> sizes;  // ascending: where at_sizes is wanted
};

// Gives the chunks of `work` in order, made by so many threads (0: one per core); one thread means
// the caller's. Threads run ahead of the caller by a bounded number of chunks.
class ChunkReader {
 public:
  ChunkReader(ChunkWork work, unsigned threads);
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;
  ~ChunkReader();
  // None behind the last.
  [[nodiscard]] std::optional<Chunk> next();

 private:
  [[nodiscard]] bool beyond(std::uint64_t number) const;
  [[nodiscard]] Chunk make(const Snapshot::Impl& snapshot, RecordBatch& batch,
                           std::uint64_t number) const;
  void work(const std::stop_token& stop);

  const ChunkWork work_;
  RecordBatch batch_;        // of the caller's thread
  std::uint64_t taken_ = 0;  // by the caller; under the mutex, as all below
  std::uint64_t claimed_ = 0;
  std::map<std::uint64_t, Chunk> made_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

// The next key of a record in LMDB at or behind `from`, at most `end`: behind a hole.
[[nodiscard]] Result<Sequence> next_key(const Environment& environment, Sequence from,
                                        Sequence end);

}  // namespace wattledger::log
