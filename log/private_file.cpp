#include "log/private_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "log/file_descriptor.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr mode_t key_mode = 0600;
constexpr mode_t directory_mode = 0700;
constexpr mode_t others = 077;

Failure system_failure(const std::string& what) {
  const int code = errno;
  const bool no_space = code == ENOSPC || code == EDQUOT;
  return fail(no_space ? ErrorKind::full : ErrorKind::io, what + ": " + std::strerror(code),
              no_space ? "free space on the disk" : "check the directory and its permissions");
}

Result<void> check_mode(const fs::path& file, int fd) {
  struct ::stat status {};
  if (::fstat(fd, &status) != 0) return system_failure(file.string() + " cannot be looked at");
  if (!S_ISREG(status.st_mode))
    return fail(ErrorKind::invalid_input, file.string() + " is no file", "put the key there");
  if ((status.st_mode & others) == 0) return {};
  const char digit = '0';
  const auto octal = [&](unsigned shift) {
    return static_cast<char>(digit + static_cast<char>((status.st_mode >> shift) & 7U));
  };
  return fail(
      ErrorKind::invalid_input,
      file.string() + " may be read by others: its mode is 0" + octal(6) + octal(3) + octal(0),
      "chmod 600 it; if somebody may have read it, move it away for a new one");
}

}  // namespace

Secret::~Secret() { OPENSSL_cleanse(text_.data(), text_.size()); }

Result<Secret> read_private_file(const fs::path& file, std::size_t bytes_max) {
  const FileDescriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0 && errno == ENOENT)
    return fail(ErrorKind::not_found, "there is no file " + file.string(), "check its name");
  if (in.get() < 0) return system_failure(file.string() + " cannot be read");
  WATTLEDGER_TRY(check_mode(file, in.get()));
  Secret read(bytes_max);
  const ssize_t length = ::read(in.get(), read.data(), read.size());
  if (length < 0) return system_failure(file.string() + " cannot be read");
  Secret text(static_cast<std::size_t>(length));
  if (length > 0) std::memcpy(text.data(), read.data(), text.size());
  return text;
}

Result<void> write_private_file(const fs::path& file, std::string_view text) {
  const fs::path parent = file.parent_path();
  if (!parent.empty() && ::mkdir(parent.c_str(), directory_mode) != 0 && errno != EEXIST)
    return system_failure(parent.string() + " cannot be made");
  const std::string temporary = file.string() + ".new";
  ::unlink(temporary.c_str());  // of a process that died here
  {
    const FileDescriptor out(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, key_mode));
    if (out.get() < 0) return system_failure(temporary + " cannot be made");
    const auto written = ::write(out.get(), text.data(), text.size());
    const bool whole = written == static_cast<ssize_t>(text.size());
    if (!whole && written >= 0) errno = ENOSPC;
    if (!whole || ::fsync(out.get()) != 0) {
      auto failure = system_failure(temporary + " cannot be written");
      ::unlink(temporary.c_str());
      return failure;
    }
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0)
    return system_failure(file.string() + " cannot be made");
  const FileDescriptor directory(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return system_failure(parent.string() + " cannot be synced");
  return {};
}

}  // namespace wattledger::log
