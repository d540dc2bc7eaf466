// Finds dongles on the local network: they answer "WIFIKIT-214028-READ" on UDP port 48899 with
// "IP,MAC,NAME", on whatever port they serve an inverter. Others than GoodWe's use the same chip
// and answer, too: who has an inverter behind it is found by asking that. IPv4.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"

namespace wattledger::tool {

inline constexpr std::uint16_t discovery_port = 48'899;

struct DiscoveryTarget {
  std::string address;  // dotted, of a host or a broadcast
  std::uint16_t port = discovery_port;
  bool broadcast = false;
  bool operator==(const DiscoveryTarget&) const = default;
};

struct Dongle {
  std::string address;  // whom the answer came from
  std::string mac, name;
  bool operator==(const Dongle&) const = default;
};

// "192.168.1.50" or "192.168.1.50:48899"; invalid_input for anything else.
[[nodiscard]] Result<DiscoveryTarget> discovery_target(const std::string& text);
// 255.255.255.255 and the broadcast address of each interface that is up.
[[nodiscard]] std::vector<DiscoveryTarget> broadcast_targets();

// nullopt for what is no such answer. What it says of its own address is not looked at: a dongle
// may tell that of the access point that it once was.
[[nodiscard]] std::optional<Dongle> dongle_of(std::string_view answer, std::string_view sender);

// Asks twice, for datagrams get lost, and listens for `wait`; shorter where single hosts alone were
// asked and all have answered. Each dongle once, in the order of their answers. io: there is no
// network to ask.
[[nodiscard]] Result<std::vector<Dongle>> discover(const std::vector<DiscoveryTarget>& targets,
                                                   std::chrono::milliseconds wait);

}  // namespace wattledger::tool
