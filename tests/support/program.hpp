// Runs the real binaries: to their end with everything they printed, or in the background until
// killed.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

// A program started in `directory`, its output in files. Killed with its owner.
class Program {
 public:
  Program(const std::string& path, const std::vector<std::string>& arguments,
          const std::filesystem::path& directory = ".")
      : out_(files_ / "out"), err_(files_ / "err"), pid_(start(path, arguments, directory)) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { kill(SIGKILL); }

  // Sends `number` and waits for the end; the exit code, or 128 + the signal that ended it.
  int kill(int number) {
    if (!ended_) ::kill(pid_, number);
    return wait();
  }
  int wait() {
    if (ended_) return code_;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = true;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code_;
  }
  // Has it ended by itself?
  bool ended() {
    int status = 0;
    if (ended_ || ::waitpid(pid_, &status, WNOHANG) == 0) return ended_;
    ended_ = true;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }
  [[nodiscard]] std::string out() const { return read(out_); }
  [[nodiscard]] std::string err() const { return read(err_); }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  // The child's number; the child itself becomes the program.
  pid_t start(const std::string& path, const std::vector<std::string>& arguments,
              const std::filesystem::path& directory) const {
    std::vector<std::string> words = {path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("no fork");
    if (child != 0) return child;
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    if (::chdir(directory.c_str()) != 0) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  static void redirect(const char* file, int flags, int target) {
    const int fd = ::open(file, flags, 0600);
    if (fd < 0 || ::dup2(fd, target) < 0) ::_exit(126);
    ::close(fd);
  }
  static std::string read(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TemporaryDirectory files_;
  std::filesystem::path out_;
  std::filesystem::path err_;
  pid_t pid_;
  bool ended_ = false;
  int code_ = -1;
};

struct Ran {
  int code;
  std::string out;
  std::string err;
};

inline Ran run(const std::string& path, const std::vector<std::string>& arguments,
               const std::filesystem::path& directory = ".") {
  Program program(path, arguments, directory);
  const int code = program.wait();
  return {code, program.out(), program.err()};
}

}  // namespace wattledger::testing
