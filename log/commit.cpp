#include "log/commit.hpp"

#include <lmdb.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "log/byte_order.hpp"
#include "log/checkpoint.hpp"
#include "log/record.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t node_key_bytes = 9;

// LMDB takes pointers to mutable bytes and does not change them.
MDB_val value_of(std::span<const std::byte> bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

// The lock of the one writer should make this impossible; a log with two tails could not be
// repaired.
Result<void> check_base(const Environment& environment, const Transaction& transaction,
                        const Meta& meta) {
  const auto values = read_meta(environment, transaction);
  if (!values) return Failure(values.error());
  const auto stored = decode_meta(*values);
  if (!stored) return Failure(stored.error());
  if (stored->head == meta.head && stored->frontier == meta.frontier) return {};
  return fail(ErrorKind::conflict,
              "somebody else wrote to " + environment.directory().string() + ": its head is " +
                  std::to_string(stored->head.value) + ", expected " +
                  std::to_string(meta.head.value),
              "find the second writer, then open the log again");
}

Result<void> put_records(const Environment& environment, const Transaction& transaction,
                         Sequence head, const PendingRecords& records) {
  const auto cursor = Cursor::open(transaction, environment.databases().events);
  if (!cursor) return Failure(cursor.error());
  for (std::size_t i = 0; i < records.size(); ++i) {
    head = head.next();
    std::array<std::byte, 8> name{};
    store_big(head.value, name.data());
    MDB_val key = value_of(name);
    MDB_val value = value_of(records.record(i));
    const int code = mdb_cursor_put(cursor->get(), &key, &value, MDB_APPEND);
    if (code != 0)
      return lmdb_failure(code, environment.directory().string() + ", writing record " +
                                    std::to_string(head.value));
  }
  return put_nodes(environment, transaction, records.nodes());
}

// Pages that a commit may take at most: a record of more than half a page has pages of its own;
// besides, each database's path is copied, the free list and Merkle nodes grow.
std::uint64_t bytes_needed(const PendingRecords& records) {
  constexpr std::uint64_t page = 4'096;
  constexpr std::uint64_t beside = std::uint64_t{1} << 20U;
  std::uint64_t bytes = beside;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::uint64_t size = records.record(i).size() + 24;
    bytes += size > page / 2 ? size + page : 2 * size;
  }
  return bytes;
}

}  // namespace

void PendingRecords::push(std::span<const std::byte> record, UtcTime recorded_at) {
  const std::size_t begin = words_.size();
  words_.resize(begin + (record.size() + 7) / 8);
  std::memcpy(words_.data() + begin, record.data(), record.size());
  all_.push_back({begin, record.size(), recorded_at});
  bytes_ += record.size();
}

void PendingRecords::clear() {
  constexpr std::size_t kept_words_max = std::size_t{1} << 19U;  // 4 MiB
  if (words_.capacity() > kept_words_max) words_ = {};
  words_.clear();
  all_.clear();
  nodes_.clear();
  hashed_ = 0;
  bytes_ = 0;
}

void PendingRecords::hash(Frontier& frontier) {
  leaves_.resize(unhashed());
  LeafHasher hasher;
  for (std::size_t i = 0; i < leaves_.size(); ++i) hasher.add(record(hashed_ + i), leaves_[i]);
  hasher.finish();
  // All or nothing, also when memory ends: a tree that has half of them could never be opened.
  Frontier after = frontier;
  after.append(leaves_, &nodes_);
  frontier = std::move(after);
  hashed_ = all_.size();
}

std::span<const std::byte> PendingRecords::record(std::size_t i) const {
  return {reinterpret_cast<const std::byte*>(words_.data() + all_[i].word), all_[i].bytes};
}

Result<void> put_nodes(const Environment& environment, const Transaction& transaction,
                       const std::vector<RangeNode>& nodes) {
  for (const RangeNode& node : nodes) {
    std::array<std::byte, node_key_bytes> name{};
    name[0] = static_cast<std::byte>(node.level);
    store_big(node.index, name.data() + 1);
    MDB_val key = value_of(name);
    MDB_val value = value_of(std::as_bytes(std::span(node.digest.bytes)));
    const int code = mdb_put(transaction.get(), environment.databases().nodes, &key, &value, 0);
    if (code != 0)
      return lmdb_failure(code, environment.directory().string() + ", writing Merkle nodes");
  }
  return {};
}

Result<void> commit_records(const Environment& environment, const Meta& before, const Meta& after,
                            const PendingRecords& records, const SigningKey* key) {
  WATTLEDGER_TRY(environment.make_room(bytes_needed(records)));
  auto transaction = Transaction::begin(environment, Transaction::Access::write);
  if (!transaction) return Failure(transaction.error());
  WATTLEDGER_TRY(check_base(environment, *transaction, before));
  WATTLEDGER_TRY(put_records(environment, *transaction, before.head, records));
  WATTLEDGER_TRY(write_meta(environment, *transaction, encode_changes(before, after)));
  if (key != nullptr) {
    const auto note = sign_checkpoint(*key, after);
    if (!note) return Failure(note.error());
    WATTLEDGER_TRY(put_checkpoint(environment, *transaction, after.head.value, *note));
  }
  return std::move(*transaction).commit();
}

Error as_poison(Error error) {
  error.remedy = (error.remedy.empty() ? "" : error.remedy + ", then ") +
                 "open the log again: start the daemon";
  return error;
}

}  // namespace wattledger::log
