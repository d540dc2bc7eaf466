#include <lmdb.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "log/environment.hpp"

namespace wattledger::log {
namespace {

constexpr int map_attempts_max = 8;
constexpr std::uintmax_t commit_bytes_usual = 1 << 20;

}  // namespace

Result<Transaction> Transaction::begin(const Environment& environment, Access access) {
  const unsigned flags = access == Access::read ? MDB_RDONLY : 0;
  int code = MDB_MAP_RESIZED;
  // Another process may make the map larger again before we have taken its size over.
  for (int attempt = 0; attempt < map_attempts_max && code == MDB_MAP_RESIZED; ++attempt) {
    if (attempt > 0) WATTLEDGER_TRY(environment.follow_map());
    std::shared_lock map(environment.map_);
    MDB_txn* txn = nullptr;
    code = mdb_txn_begin(environment.get(), nullptr, flags, &txn);
    if (code == 0) return Transaction(txn, std::move(map));
  }
  return lmdb_failure(code, environment.directory().string() + ", begin of a transaction");
}

Transaction::Transaction(Transaction&& other) noexcept
    : map_(std::move(other.map_)), txn_(std::exchange(other.txn_, nullptr)) {}

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(txn_, other.txn_);
  return *this;
}

Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

Result<void> Transaction::commit() && {
  const char* directory = "the log";
  (void)mdb_env_get_path(mdb_txn_env(txn_), &directory);
  int code = mdb_txn_commit(std::exchange(txn_, nullptr));
  // LMDB's word for a write that was cut short, which a full disk does too.
  std::error_code unknown;
  if (code == EIO)
    if (const auto space = std::filesystem::space(directory, unknown);
        !unknown && space.available < commit_bytes_usual)
      code = ENOSPC;
  if (code != 0) return lmdb_failure(code, std::string(directory) + "/data.mdb, commit");
  return {};
}

Result<Cursor> Cursor::open(const Transaction& transaction, unsigned database) {
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(transaction.get(), database, &cursor); code != 0)
    return lmdb_failure(code, "opening a cursor");
  return Cursor(cursor);
}

Cursor::Cursor(Cursor&& other) noexcept : cursor_(std::exchange(other.cursor_, nullptr)) {}

Cursor::~Cursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

Result<MetaValues> read_meta(const Environment& environment, const Transaction& transaction) {
  const auto cursor = Cursor::open(transaction, environment.databases().meta);
  if (!cursor) return Failure(cursor.error());
  MetaValues values;
  MDB_val key{};
  MDB_val value{};
  int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_FIRST);
  for (; code == 0; code = mdb_cursor_get(cursor->get(), &key, &value, MDB_NEXT)) {
    const auto* from = static_cast<const std::byte*>(value.mv_data);
    values.emplace(std::string(static_cast<const char*>(key.mv_data), key.mv_size),
                   std::vector<std::byte>(from, from + value.mv_size));
  }
  if (code != MDB_NOTFOUND)
    return lmdb_failure(code, environment.directory().string() + ", reading meta");
  return values;
}

Result<void> write_meta(const Environment& environment, const Transaction& transaction,
                        const MetaValues& values) {
  for (const auto& [name, bytes] : values) {
    // LMDB takes pointers to mutable bytes and does not change them.
    MDB_val key{name.size(), const_cast<char*>(name.data())};
    MDB_val value{bytes.size(), const_cast<std::byte*>(bytes.data())};
    const int code = mdb_put(transaction.get(), environment.databases().meta, &key, &value, 0);
    if (code != 0)
      return lmdb_failure(code, environment.directory().string() + ", writing meta." + name);
  }
  return {};
}

}  // namespace wattledger::log
