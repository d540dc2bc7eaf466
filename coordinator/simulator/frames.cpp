#include "coordinator/simulator/frames.hpp"

#include <array>

namespace wattledger::simulator {
namespace {

constexpr std::size_t length_at = 4;
constexpr std::size_t unit_at = 6;
constexpr std::size_t rtu_bytes_min = 4;  // unit, function, checksum

constexpr auto crc_table = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < table.size(); ++i) {
    unsigned crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xA001U : crc >> 1U;
    table.at(i) = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

}  // namespace

Found find_tcp_request(ByteView stream) {
  Found found;
  // Whatever is there already is judged: noise is not waited for.
  if (stream.size() > 3 && word_at(stream, 2) != 0) found.what = Found::What::no_modbus;
  if (stream.size() > length_at && stream[length_at] > 1) found.what = Found::What::no_modbus;
  if (stream.size() <= unit_at) return found;
  const std::size_t length = word_at(stream, length_at);  // of unit and pdu
  if (length < 2 || length > 1 + pdu_bytes_max) found.what = Found::What::no_modbus;
  if (found.what == Found::What::no_modbus || stream.size() < unit_at + length) return found;
  found.what = Found::What::whole;
  found.bytes = unit_at + length;
  found.request = {word_at(stream, 0), stream[unit_at],
                   stream.subspan(tcp_header_bytes, length - 1)};
  return found;
}

Bytes tcp_answer(const Request& to, ByteView pdu) {
  Bytes frame;
  frame.reserve(tcp_header_bytes + pdu.size());
  put_word(frame, to.transaction);
  put_word(frame, 0);
  put_word(frame, static_cast<std::uint16_t>(pdu.size() + 1));
  frame.push_back(to.unit);
  frame.insert(frame.end(), pdu.begin(), pdu.end());
  return frame;
}

std::optional<Request> rtu_request(ByteView datagram) {
  if (datagram.size() < rtu_bytes_min || datagram.size() > pdu_bytes_max + 3) return std::nullopt;
  const std::size_t checked = datagram.size() - 2;
  // The checksum alone has its low byte first.
  const auto sum = static_cast<std::uint16_t>(datagram[checked] |
                                              static_cast<unsigned>(datagram[checked + 1]) << 8U);
  if (sum != crc16(datagram.first(checked))) return std::nullopt;
  return Request{0, datagram[0], datagram.subspan(1, checked - 1)};
}

Bytes udp_answer(const Request& to, ByteView pdu) {
  Bytes frame{0xAA, 0x55, to.unit};
  frame.insert(frame.end(), pdu.begin(), pdu.end());
  const std::uint16_t sum = crc16(ByteView(frame).subspan(2));
  frame.push_back(static_cast<std::uint8_t>(sum & 0xFFU));
  frame.push_back(static_cast<std::uint8_t>(sum >> 8U));
  return frame;
}

std::uint16_t crc16(ByteView bytes) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : bytes) crc = crc >> 8U ^ crc_table.at((crc ^ byte) & 0xFFU);
  return static_cast<std::uint16_t>(crc);
}

}  // namespace wattledger::simulator
