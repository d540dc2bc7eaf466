#include "log/disk_file.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace wattledger::log {
namespace {

constexpr mode_t file_mode = 0640;
constexpr std::size_t piece_bytes = std::size_t{1} << 20U;

Failure system_failure(const std::filesystem::path& path, const std::string& doing) {
  const int code = errno;
  if (code == ENOENT)
    return fail(ErrorKind::not_found, path.string() + " is not there", "bring it back");
  const bool no_space = code == ENOSPC || code == EDQUOT;
  return fail(no_space ? ErrorKind::full : ErrorKind::io,
              path.string() + " cannot be " + doing + ": " + std::strerror(code),
              no_space ? "free space on the disk" : "check the disk and its permissions");
}

}  // namespace

Result<DiskFile> DiskFile::create(const std::filesystem::path& path) {
  DiskFile file(path, ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode));
  if (file.fd_ < 0) return system_failure(path, "made");
  if (::flock(file.fd_, LOCK_EX | LOCK_NB) != 0) return system_failure(path, "locked");
  return file;
}

Result<DiskFile> DiskFile::open(const std::filesystem::path& path) {
  DiskFile file(path, ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd_ < 0) return system_failure(path, "opened");
  return file;
}

Result<DiskFile> DiskFile::in_memory(const std::filesystem::path& path) {
  DiskFile file(path, ::memfd_create("wattledger", MFD_CLOEXEC));
  if (file.fd_ < 0) return system_failure(path, "held in memory");
  return file;
}

DiskFile& DiskFile::operator=(DiskFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

DiskFile::~DiskFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> DiskFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(path_, "written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> DiskFile::sync() {
  if (::fsync(fd_) != 0) return system_failure(path_, "synced");
  ::posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED);
  return {};
}

Result<std::uint64_t> DiskFile::size() const {
  struct ::stat status {};
  if (::fstat(fd_, &status) != 0) return system_failure(path_, "read");
  return static_cast<std::uint64_t>(status.st_size);
}

Result<Digest> DiskFile::digest() const {
  const auto bytes = size();
  if (!bytes) return Failure(bytes.error());
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  for (std::uint64_t done = 0; done < *bytes; done += piece_bytes) {
    const auto piece =
        read(done, static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, *bytes - done)));
    if (!piece) return Failure(piece.error());
    EVP_DigestUpdate(hash.get(), piece->data(), piece->size());
  }
  Digest digest;
  EVP_DigestFinal_ex(hash.get(), digest.bytes.data(), nullptr);
  return digest;
}

Result<std::vector<std::byte>> DiskFile::read(std::uint64_t offset, std::size_t bytes) const {
  std::vector<std::byte> result(bytes);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got =
        ::pread(fd_, result.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path_, "read");
    if (got == 0)
      return fail(ErrorKind::corrupt, path_.string() + " is cut short", "restore it from a backup");
    done += static_cast<std::size_t>(got);
  }
  return result;
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const auto file = DiskFile::open(directory);
  if (!file) return Failure(file.error());
  if (::fsync(file->descriptor()) != 0) return system_failure(directory, "synced");
  return {};
}

Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0)
    return system_failure(from, "renamed to " + to.filename().string());
  return {};
}

void remove_leftovers(const std::filesystem::path& directory, const std::string& ending) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() <= ending.size() || !name.ends_with(ending)) continue;
    const auto file = DiskFile::open(entry.path());
    if (file && ::flock(file->descriptor(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
  }
}

}  // namespace wattledger::log
