// Modbus frames as bytes: the TCP header, and RTU frames as GoodWe dongles send them over UDP.
// Written out here and not libmodbus's, so that a fault of that library cannot hide on both sides
// of a test. Sources: Modbus Messaging on TCP/IP 1.0b, Modbus over Serial Line 1.02; the `aa55`
// before an answer over UDP: the reference library. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace wattledger::simulator {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline constexpr std::size_t tcp_header_bytes = 7;  // transaction, protocol, length, unit
inline constexpr std::size_t pdu_bytes_max = 253;

// A request: to whom, and its protocol data unit (function, then data), a view into what was given.
struct Request {
  std::uint16_t transaction = 0;  // TCP only
  std::uint8_t unit = 0;
  ByteView pdu;
};

// The first request of a stream. `bytes` is how much of the stream it is; 0: more must come first.
// no_modbus: what stands there can never become one, and where the next begins is not known.
struct Found {
  enum class What : std::uint8_t { whole, part, no_modbus };
  What what = What::part;
  Request request;
  std::size_t bytes = 0;
};
[[nodiscard]] Found find_tcp_request(ByteView stream);
[[nodiscard]] Bytes tcp_answer(const Request& to, ByteView pdu);

// One datagram is one RTU frame; absent when its length or checksum is none.
[[nodiscard]] std::optional<Request> rtu_request(ByteView datagram);
// aa55, unit, pdu, checksum.
[[nodiscard]] Bytes udp_answer(const Request& to, ByteView pdu);

// CRC-16/MODBUS.
[[nodiscard]] std::uint16_t crc16(ByteView bytes);

[[nodiscard]] inline std::uint16_t word_at(ByteView bytes, std::size_t index) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(bytes[index]) << 8U | bytes[index + 1]);
}
inline void put_word(Bytes& bytes, std::uint16_t word) {
  bytes.push_back(static_cast<std::uint8_t>(word >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(word & 0xFFU));
}

}  // namespace wattledger::simulator
