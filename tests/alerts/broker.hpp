// An MQTT broker on loopback for one client: takes its CONNECT, says what the test wants, takes one
// PUBLISH (MQTT 3.1.1, QoS 0). One thread; ends with the object.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

namespace wattledger::testing {

class Broker {
 public:
  // The code of its CONNACK: 0 accepted, 5 not authorised.
  explicit Broker(std::uint8_t code = 0);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  [[nodiscard]] std::string url(const std::string& user, const std::string& topic) const;

  // What came; after end().
  struct Came {
    std::string protocol, user, password, topic, payload;
    std::uint8_t publish_flags = 0;  // of PUBLISH's first byte: duplicate, QoS, retain
  };
  [[nodiscard]] const Came& end();

 private:
  struct Packet {
    std::uint8_t type = 0;  // its first byte; 0: the connection ended
    std::string body;
  };
  void serve();
  [[nodiscard]] static Packet read_packet(int connection);

  std::uint8_t code_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  Came came_;
  std::thread thread_;
};

}  // namespace wattledger::testing
