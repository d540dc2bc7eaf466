// Runs something that may crash, in a forked child, and says how it ended.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

namespace wattledger::testing {

struct Ended {
  int code = 0;    // when it ended by itself
  int signal = 0;  // when it was ended
  std::string said;
  bool operator==(const Ended&) const = default;
};

// `body` returns the exit code; what it writes to stderr is `said`, through the file `words`. An
// endless loop is ended by SIGXCPU after as much of the processor's time, whatever else runs here.
// Fork while this process has one thread and no open log.
inline Ended in_child(const std::filesystem::path& words, const std::function<int()>& body) {
  constexpr rlim_t seconds_max = 30;
  std::fflush(nullptr);  // what is buffered is not the child's to write
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no fork");
  if (child == 0) {
    const int file = ::open(words.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ::dup2(file, STDERR_FILENO) < 0) ::_exit(126);
    // doctest's handlers, and a sanitizer's, would make a signal something else.
    for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(number, SIG_DFL);
    const rlimit processor{seconds_max, seconds_max};
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CPU, &processor);
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  Ended ended;
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  std::ifstream said(words);
  ended.said = {std::istreambuf_iterator<char>(said), {}};
  return ended;
}

}  // namespace wattledger::testing
