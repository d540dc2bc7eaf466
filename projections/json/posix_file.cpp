#include "projections/json/posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

Failure os_failure(const char* act, const fs::path& path, int code) {
  const std::string what =
      std::string("cannot ") + act + " " + path.string() + ": " + std::strerror(code);
  if (code == ENOSPC || code == EDQUOT || code == EFBIG)
    return fail(ErrorKind::full, what,
                "free some space; nothing is lost, the files are caught up from the log");
  if (code == EACCES || code == EPERM || code == EROFS)
    return fail(ErrorKind::io, what, "give the service's user the right to write there");
  return fail(ErrorKind::io, what,
              "check the disk; 'wattledger replay --projection json' rebuilds the files");
}

}  // namespace

PosixFile::PosixFile(PosixFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

PosixFile& PosixFile::operator=(PosixFile&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}

void PosixFile::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<PosixFile> PosixFile::open(const fs::path& path, bool create) {
  const int flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0);
  PosixFile file;
  file.descriptor_ = ::open(path.c_str(), flags, 0644);
  if (file.descriptor_ < 0) return os_failure(create ? "create" : "open", path, errno);
  file.path_ = path;
  return file;
}

Result<void> PosixFile::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_failure("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<std::string> PosixFile::read_at(std::uint64_t offset, std::size_t count) const {
  std::string bytes(count, '\0');
  const ssize_t got = ::pread(descriptor_, bytes.data(), count, static_cast<off_t>(offset));
  if (got < 0) return os_failure("read", path_, errno);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

Result<void> PosixFile::truncate(std::uint64_t length) {
  if (::ftruncate(descriptor_, static_cast<off_t>(length)) != 0)
    return os_failure("shorten", path_, errno);
  return {};
}

Result<void> PosixFile::sync() {
  if (::fsync(descriptor_) != 0) return os_failure("fsync", path_, errno);
  return {};
}

Result<std::uint64_t> PosixFile::length() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return os_failure("look at", path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<bool> PosixFile::is_linked() const {
  struct stat held {};
  struct stat named {};
  if (::fstat(descriptor_, &held) != 0) return os_failure("look at", path_, errno);
  if (::stat(path_.c_str(), &named) != 0) return false;
  return held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

Result<void> sync_directory(const fs::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return os_failure("open", directory, errno);
  const int code = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (code != 0) return os_failure("fsync", directory, code);
  return {};
}

Result<void> make_directory(const fs::path& directory) {
  std::error_code code;
  if (fs::is_directory(directory, code)) return {};
  const fs::path parent = directory.parent_path();
  if (!parent.empty() && parent != directory) WATTLEDGER_TRY(make_directory(parent));
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return os_failure("make", directory, errno);
  return parent.empty() ? Result<void>() : sync_directory(parent);
}

Result<void> put_file(const fs::path& path, std::string_view text) {
  const fs::path beside = path.parent_path() / ".wattledger-new";
  WATTLEDGER_TRY(remove_file(beside));
  auto file = PosixFile::open(beside, true);
  if (!file) return Failure(file.error());
  WATTLEDGER_TRY(file->write_at(0, text));
  file->close();
  if (::rename(beside.c_str(), path.c_str()) != 0) return os_failure("rename", beside, errno);
  return {};
}

Result<void> sync_file_system(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return os_failure("open", path, errno);
  const int code = ::syncfs(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (code != 0) return os_failure("sync the file system of", path, code);
  return {};
}

Result<void> replace_file(const fs::path& path, std::string_view text) {
  fs::path beside = path;
  beside += ".new";
  WATTLEDGER_TRY(remove_file(beside));
  auto file = PosixFile::open(beside, true);
  if (!file) return Failure(file.error());
  WATTLEDGER_TRY(file->write_at(0, text));
  WATTLEDGER_TRY(file->sync());
  file->close();
  if (::rename(beside.c_str(), path.c_str()) != 0) return os_failure("rename", beside, errno);
  return sync_directory(path.parent_path());
}

Result<void> copy_unsynced(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
  if (code) return os_failure("copy", from, code.value());
  return {};
}

Result<void> duplicate_file(const fs::path& from, const fs::path& to) {
  WATTLEDGER_TRY(copy_unsynced(from, to));
  auto copy = PosixFile::open(to, false);
  if (!copy) return Failure(copy.error());
  return copy->sync();
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  if (errno != EXDEV) return os_failure("rename", from, errno);
  fs::path beside = to;
  beside += ".new";
  WATTLEDGER_TRY(duplicate_file(from, beside));
  if (::rename(beside.c_str(), to.c_str()) != 0) return os_failure("rename", beside, errno);
  return remove_file(from);
}

Result<void> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_failure("remove", path, errno);
  return {};
}

Result<std::optional<std::uint64_t>> file_length(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0)
    return std::optional<std::uint64_t>(static_cast<std::uint64_t>(status.st_size));
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::uint64_t>();
  return os_failure("look at", path, errno);
}

}  // namespace wattledger::projections
