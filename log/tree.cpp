#include <lmdb.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>

#include "log/byte_order.hpp"
#include "log/merkle.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr std::uint64_t stored_leaves = std::uint64_t{1} << unsigned{Frontier::stored_level_min};

// Of the records behind the last whole subtree that is stored.
Result<Frontier> unstored_part(const Snapshot::Impl& snapshot, std::uint64_t size) {
  Frontier frontier;
  for (std::uint64_t sequence = size - size % stored_leaves + 1; sequence <= size; ++sequence) {
    const auto bytes = snapshot.bytes_at(Sequence{sequence});
    if (!bytes) return Failure(bytes.error());
    frontier.append(leaf_hash(*bytes));
  }
  return frontier;
}

}  // namespace

Result<Digest> stored_node(const Snapshot::Impl& snapshot, unsigned level, std::uint64_t index) {
  const auto transaction = Transaction::begin(*snapshot.environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  std::array<std::byte, 9> name{};
  name[0] = static_cast<std::byte>(level);
  store_big(index, name.data() + 1);
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  const int code =
      mdb_get(transaction->get(), snapshot.environment->databases().nodes, &key, &value);
  const std::string which =
      "Merkle node " + std::to_string(index) + " of level " + std::to_string(level);
  if (code != 0 && code != MDB_NOTFOUND) return lmdb_failure(code, "reading " + which);
  Digest digest;
  if (code == MDB_NOTFOUND || value.mv_size != digest.bytes.size())
    return fail(ErrorKind::corrupt, which + " is missing or damaged",
                "run 'wattledger log verify'");
  std::memcpy(digest.bytes.data(), value.mv_data, digest.bytes.size());
  return digest;
}

Result<Digest> root_at(const Snapshot& snapshot, std::uint64_t size) {
  if (size > snapshot.head().value)
    return fail(ErrorKind::not_found, "no root of " + std::to_string(size) +
                                          " records: the log has " +
                                          std::to_string(snapshot.head().value));
  if (size == snapshot.head().value) return snapshot.meta().frontier.root();
  if (size == 0) return empty_root();
  const auto low = unstored_part(snapshot.impl(), size);
  if (!low) return Failure(low.error());
  std::optional<Digest> root;
  if (low->size() > 0) root = low->root();
  // Larger subtrees lie to the left: fold them in from the smallest.
  for (unsigned level = Frontier::stored_level_min; level < 64; ++level) {
    if (((size >> level) & 1U) == 0) continue;
    const auto node = stored_node(snapshot.impl(), level, (size >> level) - 1);
    if (!node) return Failure(node.error());
    root = root ? node_hash(*node, *root) : *node;
  }
  return *root;
}

}  // namespace wattledger::log
