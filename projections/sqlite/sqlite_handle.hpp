// SQLite's handles, one class each, move-only, closed exactly once. sqlite3.h stays in the .cpp.
//
// Threads: a Connection and its Statements belong to one thread. Errors: `locked` after the busy
// timeout, `full`, `corrupt`, `foreign` (not a database), `conflict` (a constraint), else `io`;
// each names the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "events/result.hpp"
#include "projections/maintenance.hpp"

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_backup;

namespace wattledger::projections::sqlite {

inline constexpr int busy_timeout_ms = 5'000;

// What a column holds.
enum class ValueKind { null, integer, real, text, blob };

class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Positions from 1. Text is borrowed: it must live until the next run(), step() to the end, or
  // bind of the position.
  Statement& bind(int position, std::int64_t value);
  Statement& bind(int position, double value);
  Statement& bind(int position, std::string_view value);
  Statement& bind_null(int position);
  Statement& bind_blob(int position, std::string_view bytes);
  template <class T>
  Statement& bind(int position, const std::optional<T>& value) {
    return value ? bind(position, *value) : bind_null(position);
  }

  // True when there is a row. After the last one the statement is reset.
  Result<bool> step();
  // Steps to the end and resets.
  Result<void> run();
  void reset();

  // Columns from 0, of the row that step() found. Text ends with the next step().
  [[nodiscard]] int columns() const;
  [[nodiscard]] std::string_view column_name(int column) const;
  [[nodiscard]] ValueKind kind(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;

 private:
  friend class Connection;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  [[nodiscard]] Failure failure(std::string_view action) const;
  sqlite3_stmt* handle_ = nullptr;
  int bind_code_ = 0;  // the first bind that failed; told by the next step()
};

// SQLite has it beside the file that a link leads to.
[[nodiscard]] std::filesystem::path write_ahead_log_of(const std::filesystem::path& file);

// immutable: read as it lies, no lock, no -shm or -wal made beside it; only for files that nobody
// has open.
enum class Access { read_only, immutable, read_write, create };

class Connection {
 public:
  static Result<Connection> open(const std::filesystem::path& file, Access access);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  // Any number of statements without parameters, their rows ignored.
  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row; not_found without a row.
  Result<std::int64_t> integer(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  void set_busy_timeout(int milliseconds);
  // False where the file was removed, moved or replaced since it was opened, or a link to it leads
  // elsewhere: it takes every row then and shows none.
  [[nodiscard]] bool still_in_place() const;
  // `slow` outlives the connection.
  void watch(const SlowQueries& slow);

 private:
  friend class Backup;
  Connection(sqlite3* handle, std::filesystem::path file)
      : handle_(handle), file_(std::move(file)) {}
  sqlite3* handle_ = nullptr;
  std::filesystem::path file_;
};

// Copies a whole database into another as one transaction of the target.
class Backup {
 public:
  // Both outlive the Backup; `to` must have no transaction open.
  static Result<Backup> start(Connection& to, Connection& from);
  Backup(Backup&& other) noexcept;
  Backup& operator=(Backup&&) = delete;
  ~Backup();

  // All pages at once; tries `attempts` times while somebody writes (each waits the target's busy
  // timeout).
  Result<void> copy_all(int attempts);

 private:
  Backup(sqlite3_backup* handle, Connection& to) : handle_(handle), to_(&to) {}
  sqlite3_backup* handle_ = nullptr;
  Connection* to_ = nullptr;
};

}  // namespace wattledger::projections::sqlite
