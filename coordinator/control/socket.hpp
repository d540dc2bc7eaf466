// control.sock's file and descriptors. For this part.
#pragma once

#include <sys/un.h>

#include <filesystem>
#include <string>
#include <utility>

#include "events/result.hpp"

namespace wattledger::control {

// One descriptor, closed once.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

[[nodiscard]] std::filesystem::path socket_path(const std::filesystem::path& data);
// invalid_input if the path is longer than the system's limit for a socket.
[[nodiscard]] Result<sockaddr_un> socket_address(const std::filesystem::path& path);
// `what` with the operating system's reason.
[[nodiscard]] Failure system_failure(const std::string& what, int error, std::string remedy);

// A listening socket at the path: stale one removed, mode 0660, `group` if given.
[[nodiscard]] Result<Descriptor> listen_at(const std::filesystem::path& path,
                                           const std::string& group);

}  // namespace wattledger::control
