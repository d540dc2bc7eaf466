#include <lmdb.h>

#include <array>
#include <cstring>
#include <string>

#include "log/byte_order.hpp"
#include "log/merkle.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {

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

Result<Frontier> frontier_at(const Snapshot& snapshot, std::uint64_t size) {
  if (size > snapshot.head().value)
    return fail(ErrorKind::not_found, "no root of " + std::to_string(size) +
                                          " records: the log has " +
                                          std::to_string(snapshot.head().value));
  if (size == snapshot.head().value) return snapshot.meta().frontier;
  Frontier frontier;
  for (int level = 63; level >= Frontier::stored_level_min; --level) {
    const auto bit = static_cast<unsigned>(level);
    if (((size >> bit) & 1U) == 0) continue;
    const auto node = stored_node(snapshot.impl(), bit, (size >> bit) - 1);
    if (!node) return Failure(node.error());
    frontier.append_subtree(*node, level);
  }
  for (Sequence next{frontier.size() + 1}; next.value <= size; next = next.next()) {
    const auto bytes = snapshot.impl().bytes_at(next);
    if (!bytes) return Failure(bytes.error());
    frontier.append(leaf_of(*bytes));
  }
  return frontier;
}

Result<Digest> root_at(const Snapshot& snapshot, std::uint64_t size) {
  const auto frontier = frontier_at(snapshot, size);
  if (!frontier) return Failure(frontier.error());
  return frontier->root();
}

}  // namespace wattledger::log
