#include "tests/fetch/web_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace wattledger::testing {

WebServer::WebServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  REQUIRE(listener_ >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listener_, 16) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  REQUIRE(pipe(wake_) == 0);
  thread_ = std::thread([this] { serve(); });
}

WebServer::~WebServer() {
  close(wake_[1]);  // whoever waits sees its end
  thread_.join();
  close(wake_[0]);
  close(listener_);
}

void WebServer::answers(const std::string& path, std::string whole, bool hang) {
  const std::lock_guard lock(mutex_);
  scripts_[path] = {std::move(whole), hang};
}

void WebServer::answers_with(const std::string& path, const std::string& status,
                             const std::string& body, const std::string& headers) {
  answers(path, "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " +
                    std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
}

std::string WebServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<std::string> WebServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

// False when the server is to end.
bool WebServer::wait_readable(int descriptor) const {
  std::array<pollfd, 2> waited{{{descriptor, POLLIN, 0}, {wake_[0], POLLIN, 0}}};
  while (poll(waited.data(), waited.size(), -1) < 0) {
  }
  return waited[1].revents == 0;
}

void WebServer::serve() {
  while (wait_readable(listener_)) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    serve_one(connection);
    close(connection);
  }
}

// False when no more comes.
bool WebServer::read_on(int connection, std::string& request) const {
  std::array<char, 4096> bytes{};
  if (!wait_readable(connection)) return false;
  const ssize_t count = recv(connection, bytes.data(), bytes.size(), 0);
  if (count > 0) request.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

void WebServer::serve_one(int connection) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos)
    if (!read_on(connection, head)) return;
  constexpr std::string_view length = "Content-Length: ";
  if (const std::size_t at = head.find(length); at != std::string::npos) {
    const std::size_t body = std::stoul(head.substr(at + length.size()));
    while (head.size() < head.find("\r\n\r\n") + 4 + body)
      if (!read_on(connection, head)) return;
  }
  const std::size_t from = head.find(' ') + 1;
  const std::string path = head.substr(from, head.find(' ', from) - from);
  Script script{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"};
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(head);
    if (const auto found = scripts_.find(path); found != scripts_.end()) script = found->second;
  }
  std::string_view left = script.whole;
  while (!left.empty()) {
    const ssize_t count = send(connection, left.data(), left.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  std::array<char, 1> byte{};
  while (script.hang && wait_readable(connection) &&
         recv(connection, byte.data(), byte.size(), 0) > 0) {
  }
}

}  // namespace wattledger::testing
