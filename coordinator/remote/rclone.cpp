#include "coordinator/remote/rclone.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace wattledger::remote {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t out_bytes_max = std::size_t{64} << 20U;
constexpr std::size_t errors_bytes_max = std::size_t{16} << 10U;
constexpr std::chrono::milliseconds look_every{200};  // for a stop
constexpr std::chrono::seconds grace{5};              // from SIGTERM to SIGKILL
// What rclone's manual says of its exit codes.
constexpr int no_directory = 3;
constexpr int no_file = 4;

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  [[nodiscard]] bool open() const { return ends_[0] >= 0; }
  [[nodiscard]] int in() const { return ends_[1]; }
  [[nodiscard]] int out() const { return ends_[0]; }
  void close_in() { close_end(1); }
  // What is there now; false at its end.
  bool take(std::string& text) const {
    std::array<char, 16'384> piece{};
    const ssize_t bytes = ::read(ends_[0], piece.data(), piece.size());
    if (bytes < 0) return errno == EINTR;
    text.append(piece.data(), static_cast<std::size_t>(bytes));
    return bytes > 0;
  }

 private:
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) ::close(std::exchange(ends_[i], -1));
  }
  std::array<int, 2> ends_{-1, -1};
};

// A group of its own, so that what it starts ends with it; no signal blocked or ignored as here.
Result<pid_t> spawn(const std::vector<std::string>& words, const Pipe& out, const Pipe& errors) {
  std::vector<std::string> copies = words;
  std::vector<char*> argv;
  argv.reserve(copies.size() + 1);
  for (std::string& word : copies) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.in(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.in(), STDERR_FILENO);
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int number : {SIGPIPE, SIGXFSZ}) sigaddset(&usual, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int code = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code == ENOENT)
    return fail(ErrorKind::unsupported, "rclone is not on this machine, and remotes need it",
                "install it: apt install rclone, then rclone config");
  if (code != 0)
    return fail(ErrorKind::io, "rclone cannot be started: " + std::string(std::strerror(code)),
                "see whether rclone version works");
  return pid;
}

// Why it must end before it is done; nothing as long as it may go on.
std::optional<Failure> overdue(const RcloneLimits& limits, Clock::time_point end) {
  if (limits.stop.stop_requested())
    return fail(ErrorKind::timed_out, "rclone was told to stop", "do it again");
  if (Clock::now() < end) return std::nullopt;
  return fail(ErrorKind::timed_out,
              "rclone was not done after " + std::to_string(limits.time_max.count()) + " s",
              "see whether the remote answers: rclone lsd REMOTE:");
}

// Reads both until they end, or it must.
std::optional<Failure> collect(const Pipe& out, const Pipe& errors, const RcloneLimits& limits,
                               RcloneRun& run) {
  const Clock::time_point end = Clock::now() + limits.time_max;
  std::array<pollfd, 2> waited{{{out.out(), POLLIN, 0}, {errors.out(), POLLIN, 0}}};
  while (waited[0].fd >= 0 || waited[1].fd >= 0) {
    if (auto late = overdue(limits, end)) return late;
    if (::poll(waited.data(), waited.size(), static_cast<int>(look_every.count())) <= 0) continue;
    for (std::size_t i = 0; i < waited.size(); ++i) {
      if (waited[i].fd < 0 || waited[i].revents == 0) continue;
      if (!(i == 0 ? out.take(run.out) : errors.take(run.errors))) waited[i].fd = -1;
    }
    if (run.errors.size() > 2 * errors_bytes_max)
      run.errors.erase(0, run.errors.size() - errors_bytes_max);
    if (run.out.size() > out_bytes_max)
      return fail(ErrorKind::full, "rclone said more than 64 MiB", "name a smaller place there");
  }
  return std::nullopt;
}

int end_of(pid_t pid, bool at_once) {
  int status = 0;
  if (at_once) {
    ::kill(-pid, SIGTERM);
    for (const auto until = Clock::now() + grace; Clock::now() < until;) {
      if (::waitpid(pid, &status, WNOHANG) == pid) return status;
      ::poll(nullptr, 0, 10);
    }
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);  // one that has not begun its group yet
  }
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

// Without the date that rclone puts before it.
std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const std::size_t begin = text.rfind('\n');
  std::string_view line = begin == std::string_view::npos ? text : text.substr(begin + 1);
  constexpr std::size_t dated = sizeof "2026/01/01 00:00:00";
  if (line.size() > dated && line[4] == '/' && line[7] == '/' && line[10] == ' ')
    line.remove_prefix(dated);
  return std::string(line);
}

}  // namespace

Result<RcloneRun> run_rclone(const std::vector<std::string>& words, const RcloneLimits& limits) {
  std::vector<std::string> all = {"rclone"};
  all.insert(all.end(), words.begin(), words.end());
  for (const char* each : {"--log-level", "NOTICE", "--stats", "0", "--ask-password=false",
                           "--contimeout", "30s", "--timeout", "2m"})
    all.emplace_back(each);
  Pipe out, errors;
  if (!out.open() || !errors.open())
    return fail(ErrorKind::io, "no pipe to rclone: " + std::string(std::strerror(errno)));
  const auto pid = spawn(all, out, errors);
  if (!pid) return Failure(pid.error());
  out.close_in();
  errors.close_in();
  RcloneRun run;
  const auto late = collect(out, errors, limits, run);
  const int status = end_of(*pid, late.has_value());
  if (late) return *late;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return run;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  const std::string said = last_line(run.errors);
  return fail(code == no_directory || code == no_file ? ErrorKind::not_found : ErrorKind::io,
              "rclone " + words.front() + ": " +
                  (said.empty() ? "it ended with code " + std::to_string(code) : said),
              "see whether rclone lsd REMOTE: works as this user");
}

}  // namespace wattledger::remote
