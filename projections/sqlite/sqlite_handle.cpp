#include "projections/sqlite/sqlite_handle.hpp"

#include <sqlite3.h>

#include <utility>

namespace wattledger::projections::sqlite {
namespace {

struct Meaning {
  ErrorKind kind;
  const char* remedy;
};

Meaning meaning_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::locked,
              "another program writes this file: end its transaction, then it goes on by itself"};
    case SQLITE_FULL:
      return {ErrorKind::full, "free some disk space"};
    case SQLITE_CORRUPT:
      return {ErrorKind::corrupt,
              "move the file away and run `wattledger replay`: the log holds everything in it"};
    case SQLITE_NOTADB:
      return {ErrorKind::foreign, "move it away or configure another path"};
    case SQLITE_CONSTRAINT:
      return {ErrorKind::conflict, ""};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {ErrorKind::io, "check the directory's owner and permissions"};
    default:
      return {ErrorKind::io, ""};
  }
}

Failure failure_of(sqlite3* handle, int code, std::string_view file, std::string_view action) {
  const Meaning meaning = meaning_of(code);
  const char* said = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  return fail(meaning.kind, std::string(file) + ": " + std::string(action) + ": " + said,
              meaning.remedy);
}

const char* file_of(sqlite3* handle) {
  const char* name = sqlite3_db_filename(handle, "main");
  return name == nullptr ? "" : name;
}

// SQLite's own URI form: everything but unreserved characters and '/' is escaped.
std::string immutable_uri(const std::filesystem::path& file) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("/-_.~").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), bind_code_(other.bind_code_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(bind_code_, other.bind_code_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(int position, std::int64_t value) {
  const int code = sqlite3_bind_int64(handle_, position, value);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement& Statement::bind(int position, double value) {
  const int code = sqlite3_bind_double(handle_, position, value);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement& Statement::bind_blob(int position, std::string_view bytes) {
  const int code = sqlite3_bind_blob64(
      handle_, position, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement& Statement::bind(int position, std::string_view value) {
  // An empty view may have a null pointer, which SQLite would take for NULL.
  const char* bytes = value.data() == nullptr ? "" : value.data();
  const int code =
      sqlite3_bind_text64(handle_, position, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement& Statement::bind_null(int position) {
  const int code = sqlite3_bind_null(handle_, position);
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
  return *this;
}

Failure Statement::failure(std::string_view action) const {
  sqlite3* handle = sqlite3_db_handle(handle_);
  return failure_of(handle, sqlite3_extended_errcode(handle), file_of(handle), action);
}

Result<bool> Statement::step() {
  if (bind_code_ != SQLITE_OK) {
    const Failure refused = failure("binding a value");
    bind_code_ = SQLITE_OK;
    return refused;
  }
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  const Failure failed = failure(sqlite3_sql(handle_));
  sqlite3_reset(handle_);
  return failed;
}

Result<void> Statement::run() {
  while (true) {
    const Result<bool> row = step();
    if (!row) return Failure(row.error());
    if (!*row) return {};
  }
}

void Statement::reset() { sqlite3_reset(handle_); }

int Statement::columns() const { return sqlite3_column_count(handle_); }
std::string_view Statement::column_name(int column) const {
  return sqlite3_column_name(handle_, column);
}

ValueKind Statement::kind(int column) const {
  switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER:
      return ValueKind::integer;
    case SQLITE_FLOAT:
      return ValueKind::real;
    case SQLITE_TEXT:
      return ValueKind::text;
    case SQLITE_BLOB:
      return ValueKind::blob;
    default:
      return ValueKind::null;
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::text(int column) const {
  // sqlite3_column_bytes must come second: it measures what column_blob just made.
  const void* bytes = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return bytes == nullptr
             ? std::string_view{}
             : std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

Result<Connection> Connection::open(const std::filesystem::path& file, Access access) {
  int flags = SQLITE_OPEN_NOMUTEX;
  if (access == Access::read_only || access == Access::immutable) flags |= SQLITE_OPEN_READONLY;
  if (access == Access::read_write) flags |= SQLITE_OPEN_READWRITE;
  if (access == Access::create) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const bool immutable = access == Access::immutable;
  if (immutable) flags |= SQLITE_OPEN_URI;
  const std::string name =
      immutable ? immutable_uri(file) : std::filesystem::absolute(file).string();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Connection connection(handle,
                        file);  // SQLite gives a handle to close even when it could not open
  if (code != SQLITE_OK) return failure_of(handle, code, file.string(), "cannot be opened");
  connection.set_busy_timeout(busy_timeout_ms);
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), file_(std::move(other.file_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(file_, other.file_);
  return *this;
}

Connection::~Connection() { sqlite3_close_v2(handle_); }

void Connection::set_busy_timeout(int milliseconds) { sqlite3_busy_timeout(handle_, milliseconds); }

bool Connection::still_in_place() const {
  int moved = 0;
  const bool known =
      sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK;
  const char* const opened = sqlite3_db_filename(handle_, "main");  // links followed then
  std::error_code gone;
  return !(known && moved != 0) &&
         (opened == nullptr || std::filesystem::equivalent(file_, opened, gone));
}

std::filesystem::path write_ahead_log_of(const std::filesystem::path& file) {
  std::error_code unknown;
  std::filesystem::path log = std::filesystem::canonical(file, unknown);
  if (unknown) log = file;
  log += "-wal";
  return log;
}

void Connection::watch(const SlowQueries& slow) {
  if (slow.above.count() <= 0 || !slow.told) return;
  const auto profile = [](unsigned /*event*/, void* context, void* statement, void* nanoseconds) {
    const auto& watched = *static_cast<const SlowQueries*>(context);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::nanoseconds(*static_cast<sqlite3_int64*>(nanoseconds)));
    const char* sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
    if (took > watched.above) watched.told(sql == nullptr ? "" : sql, took);
    return 0;
  };
  sqlite3_trace_v2(handle_, SQLITE_TRACE_PROFILE, profile, const_cast<SlowQueries*>(&slow));
}

Result<void> Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure_of(handle_, code, file_.string(), sql.substr(0, 80));
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure_of(handle_, code, file_.string(), sql.substr(0, 80));
  return Statement(statement);
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return Failure(statement.error());
  const Result<bool> row = statement->step();
  if (!row) return Failure(row.error());
  if (!*row) return fail(ErrorKind::not_found, file_.string() + ": no row for " + std::string(sql));
  return statement->integer(0);
}

Result<std::string> Connection::text(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return Failure(statement.error());
  const Result<bool> row = statement->step();
  if (!row) return Failure(row.error());
  if (!*row) return fail(ErrorKind::not_found, file_.string() + ": no row for " + std::string(sql));
  return std::string(statement->text(0));
}

Result<Backup> Backup::start(Connection& to, Connection& from) {
  sqlite3_backup* handle = sqlite3_backup_init(to.handle_, "main", from.handle_, "main");
  if (handle == nullptr)
    return failure_of(to.handle_, sqlite3_errcode(to.handle_), to.file().string(),
                      "cannot be copied into");
  return Backup(handle, to);
}

Backup::Backup(Backup&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), to_(other.to_) {}

Backup::~Backup() {
  if (handle_ != nullptr) sqlite3_backup_finish(handle_);
}

Result<void> Backup::copy_all(int attempts) {
  int code = SQLITE_BUSY;
  for (int attempt = 0; attempt < attempts && (code == SQLITE_BUSY || code == SQLITE_LOCKED);
       ++attempt)
    code = sqlite3_backup_step(handle_, -1);
  // finish() rolls an unfinished copy back, and tells of an error that step() met.
  const int finished = sqlite3_backup_finish(std::exchange(handle_, nullptr));
  if (code == SQLITE_DONE && finished == SQLITE_OK) return {};
  const int failed = code == SQLITE_DONE ? finished : code;
  const Meaning meaning = meaning_of(failed);
  return fail(meaning.kind,
              to_->file().string() + ": copying a database into it: " + sqlite3_errstr(failed),
              meaning.remedy);
}

}  // namespace wattledger::projections::sqlite
