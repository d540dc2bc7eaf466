#include "log/log.hpp"

#include <lmdb.h>

#include <array>
#include <cstring>
#include <random>
#include <string>

#include "log/archive.hpp"
#include "log/disk_file.hpp"
#include "log/environment.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

Id128 random_id() {
  std::random_device device;
  Id128 id;
  for (std::size_t i = 0; i < id.bytes.size(); i += 4) {
    const std::uint32_t word = device();
    std::memcpy(id.bytes.data() + i, &word, 4);
  }
  // Version 4, variant 1 of RFC 4122, so that it reads as a uuid elsewhere.
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x40U);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);
  return id;
}

bool ours(const fs::path& name) {
  return name == data_file || name == lock_file || name == writer_lock_file;
}

// Anything else beside the three files means that the directory is somebody's.
Result<void> refuse_foreign_files(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator at(directory, error); !error && at != fs::directory_iterator();
       at.increment(error))
    if (!ours(at->path().filename()))
      return fail(ErrorKind::foreign,
                  directory.string() + " holds " + at->path().filename().string() +
                      ", which is not of a log",
                  "choose an empty directory");
  if (error)
    return fail(ErrorKind::io, directory.string() + " cannot be listed: " + error.message());
  return {};
}

// A directory without data file: not there yet, or not ours?
Failure nothing_there(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_directory(directory, error))
    return fail(ErrorKind::foreign, directory.string() + " is not a directory",
                "choose another directory");
  if (fs::is_directory(directory / segments_directory, error))
    return fail(
        ErrorKind::corrupt,
        directory.string() + " has the segments of a log, and its " + data_file + " is gone",
        "move it away and restore a backup: it has them too");
  if (fs::is_directory(directory, error))
    if (const auto foreign = refuse_foreign_files(directory); !foreign)
      return Failure(foreign.error());
  return fail(ErrorKind::not_found, "no log in " + directory.string(),
              "check the data directory; where it held one, restore a backup");
}

}  // namespace

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::create(const fs::path& directory, const CreateOptions& options) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return fail(ErrorKind::io, directory.string() + " cannot be made: " + error.message(),
                "check the path and its permissions");
  if (!fs::exists(directory / data_file, error)) WATTLEDGER_TRY(refuse_foreign_files(directory));
  Meta meta;
  meta.uuid = options.uuid ? *options.uuid : random_id();
  meta.demo = options.demo;
  if (options.parent) {
    meta.parent = options.parent->uuid;
    meta.parent_size = options.parent->size;
    meta.parent_root = options.parent->root;
  }
  auto environment = Environment::create(directory, encode_meta(meta));
  if (!environment) return Failure(environment.error());
  WATTLEDGER_TRY(sync_directory(directory));
  WATTLEDGER_TRY(sync_directory(fs::absolute(directory, error).parent_path()));
  return Log(std::make_unique<Impl>(Impl{*std::move(environment)}));
}

Result<Log> Log::open(const fs::path& directory) { return open(directory, OpenOptions{}); }

Result<Log> Log::open(const fs::path& directory, const OpenOptions& options) {
  std::error_code error;
  if (!fs::exists(directory / data_file, error)) return nothing_there(directory);
  auto environment = Environment::open(directory, options.map_bytes);
  if (!environment) return Failure(environment.error());
  Log log(std::make_unique<Impl>(Impl{*std::move(environment)}));
  if (const auto readable = log.snapshot(); !readable) return Failure(readable.error());
  return log;
}

Result<Snapshot> Log::snapshot() const {
  auto transaction = Transaction::begin(*impl_->environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto values = read_meta(*impl_->environment, *transaction);
  if (!values) return Failure(values.error());
  auto meta = decode_meta(*values);
  if (!meta) {
    Error named = std::move(meta).error();
    named.what = directory().string() + ": " + named.what;
    return Failure(std::move(named));
  }
  auto impl = std::make_unique<Snapshot::Impl>(impl_->environment, *std::move(meta));
  return Snapshot(std::move(impl));
}

const fs::path& Log::directory() const { return impl_->environment->directory(); }

std::uint64_t Log::file_bytes() const {
  std::error_code error;
  const auto bytes = fs::file_size(impl_->environment->data_path(), error);
  return error ? 0 : bytes;
}

std::uint64_t Log::map_bytes() const {
  MDB_envinfo info{};
  mdb_env_info(impl_->environment->get(), &info);
  return info.me_mapsize;
}

}  // namespace wattledger::log
