#include "tests/alerts/broker.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace wattledger::testing {
namespace {

constexpr std::uint8_t connect_packet = 0x10;
constexpr std::uint8_t publish_packet = 0x30;
constexpr std::uint8_t type_bits = 0xF0;
constexpr std::uint8_t has_user = 0x80;
constexpr std::uint8_t has_password = 0x40;

bool read_exactly(int connection, char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t count = recv(connection, bytes, size, 0);
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

// A string with its length before it, taken off the front of `body`.
std::string take_text(std::string& body) {
  if (body.size() < 2) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(body[i]); };
  const std::size_t size = static_cast<std::size_t>(byte(0)) * 256 + byte(1);
  std::string text = body.substr(2, size);
  body.erase(0, 2 + size);
  return text;
}

}  // namespace

Broker::Broker(std::uint8_t code)
    : code_(code), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  REQUIRE(listener_ >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listener_, 1) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Broker::~Broker() {
  if (thread_.joinable()) (void)end();
}

std::string Broker::url(const std::string& user, const std::string& topic) const {
  return "mqtt://" + (user.empty() ? "" : user + "@") + "127.0.0.1:" + std::to_string(port_) + "/" +
         topic;
}

const Broker::Came& Broker::end() {
  if (thread_.joinable()) {
    shutdown(listener_, SHUT_RDWR);  // a client that never came
    thread_.join();
    close(listener_);
  }
  return came_;
}

Broker::Packet Broker::read_packet(int connection) {
  Packet packet;
  char byte = 0;
  if (!read_exactly(connection, &byte, 1)) return {};
  packet.type = static_cast<std::uint8_t>(byte);
  std::size_t size = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    if (!read_exactly(connection, &byte, 1)) return {};
    size |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) break;
  }
  packet.body.resize(size);
  return read_exactly(connection, packet.body.data(), size) ? packet : Packet{};
}

void Broker::serve() {
  const int connection = accept(listener_, nullptr, nullptr);
  if (connection < 0) return;
  Packet packet = read_packet(connection);
  if (packet.type == connect_packet) {
    came_.protocol = take_text(packet.body);
    constexpr std::size_t fixed = 4;  // level, flags, keep-alive
    const auto flags = static_cast<std::uint8_t>(packet.body.size() < fixed ? 0 : packet.body[1]);
    packet.body.erase(0, fixed);
    (void)take_text(packet.body);  // the client's name
    if ((flags & has_user) != 0) came_.user = take_text(packet.body);
    if ((flags & has_password) != 0) came_.password = take_text(packet.body);
    const std::array<char, 4> taken = {0x20, 2, 0, static_cast<char>(code_)};
    (void)send(connection, taken.data(), taken.size(), MSG_NOSIGNAL);
  }
  packet = read_packet(connection);
  if ((packet.type & type_bits) == publish_packet) {
    came_.publish_flags = packet.type & static_cast<std::uint8_t>(~type_bits);
    came_.topic = take_text(packet.body);
    came_.payload = packet.body;
  }
  close(connection);
}

}  // namespace wattledger::testing
