#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "coordinator/alerts/send.hpp"
#include "log/file_descriptor.hpp"

namespace wattledger::alerts {
namespace {

constexpr int look_every_ms = 20;

Failure failed(const std::string& what, int code) {
  return fail(ErrorKind::io, what + ": " + std::strerror(code), "try it again later");
}

// How the child begins: in a process group of its own, with nobody's blocked or ignored signals
// (the daemon blocks those that end it) and no file of ours but these three.
class Start {
 public:
  Start() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&files_);
  }
  ~Start() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  Start(const Start&) = delete;
  Start& operator=(const Start&) = delete;

  int shell(pid_t& child, const std::string& command, int input, char** environment) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    std::string shell = "sh", flag = "-c", text = command;
    char* words[] = {shell.data(), flag.data(), text.data(), nullptr};
    return posix_spawn(&child, "/bin/sh", &files_, &attributes_, words, environment);
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t files_{};
};

// The environment with our variables, in the form that a program begins with.
class Environment {
 public:
  explicit Environment(const std::vector<std::pair<std::string, std::string>>& variables) {
    for (char** each = environ; each != nullptr && *each != nullptr; ++each)
      if (std::strncmp(*each, "WATTLEDGER_", std::strlen("WATTLEDGER_")) != 0)
        texts_.emplace_back(*each);
    for (const auto& [name, value] : variables) {
      std::string text = name + "=" + value;
      std::replace(text.begin(), text.end(), '\0', ' ');
      texts_.push_back(std::move(text));
    }
    for (std::string& each : texts_) pointers_.push_back(each.data());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char** get() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

void kill_all(pid_t child) {
  ::kill(-child, SIGKILL);
  ::kill(child, SIGKILL);  // one that has not begun its group yet
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<void> wait_for(pid_t child, const SendLimits& limits, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + limits.whole;
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return failed("the command cannot be waited for", errno);
    if (stop.stop_requested()) {
      kill_all(child);
      return fail(ErrorKind::conflict, "stopped");
    }
    if (std::chrono::steady_clock::now() >= until) {
      kill_all(child);
      return fail(ErrorKind::timed_out,
                  "the command took longer than " +
                      std::to_string(std::chrono::ceil<seconds>(limits.whole).count()) +
                      " s and was killed",
                  "let it do its work quicker, or in the background");
    }
    ::poll(nullptr, 0, look_every_ms);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorKind::rejected,
              WIFEXITED(status)
                  ? "the command ended with " + std::to_string(WEXITSTATUS(status))
                  : "the command was ended by signal " + std::to_string(WTERMSIG(status)),
              "run it by hand, as the user that the daemon runs as");
}

}  // namespace

Result<void> run_command(const std::string& command, const std::string& input,
                         const std::vector<std::pair<std::string, std::string>>& variables,
                         const SendLimits& limits, const std::stop_token& stop) {
  // A file, not a pipe: a command that does not read holds nobody up.
  const log::FileDescriptor given(::memfd_create("alert", MFD_CLOEXEC));
  if (given.get() < 0 ||
      ::write(given.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
      ::lseek(given.get(), 0, SEEK_SET) != 0)
    return failed("its input cannot be made", errno);
  Environment environment(variables);
  Start start;
  pid_t child = -1;
  if (const int code = start.shell(child, command, given.get(), environment.get()); code != 0)
    return failed("/bin/sh cannot be started", code);
  return wait_for(child, limits, stop);
}

}  // namespace wattledger::alerts
