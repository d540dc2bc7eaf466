#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "log/environment.hpp"
#include "log/log.hpp"

namespace wattledger::log {
namespace {

constexpr mode_t lock_mode = 0640;
// writer_lock_holder() looks by taking a shared lock for a moment; a writer that meets one tries
// again.
constexpr int attempts_max = 4;
constexpr std::chrono::milliseconds attempt_pause{5};

std::string read_all(int fd) {
  std::array<char, 256> buffer{};
  const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), 0);
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

// The file holds three lines: program, process id, start.
std::string holder_text(const std::string& content) {
  const std::size_t first = content.find('\n');
  const std::size_t second = first == std::string::npos ? first : content.find('\n', first + 1);
  const std::size_t third = second == std::string::npos ? second : content.find('\n', second + 1);
  if (third == std::string::npos) return "a process that has not written its name yet";
  return content.substr(0, first) + ", process " + content.substr(first + 1, second - first - 1) +
         ", since " + content.substr(second + 1, third - second - 1);
}

// The system's clock serves a message here and nothing else.
std::string holder_content(const std::string& program) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  std::string name = program;
  for (char& c : name)
    if (c == '\n') c = ' ';
  return name.substr(0, 100) + "\n" + std::to_string(::getpid()) + "\n" + utc_text(UtcTime(now)) +
         "\n";
}

bool lock_exclusively(int fd) {
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    std::this_thread::sleep_for(attempt_pause);
  }
  errno = EWOULDBLOCK;
  return false;
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::filesystem::path& directory,
                                    const std::string& program) {
  const std::string path = (directory / writer_lock_file).string();
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error))
    return fail(ErrorKind::not_found, "no log in " + directory.string(),
                "check the data directory, or create a log");
  WriterLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, lock_mode));
  if (lock.fd_ < 0)
    return fail(ErrorKind::io, path + " cannot be opened: " + std::strerror(errno),
                "check its permissions");
  if (!lock_exclusively(lock.fd_)) {
    if (errno != EWOULDBLOCK)
      return fail(ErrorKind::io, path + " cannot be locked: " + std::strerror(errno),
                  "use a local file system");
    return fail(
        ErrorKind::locked,
        "the log in " + directory.string() + " is held by " + holder_text(read_all(lock.fd_)),
        "stop it, or ask it through its control socket");
  }
  const std::string content = holder_content(program);
  if (::ftruncate(lock.fd_, 0) != 0 ||
      ::pwrite(lock.fd_, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size()))
    return fail(ErrorKind::io, path + " cannot be written: " + std::strerror(errno),
                "free space on the disk");
  return lock;
}

WriterLock::WriterLock(WriterLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

WriterLock::~WriterLock() {
  if (fd_ >= 0) ::close(fd_);
}

bool WriterLock::guards(const std::filesystem::path& directory) const {
  struct ::stat held {};
  struct ::stat wanted {};
  return fd_ >= 0 && ::fstat(fd_, &held) == 0 &&
         ::stat((directory / writer_lock_file).c_str(), &wanted) == 0 &&
         held.st_dev == wanted.st_dev && held.st_ino == wanted.st_ino;
}

std::optional<std::string> writer_lock_holder(const std::filesystem::path& directory) {
  const int fd = ::open((directory / writer_lock_file).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<std::string> holder;
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    holder = holder_text(read_all(fd));
  ::close(fd);
  return holder;
}

}  // namespace wattledger::log
