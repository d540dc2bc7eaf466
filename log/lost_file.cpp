#include "log/lost_file.hpp"

#include <lmdb.h>
#include <sys/stat.h>

#include "log/disk_file.hpp"
#include "log/environment.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

Result<void> copy_to(const Environment& environment, const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return fail(ErrorKind::io, directory.string() + " cannot be made: " + error.message(),
                "check the disk and its permissions");
  const fs::path part = directory / ".data.mdb.part";
  fs::remove(part, error);
  {
    auto file = DiskFile::create(part);
    if (!file) return Failure(file.error());
    const int code = mdb_env_copyfd2(environment.get(), file->descriptor(), 0);
    if (code != 0) return lmdb_failure(code, "copying to " + part.string());
    WATTLEDGER_TRY(file->sync());
  }
  WATTLEDGER_TRY(rename_file(part, directory / data_file));
  return sync_directory(directory);
}

}  // namespace

DataFile data_file_of(const Log& log) {
  const Environment& environment = *log.impl().environment;
  mdb_filehandle_t open = -1;
  struct ::stat ours {};
  struct ::stat named {};
  if (mdb_env_get_fd(environment.get(), &open) != 0 || ::fstat(open, &ours) != 0)
    return DataFile::in_place;  // not known to be anything else
  if (ours.st_nlink == 0) return DataFile::deleted;
  const bool there = ::stat(environment.data_path().c_str(), &named) == 0;
  const bool same = there && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
  return same ? DataFile::in_place : DataFile::moved;
}

Result<fs::path> write_out_again(const Log& log) {
  const Environment& environment = *log.impl().environment;
  fs::path directory = environment.directory();
  std::error_code error;
  // The program ends afterwards: a name that is taken must not be what the records are lost by.
  for (int tries = 1; fs::exists(directory / data_file, error); ++tries) {
    directory = environment.directory();
    directory += ".rescued" + (tries == 1 ? std::string() : "." + std::to_string(tries));
  }
  WATTLEDGER_TRY(copy_to(environment, directory));
  return directory / data_file;
}

}  // namespace wattledger::log
