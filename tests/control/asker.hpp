// Raw bytes to a control socket, and a server that answers with what it was asked.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "coordinator/control/control.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

// One connection, byte by byte as the test wants.
class Asker {
 public:
  explicit Asker(const std::filesystem::path& data)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (data / "control.sock").string();
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Asker() { ::close(socket_); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // A server that let go already may not take them all.
  void send(const std::string& bytes) const {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<std::size_t>(count);
    }
  }
  void send_no_more() const { ::shutdown(socket_, SHUT_WR); }

  // The answer's JSON; null when the server closed without one, a failed test when it did neither.
  [[nodiscard]] nlohmann::json answer() const {
    std::string bytes;
    char buffer[4096];
    for (;;) {
      pollfd one{socket_, POLLIN, 0};
      REQUIRE(::poll(&one, 1, 20'000) == 1);
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(count));
    }
    return bytes.size() < 4 ? nlohmann::json()
                            : nlohmann::json::parse(bytes.substr(4), nullptr, false);
  }

 private:
  int socket_;
};

inline std::string framed(const std::string& text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  std::string head;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    head += static_cast<char>((length >> shift) & 0xFFU);
  return head + text;
}

inline const std::string good_id = "0102030405060708090a0b0c0d0e0f10";

inline std::string good_request() {
  return framed("{\"v\":1,\"id\":\"" + good_id + "\",\"verb\":\"status\",\"args\":{}}");
}

inline control::Request request(const std::string& verb, const std::string& args = "{}") {
  return {*Id128::from_hex(good_id), verb, args, {}};
}

// A server whose handler keeps what it was asked and answers {"count": n}.
class Echo {
 public:
  explicit Echo(const control::ServerLimits& limits = {}) {
    auto started = control::Server::start(
        directory_.path(), "", [this](const control::Request& r) { return handle(r); }, limits);
    if (!started) FAIL(started.error().line());
    server_ = std::move(*started);
  }
  [[nodiscard]] const std::filesystem::path& data() const { return directory_.path(); }
  [[nodiscard]] std::vector<control::Request> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  Result<std::string> handle(const control::Request& r) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(r);
    return "{\"count\":" + std::to_string(seen_.size()) + "}";
  }

  TemporaryDirectory directory_;
  std::mutex mutex_;
  std::vector<control::Request> seen_;
  std::unique_ptr<control::Server> server_;
};

}  // namespace wattledger::testing
