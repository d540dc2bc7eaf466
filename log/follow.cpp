#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "log/environment.hpp"
#include "log/reader.hpp"

namespace wattledger::log {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Without any sign from the kernel the head is looked at this often: a backstop for file systems
// that give none.
constexpr milliseconds look_anyway{1'000};
// LMDB publishes a commit a moment after the write that wakes us: look again at growing intervals
// up to this.
constexpr milliseconds settle_max{32};
constexpr milliseconds timeout_limit{std::chrono::hours(24 * 365)};

class Watch {
 public:
  explicit Watch(const std::filesystem::path& file)
      : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (fd_ >= 0) ::inotify_add_watch(fd_, file.c_str(), IN_MODIFY);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (fd_ >= 0) ::close(fd_);
  }

  // True when the file was written to. Where no watch could be had, just the pause.
  [[nodiscard]] bool written_within(milliseconds pause) const {
    pollfd waiting{fd_, POLLIN, 0};
    const int ready = ::poll(&waiting, fd_ >= 0 ? 1 : 0, static_cast<int>(pause.count()));
    if (ready <= 0) return false;
    std::array<char, 4096> events{};
    while (::read(fd_, events.data(), events.size()) > 0) {
    }
    return true;
  }

 private:
  int fd_;
};

Result<bool> beyond(const Log& log, Sequence seen) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  return snapshot->head() > seen;
}

}  // namespace

Result<bool> wait_beyond(const Log& log, Sequence seen, milliseconds timeout) {
  if (const auto there = beyond(log, seen); !there || *there) return there;
  const auto deadline = Clock::now() + std::clamp(timeout, milliseconds(0), timeout_limit);
  const Watch watch(log.impl().environment->data_path());
  milliseconds pause{0};  // the watch was set after the first look
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const bool written =
        watch.written_within(std::clamp(std::min(pause, left), milliseconds(0), look_anyway));
    if (const auto there = beyond(log, seen); !there || *there) return there;
    if (left <= milliseconds(0)) return false;
    if (written || pause == milliseconds(0))
      pause = milliseconds(1);
    else
      pause = pause < settle_max ? 2 * pause : look_anyway;
  }
}

}  // namespace wattledger::log
