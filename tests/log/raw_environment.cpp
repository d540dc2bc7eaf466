#include "tests/log/raw_environment.hpp"

#include <lmdb.h>

#include <stdexcept>

namespace wattledger::testing {
namespace {

void check(int code) {
  if (code != 0) throw std::runtime_error(mdb_strerror(code));
}

MDB_val value_of(const Bytes& bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

template <class Act>
void in_transaction(MDB_env* env, const char* database, const Act& act) {
  MDB_txn* txn = nullptr;
  check(mdb_txn_begin(env, nullptr, 0, &txn));
  try {
    MDB_dbi dbi = 0;
    check(mdb_dbi_open(txn, database, MDB_CREATE, &dbi));
    act(txn, dbi);
  } catch (...) {
    mdb_txn_abort(txn);
    throw;
  }
  check(mdb_txn_commit(txn));
}

}  // namespace

Bytes bytes_of(const std::string& text) {
  Bytes bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

Bytes key_of(std::uint64_t sequence) {
  Bytes key(8);
  for (std::size_t i = 8; i-- > 0; sequence >>= 8U)
    key[i] = static_cast<std::byte>(sequence & 0xFFU);
  return key;
}

RawEnvironment::RawEnvironment(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  check(mdb_env_create(&env_));
  check(mdb_env_set_maxdbs(env_, 8));
  check(mdb_env_set_mapsize(env_, std::size_t{1} << 30U));
  check(mdb_env_open(env_, directory.c_str(), MDB_NOTLS, 0640));
}

RawEnvironment::~RawEnvironment() { mdb_env_close(env_); }

void RawEnvironment::put(const char* database, const Bytes& key, const Bytes& value) {
  in_transaction(env_, database, [&](MDB_txn* txn, MDB_dbi dbi) {
    MDB_val name = value_of(key);
    MDB_val content = value_of(value);
    check(mdb_put(txn, dbi, &name, &content, 0));
  });
}

void RawEnvironment::remove(const char* database, const Bytes& key) {
  in_transaction(env_, database, [&](MDB_txn* txn, MDB_dbi dbi) {
    MDB_val name = value_of(key);
    check(mdb_del(txn, dbi, &name, nullptr));
  });
}

Bytes RawEnvironment::get(const char* database, const Bytes& key) {
  Bytes bytes;
  in_transaction(env_, database, [&](MDB_txn* txn, MDB_dbi dbi) {
    MDB_val name = value_of(key);
    MDB_val content{};
    check(mdb_get(txn, dbi, &name, &content));
    const auto* from = static_cast<const std::byte*>(content.mv_data);
    bytes.assign(from, from + content.mv_size);
  });
  return bytes;
}

}  // namespace wattledger::testing
