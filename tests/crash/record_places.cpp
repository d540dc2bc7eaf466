#include "tests/crash/record_places.hpp"

#include <lmdb.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace wattledger::testing {
namespace {

void check(int code) {
  if (code != 0) throw std::runtime_error(mdb_strerror(code));
}

// LMDB maps the file once and whole, and does not say where.
const char* map_of(const std::filesystem::path& file) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::string name = file.string();
    if (line.size() < name.size() ||
        line.compare(line.size() - name.size(), name.size(), name) != 0)
      continue;
    return reinterpret_cast<const char*>(std::stoull(line, nullptr, 16));
  }
  throw std::runtime_error(file.string() + " is not mapped");
}

struct Close {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

std::uint64_t sequence_of(const MDB_val& key) {
  std::uint64_t sequence = 0;
  for (std::size_t i = 0; i < key.mv_size; ++i)
    sequence = (sequence << 8U) | static_cast<const unsigned char*>(key.mv_data)[i];
  return sequence;
}

}  // namespace

std::vector<RecordPlace> record_places(const std::filesystem::path& directory) {
  MDB_env* opened = nullptr;
  check(mdb_env_create(&opened));
  const std::unique_ptr<MDB_env, Close> env(opened);
  check(mdb_env_set_maxdbs(opened, 8));
  check(mdb_env_open(opened, directory.c_str(), MDB_RDONLY | MDB_NOTLS, 0));
  MDB_txn* begun = nullptr;
  check(mdb_txn_begin(opened, nullptr, MDB_RDONLY, &begun));
  const std::unique_ptr<MDB_txn, Close> txn(begun);
  MDB_dbi events = 0;
  check(mdb_dbi_open(begun, "events", 0, &events));
  MDB_cursor* at = nullptr;
  check(mdb_cursor_open(begun, events, &at));
  const std::unique_ptr<MDB_cursor, Close> cursor(at);
  const char* base = map_of(std::filesystem::canonical(directory / "data.mdb"));
  std::vector<RecordPlace> places;
  MDB_val key{};
  MDB_val value{};
  while (mdb_cursor_get(at, &key, &value, MDB_NEXT) == 0) {
    const auto offset = static_cast<const char*>(value.mv_data) - base;
    places.push_back({sequence_of(key), static_cast<std::uint64_t>(offset), value.mv_size});
  }
  return places;
}

}  // namespace wattledger::testing
