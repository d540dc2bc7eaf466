// The LMDB environment of a log directory and its transactions, each closed exactly once. Inside
// this room only.
//
// LMDB forbids opening one directory twice in a process, so an environment is shared by all who
// open it here. Flags: MDB_NOTLS only; default durability. A transaction stays on its thread, and a
// thread has at most one: two would stand in each other's way when the map grows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "log/meta.hpp"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace wattledger::log {

inline constexpr const char* data_file = "data.mdb";
inline constexpr const char* lock_file = "lock.mdb";
inline constexpr const char* writer_lock_file = "writer.lock";

// LMDB's handles of the four databases.
struct Databases {
  unsigned events = 0;
  unsigned meta = 0;
  unsigned nodes = 0;
  unsigned checkpoints = 0;
};

// LMDB's code as an error of ours; `doing` says what was tried, to what.
[[nodiscard]] Failure lmdb_failure(int code, const std::string& doing);

class Environment {
 public:
  // Of an existing data file. foreign, newer, corrupt (cut short), not_found (never finished),
  // full, io.
  static Result<std::shared_ptr<Environment>> open(const std::filesystem::path& directory,
                                                   std::uint64_t map_bytes);
  // Of a new one, with these values in meta; conflict if a log is there.
  static Result<std::shared_ptr<Environment>> create(const std::filesystem::path& directory,
                                                     const MetaValues& values);

  Environment(MDB_env* env, std::filesystem::path directory)
      : env_(env), directory_(std::move(directory)) {}
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  [[nodiscard]] MDB_env* get() const { return env_; }
  [[nodiscard]] const Databases& databases() const { return databases_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] std::filesystem::path data_path() const { return directory_ / data_file; }

  // Makes the map large enough for `bytes` more of records and their pages, by doubling; full if
  // the process has no address space for it. Waits for this process's transactions, so the caller
  // has none. Other processes follow at their next transaction.
  [[nodiscard]] Result<void> make_room(std::uint64_t bytes) const;
  // Whether the process has the address space for a map of so many bytes beside the present one.
  [[nodiscard]] static bool map_can_be(std::uint64_t bytes);
  // Of the data file: every page that was ever used.
  [[nodiscard]] std::uint64_t used_bytes() const;
  // Gives back what readers that died left in the reader table; else their pages are never reused.
  void reap_readers() const;
  // Read transactions of all processes, dead ones included until they are reaped.
  [[nodiscard]] std::size_t readers() const;

 private:
  friend class EnvironmentRegistry;
  friend class Transaction;
  // Another process made the map larger: take its size over.
  [[nodiscard]] Result<void> follow_map() const;
  Result<void> open_databases();
  Result<void> create_databases(const MetaValues& values);

  MDB_env* env_;
  std::filesystem::path directory_;
  Databases databases_;
  mutable std::shared_mutex map_;  // shared by transactions; the map grows when it is held alone
};

class Transaction {
 public:
  enum class Access { read, write };
  static Result<Transaction> begin(const Environment& environment, Access access);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&& other) noexcept;
  ~Transaction();  // aborts what was not committed

  [[nodiscard]] MDB_txn* get() const { return txn_; }
  [[nodiscard]] Result<void> commit() &&;

 private:
  Transaction(MDB_txn* txn, std::shared_lock<std::shared_mutex> map)
      : map_(std::move(map)), txn_(txn) {}
  std::shared_lock<std::shared_mutex> map_;  // ends after the transaction
  MDB_txn* txn_;
};

class Cursor {
 public:
  static Result<Cursor> open(const Transaction& transaction, unsigned database);
  Cursor(Cursor&& other) noexcept;
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor();
  [[nodiscard]] MDB_cursor* get() const { return cursor_; }

 private:
  explicit Cursor(MDB_cursor* cursor) : cursor_(cursor) {}
  MDB_cursor* cursor_;
};

[[nodiscard]] Result<MetaValues> read_meta(const Environment& environment,
                                           const Transaction& transaction);
[[nodiscard]] Result<void> write_meta(const Environment& environment,
                                      const Transaction& transaction, const MetaValues& values);

struct Log::Impl {
  std::shared_ptr<Environment> environment;
};

}  // namespace wattledger::log
