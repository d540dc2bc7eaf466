// What the tests of setup share: a simulated inverter with a directory to set up in, and a dongle
// that answers a discovery. Nothing leaves loopback.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <thread>

#include "coordinator/simulator/simulator.hpp"
#include "replay/inverter/unit_survey.hpp"
#include "tests/replay/tool.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

inline std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline simulator::HouseOptions unit_of(const char* profile) {
  simulator::HouseOptions options;
  options.profile = *simulator::profile_named(profile);
  return options;
}

// An inverter on an address of its own, and a directory to set up in.
struct Station {
  explicit Station(const simulator::HouseOptions& options = unit_of("et"),
                   const simulator::ServerOptions& where = {.udp_port = 0})
      : house(options, simulator::HouseYear::generate(1), at_s(8 * 3600)) {
    house.set_pv(Watts(3'000));
    house.set_load(Watts(1'000));
    auto started = simulator::ModbusServer::start(house, where);
    REQUIRE_MESSAGE(started.has_value(), started.error().line());
    server = std::move(*started);
  }
  [[nodiscard]] std::string ports() const {
    return std::to_string(server->port()) + "," + std::to_string(server->udp_port());
  }
  [[nodiscard]] ToolRun set_up(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"setup", "--timezone", "UTC"};
    all.insert(all.end(), words.begin(), words.end());
    return run_tool(all, home.path());
  }
  [[nodiscard]] inverter::ModbusOptions options() const {
    inverter::ModbusOptions options;
    options.port = server->port();
    options.timeout = std::chrono::milliseconds(200);
    options.retries = 0;
    return options;
  }
  [[nodiscard]] tool::Survey survey() const {
    const auto found = tool::survey(options(), house.now(), {});
    REQUIRE_MESSAGE(found.has_value(), found.error().line());
    return *found;
  }
  [[nodiscard]] std::filesystem::path file() const { return home / "house.yaml"; }
  MemoryDirectory home;
  simulator::House house;
  std::unique_ptr<simulator::ModbusServer> server;
};

// Answers what it is asked on UDP, always the same.
class UdpParrot {
 public:
  explicit UdpParrot(std::string answer, const char* address = "127.0.0.1")
      : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    at_.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &at_.sin_addr);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at_), sizeof at_) == 0);
    socklen_t size = sizeof at_;
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at_), &size) == 0);
    address_ = address;
    thread_ = std::thread([this] { run(); });
  }
  UdpParrot(const UdpParrot&) = delete;
  UdpParrot& operator=(const UdpParrot&) = delete;
  ~UdpParrot() {
    ::sendto(socket_, "", 0, 0, reinterpret_cast<sockaddr*>(&at_), sizeof at_);  // the end
    thread_.join();
    ::close(socket_);
  }
  [[nodiscard]] std::string place() const {
    return address_ + ":" + std::to_string(ntohs(at_.sin_port));
  }

 private:
  void run() {
    std::array<char, 64> asked{};
    while (true) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t got = ::recvfrom(socket_, asked.data(), asked.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= 0) return;
      if (std::string_view(asked.data(), static_cast<std::size_t>(got)) == "WIFIKIT-214028-READ")
        ::sendto(socket_, answer_.data(), answer_.size(), 0, reinterpret_cast<sockaddr*>(&from),
                 size);
    }
  }
  std::string answer_, address_;
  int socket_;
  sockaddr_in at_{};
  std::thread thread_;
};

}  // namespace wattledger::testing
