// A forked child with a pipe each way, ended with its owner. Fork while this process has one thread
// and no open log.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>

namespace wattledger::testing {

class ChildProcess {
 public:
  // What a child has to speak with its parent: 64-bit numbers.
  class Ends {
   public:
    Ends(int in, int out) : in_(in), out_(out) {}
    void send(std::uint64_t number) const {
      if (::write(out_, &number, sizeof number) != sizeof number) ::_exit(3);
    }
    // Nothing when the other side is gone.
    [[nodiscard]] std::optional<std::uint64_t> receive() const {
      std::uint64_t number = 0;
      if (::read(in_, &number, sizeof number) != sizeof number) return std::nullopt;
      return number;
    }

   private:
    int in_;
    int out_;
  };

  explicit ChildProcess(const std::function<void(const Ends&)>& body) {
    int down[2];
    int up[2];
    if (::pipe(down) != 0 || ::pipe(up) != 0) throw std::runtime_error("no pipes");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no fork");
    if (pid_ == 0) {
      ::close(down[1]);
      ::close(up[0]);
      body(Ends(down[0], up[1]));
      ::_exit(0);
    }
    ::close(down[0]);
    ::close(up[1]);
    in_ = up[0];
    out_ = down[1];
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    kill();
    ::close(in_);
    ::close(out_);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] Ends ends() const { return {in_, out_}; }

  // SIGKILL, and waits until it is gone. What it sent before can still be received.
  void kill() {
    if (gone_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    gone_ = true;
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  bool gone_ = false;
};

}  // namespace wattledger::testing
