// A file descriptor that is closed with its owner. For .cpp files that open one for a moment.
#pragma once

#include <unistd.h>

namespace wattledger::log {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }  // negative where it could not be opened

 private:
  int fd_;
};

}  // namespace wattledger::log
