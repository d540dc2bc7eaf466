// An HTTP server on loopback that says what a test tells it to, to the byte. One thread, one
// connection at a time; ends with the object.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace wattledger::testing {

class WebServer {
 public:
  WebServer();
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // The whole answer to a path with its query, from the status line on; sent, then the connection
  // ends. hang: nothing more is said until the server ends.
  void answers(const std::string& path, std::string whole, bool hang = false);
  // Status line, the headers' lines, length and body.
  void answers_with(const std::string& path, const std::string& status, const std::string& body,
                    const std::string& headers = "");

  [[nodiscard]] std::string url(const std::string& path) const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Requests as they came, with their body.
  [[nodiscard]] std::vector<std::string> requests() const;

 private:
  struct Script {
    std::string whole;
    bool hang = false;
  };
  void serve();
  void serve_one(int connection);
  [[nodiscard]] bool read_on(int connection, std::string& request) const;
  [[nodiscard]] bool wait_readable(int descriptor) const;

  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Script> scripts_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace wattledger::testing
