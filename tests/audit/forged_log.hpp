// A history that the daemon made, and what a forger makes of it: the whole log appended anew with
// one event changed, so that every checksum and the tree are right again.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "log/log.hpp"
#include "log/note.hpp"
#include "replay/audit/integrity.hpp"
#include "replay/audit/remake.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

struct StoredEvent {
  Sequence sequence;
  UtcTime recorded_at;
  EncodedEvent event;
};

// The first records of a log, and the checkpoint of all of them that left the house.
class TrueHistory {
 public:
  // Of a day that the daemon lives in simulated time; at most `records_max` of its records.
  explicit TrueHistory(std::size_t records_max);

  [[nodiscard]] const std::vector<StoredEvent>& events() const { return events_; }
  [[nodiscard]] std::vector<Sequence> of_kind(Kind kind) const;
  [[nodiscard]] const std::filesystem::path& directory() const { return log_; }
  [[nodiscard]] const log::VerifierKey& key() const { return *key_; }
  [[nodiscard]] const std::string& checkpoint() const { return checkpoint_; }

  // Writes the history with one event changed, under the same uuid.
  using Change = std::function<void(fb::EventT&)>;
  void forge(const std::filesystem::path& directory, Sequence sequence, const Change& change) const;

 private:
  void read(const std::filesystem::path& directory, std::size_t records_max);
  void write(const std::filesystem::path& directory, const std::vector<StoredEvent>& events) const;

  MemoryDirectory home_;
  std::filesystem::path log_;
  Id128 uuid_;
  std::vector<StoredEvent> events_;
  std::optional<log::VerifierKey> key_;
  std::string checkpoint_;
};

// What `audit verify --key KEY --against NOTE` looks at.
struct Audited {
  tool::RemakeReport report;
  std::vector<tool::Remade> findings;
  tool::Integrity integrity;
};
[[nodiscard]] Audited audit(const std::filesystem::path& log, const TrueHistory& truth);

}  // namespace wattledger::testing
