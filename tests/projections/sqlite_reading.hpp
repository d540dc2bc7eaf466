// What a stranger with SQLite sees in a file: every row as text, columns parted by '|', as the
// sqlite3 shell prints them.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace wattledger::testing {

class SqliteReader {
 public:
  explicit SqliteReader(const std::filesystem::path& file, int flags = SQLITE_OPEN_READWRITE) {
    if (sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) != SQLITE_OK)
      throw std::runtime_error("cannot open " + file.string());
    sqlite3_busy_timeout(handle_, 5'000);
  }
  ~SqliteReader() { sqlite3_close(handle_); }
  SqliteReader(const SqliteReader&) = delete;
  SqliteReader& operator=(const SqliteReader&) = delete;

  std::vector<std::string> rows(const std::string& sql) {
    std::vector<std::string> found;
    char* message = nullptr;
    const int code = sqlite3_exec(handle_, sql.c_str(), collect, &found, &message);
    const std::string said = message == nullptr ? "" : message;
    sqlite3_free(message);
    if (code != SQLITE_OK) throw std::runtime_error(sql + ": " + said);
    return found;
  }
  std::string one(const std::string& sql) {
    const std::vector<std::string> found = rows(sql);
    return found.empty() ? "(no row)" : found.front();
  }

 private:
  static int collect(void* into, int columns, char** values, char** /*names*/) {
    std::string line;
    for (int column = 0; column < columns; ++column) {
      if (column > 0) line += '|';
      line += values[column] == nullptr ? "NULL" : values[column];
    }
    static_cast<std::vector<std::string>*>(into)->push_back(line);
    return 0;
  }
  sqlite3* handle_ = nullptr;
};

}  // namespace wattledger::testing
