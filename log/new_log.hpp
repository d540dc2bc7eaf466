// How a log becomes another one: the directory that is taken away again unless it is kept, records
// copied at their old sequences, and the LogRestored behind them. Inside this room only; one
// thread.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "log/commit.hpp"
#include "log/environment.hpp"
#include "log/log.hpp"

namespace wattledger::log {

// The directory's files go with it, and itself if it was not there.
class NewDirectory {
 public:
  // Absent or empty before, else conflict.
  static Result<NewDirectory> make(const std::filesystem::path& path);
  NewDirectory(NewDirectory&& other) noexcept
      : path_(std::exchange(other.path_, {})), was_there_(other.was_there_) {}
  NewDirectory& operator=(NewDirectory&&) = delete;
  ~NewDirectory();
  void keep() { path_.clear(); }

 private:
  NewDirectory(std::filesystem::path path, bool was_there)
      : path_(std::move(path)), was_there_(was_there) {}
  std::filesystem::path path_;
  bool was_there_;
};

// Puts records behind what the new log has, some at a time in one commit. Clock epochs and import
// batches are those that `known` has, the old log's meta: a lost record does not tell them.
class RecordCopier {
 public:
  RecordCopier(const Environment& to, const Meta& known, Meta meta);

  Result<void> put(std::span<const std::byte> record, UtcTime recorded_at);
  Result<void> commit();
  // Committed; begin_at() says that the new log holds this by other means.
  [[nodiscard]] const Meta& meta() const { return meta_; }
  void begin_at(const Meta& meta) { meta_ = meta; }

 private:
  [[nodiscard]] RecordFacts facts_of(Sequence sequence, UtcTime recorded_at) const;

  const Environment& to_;
  const Meta& known_;
  Meta meta_;       // of the new log, committed
  Meta next_meta_;  // and with what is pending
  PendingRecords pending_;
};

// LogRestored, recorded at `now` or as late as the log itself is; `program` takes the writer lock.
[[nodiscard]] Result<Sequence> append_restored(Log& log, const std::string& program,
                                               const std::string& reason, UtcTime now);

}  // namespace wattledger::log
