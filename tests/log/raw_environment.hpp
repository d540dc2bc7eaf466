// LMDB without the log's rules: for tests that damage a log, or make one that an older or newer
// program would. The log must not be open in this process meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct MDB_env;

namespace wattledger::testing {

using Bytes = std::vector<std::byte>;

[[nodiscard]] Bytes bytes_of(const std::string& text);
[[nodiscard]] Bytes key_of(std::uint64_t sequence);

class RawEnvironment {
 public:
  explicit RawEnvironment(const std::filesystem::path& directory);
  RawEnvironment(const RawEnvironment&) = delete;
  RawEnvironment& operator=(const RawEnvironment&) = delete;
  ~RawEnvironment();

  // Each in a transaction of its own; a database that is missing is made.
  void put(const char* database, const Bytes& key, const Bytes& value);
  void remove(const char* database, const Bytes& key);
  [[nodiscard]] Bytes get(const char* database, const Bytes& key);

 private:
  MDB_env* env_ = nullptr;
};

}  // namespace wattledger::testing
