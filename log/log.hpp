// An open log directory (<data>/log/): the LMDB environment, its meta, and the lock of its one
// writer. FORMAT.md has the bytes.
//
// Any number of processes may open and read; exactly one, the holder of a WriterLock, may append. A
// process opens a given directory once (LMDB's own rule). Threads: Log may be shared; a Snapshot
// stays on its thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/codec.hpp"
#include "events/identity.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "log/merkle.hpp"

namespace wattledger::log {

inline constexpr std::uint32_t format_version = 1;

// A live event's occurred-at lies at most this long before its recorded-at, and at most this long
// behind it. Readers rely on both to find events by occurred-at without an index.
inline constexpr std::chrono::minutes occurred_lag_limit{15};
inline constexpr std::chrono::seconds occurred_ahead_limit{2};

// What the data file may grow to. Address space, not disk: the file grows as it is written.
inline constexpr std::uint64_t map_bytes_default =
    sizeof(void*) >= 8 ? std::uint64_t{64} << 30U : std::uint64_t{512} << 20U;

// Recorded-at never decreases within an epoch; a ClockStepped record, alone, opens the next one.
struct ClockEpoch {
  Sequence first;
  UtcTime recorded_at;  // of that first record
  bool operator==(const ClockEpoch&) const = default;
};

// One import: contiguous, sorted by occurred-at, every record recorded at `recorded_at`.
struct ImportBatch {
  Id128 id;
  Sequence started;
  Sequence finished;  // 0 while open
  UtcTime recorded_at;
  bool operator==(const ImportBatch&) const = default;
};

struct Meta {
  std::uint32_t format = format_version;
  Id128 uuid;
  std::optional<Id128>
      parent;  // after a restore: the log this one continues, how much of it, and its root there
  std::uint64_t parent_size = 0;
  Digest parent_root;
  Sequence first{1};  // lowest sequence still in this environment
  Sequence head{0};   // highest committed; 0 when empty
  UtcTime head_recorded_at{};
  Kind kind_highest = Kind::NONE;  // ever written: a program that knows fewer refuses to write
  Frontier frontier;               // over all records from 1 to head
  std::vector<ClockEpoch> epochs;
  std::vector<ImportBatch> batches;
  bool demo = false;
};

// The log that a new one continues: how much of it, and its root there.
struct ParentLog {
  Id128 uuid;
  std::uint64_t size = 0;
  Digest root;
};

struct CreateOptions {
  bool demo = false;
  std::optional<Id128> uuid;             // random when absent
  std::optional<ParentLog> parent = {};  // so that an initialiser may leave it out
};

struct OpenOptions {
  std::uint64_t map_bytes = map_bytes_default;
};

class Snapshot;

class Log {
 public:
  // Makes a new empty log; Kind conflict if one is there, foreign if the directory holds something
  // else.
  static Result<Log> create(const std::filesystem::path& directory, const CreateOptions& options);
  // Opens what is there. not_found, foreign, newer (with the remedy), corrupt, io.
  // A process that opens a directory again gets the same environment (LMDB allows one; the first
  // one's options hold).
  static Result<Log> open(const std::filesystem::path& directory);
  static Result<Log> open(const std::filesystem::path& directory, const OpenOptions& options);

  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  ~Log();

  // The log as it is now; cheap.
  [[nodiscard]] Result<Snapshot> snapshot() const;
  [[nodiscard]] const std::filesystem::path& directory() const;
  // Bytes of the data file, and of the map that it may grow to.
  [[nodiscard]] std::uint64_t file_bytes() const;
  [[nodiscard]] std::uint64_t map_bytes() const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }  // for this room only

 private:
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The advisory lock of the one writer: flock on <directory>/writer.lock, with program, pid and
// start inside. Released by destruction and by the death of the process.
class WriterLock {
 public:
  // locked (naming the holder) if another process has it.
  static Result<WriterLock> take(const std::filesystem::path& directory,
                                 const std::string& program);
  WriterLock(WriterLock&&) noexcept;
  WriterLock& operator=(WriterLock&&) noexcept;
  ~WriterLock();

  // True when it is the lock of this directory.
  [[nodiscard]] bool guards(const std::filesystem::path& directory) const;

 private:
  explicit WriterLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// "wattledgerd, process 123, since 2025-10-01T00:00:00Z" from the lock file, if it is held.
[[nodiscard]] std::optional<std::string> writer_lock_holder(const std::filesystem::path& directory);

}  // namespace wattledger::log
