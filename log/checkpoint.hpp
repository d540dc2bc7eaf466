// Signed checkpoints: what the log held at one size, as a note of transparency logs
// (c2sp.org/tlog-checkpoint). Its text:
//
//   wattledger/<the log's uuid, 32 hex digits>     the origin; also the name of the key
//   1000                                           records covered: 1 to 1000
//   <base64>                                       their Merkle root
//   recorded-at 2025-10-01T12:00:00Z               of the last of them
//
// Evidence against whoever owns the disk begins when a checkpoint leaves the house.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "log/log.hpp"
#include "log/note.hpp"
#include "log/reader.hpp"

namespace wattledger::log {

class Environment;
class Transaction;

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root;
  std::optional<UtcTime> recorded_at;
  std::vector<std::string> others;  // lines of a later version: kept, signed, not understood
  bool operator==(const Checkpoint&) const = default;
};

// "wattledger/<uuid>": the origin of a log's checkpoints and the name of its key.
[[nodiscard]] std::string checkpoint_origin(const Id128& log);

// The text that is signed. Pure, any thread, as are the three below.
[[nodiscard]] std::string checkpoint_text(const Checkpoint& checkpoint);
// corrupt unless it is what checkpoint_text() writes for some checkpoint.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);
// The checkpoint of a note that `key` signed, and whose origin is the key's name.
[[nodiscard]] Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& key);
// The checkpoint of a note, whoever signed it: for one's own, and where the note itself is trusted.
[[nodiscard]] Result<Checkpoint> read_checkpoint(std::string_view note);

// A note about everything that `meta` says the log holds. not_found when that is nothing.
[[nodiscard]] Result<std::string> sign_checkpoint(const SigningKey& key, const Meta& meta);

// One checkpoint as the log keeps it.
struct StoredCheckpoint {
  std::uint64_t size = 0;
  std::string note;
};

// Those that cover `from` records or more, up to the snapshot's head, by size, until `each` returns
// false or an error.
using EachCheckpoint = std::function<Result<bool>(const StoredCheckpoint&)>;
Result<void> scan_checkpoints(const Snapshot& snapshot, std::uint64_t from,
                              const EachCheckpoint& each);
// Nothing where there is none.
[[nodiscard]] Result<std::optional<StoredCheckpoint>> newest_checkpoint(const Snapshot& snapshot);
[[nodiscard]] Result<std::optional<StoredCheckpoint>> checkpoint_at(const Snapshot& snapshot,
                                                                    std::uint64_t size);
// The oldest that covers a record: the earliest date that can be shown for it.
[[nodiscard]] Result<std::optional<StoredCheckpoint>> checkpoint_covering(const Snapshot& snapshot,
                                                                          Sequence sequence);

// A log never signs two histories: conflict when the newest stored checkpoint has another root than
// the log has now at its size.
Result<void> check_newest_checkpoint(const Snapshot& snapshot);

// Whether this key made one of the newest checkpoint's signatures; true where there is none yet.
[[nodiscard]] Result<bool> signed_newest_checkpoint(const Snapshot& snapshot,
                                                    const SigningKey& key);

// Signs everything committed and stores the note, durably. For a process that holds the writer lock
// and has no appender; with one, Appender::checkpoint().
[[nodiscard]] Result<std::string> make_checkpoint(const Log& log, const WriterLock& lock,
                                                  const SigningKey& key);

// For this room only: in the writer's own transaction.
Result<void> put_checkpoint(const Environment& environment, const Transaction& transaction,
                            std::uint64_t size, std::string_view note);
// A transaction of its own: signs what is committed there. conflict unless the head is `head`.
[[nodiscard]] Result<std::string> commit_checkpoint(const Environment& environment,
                                                    const SigningKey& key, Sequence head);

}  // namespace wattledger::log
