// The `checkpoints` database: tree size, big-endian → signed note.
#include <lmdb.h>

#include <array>
#include <string>

#include "log/byte_order.hpp"
#include "log/checkpoint.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t key_bytes = 8;
// Pages that one note may take, with its database's path and the free list.
constexpr std::uint64_t room_bytes = std::uint64_t{1} << 20U;

Failure damaged(const std::string& why) {
  return fail(ErrorKind::corrupt, "the log's checkpoints: " + why, "run 'wattledger log verify'");
}

enum class Where { from, back_from };  // the nearest at or above a size, or at or below it

Result<std::optional<StoredCheckpoint>> nearest(const Snapshot& snapshot, Where where,
                                                std::uint64_t size) {
  const Environment& environment = *snapshot.impl().environment;
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto cursor = Cursor::open(*transaction, environment.databases().checkpoints);
  if (!cursor) return Failure(cursor.error());
  const bool back = where == Where::back_from;
  std::array<std::byte, key_bytes> name{};
  store_big(back ? size + 1 : size, name.data());
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_SET_RANGE);
  if (back)
    code = mdb_cursor_get(cursor->get(), &key, &value, code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
  if (code == MDB_NOTFOUND) return std::optional<StoredCheckpoint>{};
  if (code != 0) return lmdb_failure(code, "reading the log's checkpoints");
  if (key.mv_size != key_bytes)
    return damaged("a key of " + std::to_string(key.mv_size) + " bytes stands among them");
  const auto found = load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data));
  // One that was signed after the snapshot was taken is not of it.
  if (found > snapshot.head().value) return std::optional<StoredCheckpoint>{};
  return StoredCheckpoint{found,
                          std::string(static_cast<const char*>(value.mv_data), value.mv_size)};
}

}  // namespace

// A transaction each, as nothing is called back inside one.
Result<void> scan_checkpoints(const Snapshot& snapshot, std::uint64_t from,
                              const EachCheckpoint& each) {
  while (true) {
    const auto next = nearest(snapshot, Where::from, from);
    if (!next) return Failure(next.error());
    if (!*next) return {};
    const auto more = each(**next);
    if (!more) return Failure(more.error());
    if (!*more) return {};
    from = (*next)->size + 1;
  }
}

Result<std::optional<StoredCheckpoint>> newest_checkpoint(const Snapshot& snapshot) {
  return nearest(snapshot, Where::back_from, snapshot.head().value);
}

Result<std::optional<StoredCheckpoint>> checkpoint_covering(const Snapshot& snapshot,
                                                            Sequence sequence) {
  return nearest(snapshot, Where::from, sequence.value);
}

Result<std::optional<StoredCheckpoint>> checkpoint_at(const Snapshot& snapshot,
                                                      std::uint64_t size) {
  auto found = checkpoint_covering(snapshot, Sequence{size});
  if (found && *found && (*found)->size != size) found->reset();
  return found;
}

Result<void> check_newest_checkpoint(const Snapshot& snapshot) {
  const auto newest = newest_checkpoint(snapshot);
  if (!newest) return Failure(newest.error());
  if (!*newest) return {};
  const auto checkpoint = read_checkpoint((*newest)->note);
  if (!checkpoint)
    return damaged("that of " + std::to_string((*newest)->size) +
                   " records is damaged: " + checkpoint.error().what);
  const auto root = root_at(snapshot, (*newest)->size);
  if (!root) return Failure(root.error());
  if (checkpoint->size == (*newest)->size && checkpoint->root == *root) return {};
  return fail(ErrorKind::conflict,
              "the log is not the one that was signed at " + std::to_string((*newest)->size) +
                  " records: its root there is " + root->hex() + ", the checkpoint has " +
                  checkpoint->root.hex(),
              "run 'wattledger log verify'; keep this log as evidence");
}

Result<bool> signed_newest_checkpoint(const Snapshot& snapshot, const SigningKey& key) {
  const auto newest = newest_checkpoint(snapshot);
  if (!newest) return Failure(newest.error());
  if (!*newest) return true;
  const VerifierKey verifier(checkpoint_origin(snapshot.meta().uuid), key.public_key());
  return open_note((*newest)->note, verifier).has_value();
}

Result<std::string> make_checkpoint(const Log& log, const WriterLock& lock, const SigningKey& key) {
  if (!lock.guards(log.directory()))
    return fail(ErrorKind::locked,
                "the writer lock held is not that of " + log.directory().string(),
                "take the lock of the log that is to be signed");
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  WATTLEDGER_TRY(check_newest_checkpoint(*snapshot));
  return commit_checkpoint(*log.impl().environment, key, snapshot->head());
}

Result<void> put_checkpoint(const Environment& environment, const Transaction& transaction,
                            std::uint64_t size, std::string_view note) {
  std::array<std::byte, key_bytes> name{};
  store_big(size, name.data());
  // LMDB takes pointers to mutable bytes and does not change them.
  MDB_val key{name.size(), name.data()};
  MDB_val value{note.size(), const_cast<char*>(note.data())};
  const int code = mdb_put(transaction.get(), environment.databases().checkpoints, &key, &value, 0);
  if (code != 0)
    return lmdb_failure(code, environment.directory().string() + ", writing a checkpoint");
  return {};
}

Result<std::string> commit_checkpoint(const Environment& environment, const SigningKey& key,
                                      Sequence head) {
  WATTLEDGER_TRY(environment.make_room(room_bytes));
  auto transaction = Transaction::begin(environment, Transaction::Access::write);
  if (!transaction) return Failure(transaction.error());
  const auto values = read_meta(environment, *transaction);
  if (!values) return Failure(values.error());
  const auto meta = decode_meta(*values);
  if (!meta) return Failure(meta.error());
  if (meta->head != head)
    return fail(ErrorKind::conflict,
                "somebody else wrote to " + environment.directory().string() + ": its head is " +
                    std::to_string(meta->head.value) + ", expected " + std::to_string(head.value),
                "find the second writer, then open the log again");
  auto note = sign_checkpoint(key, *meta);
  if (!note) return note;
  WATTLEDGER_TRY(put_checkpoint(environment, *transaction, meta->head.value, *note));
  WATTLEDGER_TRY(std::move(*transaction).commit());
  return note;
}

}  // namespace wattledger::log
