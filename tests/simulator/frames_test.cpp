#include "coordinator/simulator/frames.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace wattledger::simulator {

TEST_SUITE("simulator/frames") {
  TEST_CASE("the checksum of the published examples") {
    CHECK(crc16(Bytes{0x01, 0x03, 0x00, 0x00, 0x00, 0x0A}) == 0xCDC5);
    // The reference library's request for the running block.
    CHECK(crc16(Bytes{0xF7, 0x03, 0x89, 0x1C, 0x00, 0x7D}) == 0xE77A);
  }

  TEST_CASE("a request over TCP is found whole, in part, or never") {
    const Bytes whole{0, 7, 0, 0, 0, 6, 247, 3, 0x89, 0x1C, 0, 125};
    const Found found = find_tcp_request(whole);
    CHECK(found.what == Found::What::whole);
    CHECK(found.bytes == whole.size());
    CHECK(found.request.transaction == 7);
    CHECK(found.request.unit == 247);
    CHECK(Bytes(found.request.pdu.begin(), found.request.pdu.end()) ==
          Bytes{3, 0x89, 0x1C, 0, 125});
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      CHECK(find_tcp_request(ByteView(whole).first(size)).what == Found::What::part);
    }
    CHECK(find_tcp_request(Bytes{0, 7, 0, 1}).what == Found::What::no_modbus);
    CHECK(find_tcp_request(Bytes{0, 7, 0, 0, 9}).what == Found::What::no_modbus);
    CHECK(find_tcp_request(Bytes{0, 7, 0, 0, 0, 1, 247}).what == Found::What::no_modbus);
    CHECK(find_tcp_request(Bytes{0, 7, 0, 0, 1, 0, 247}).what == Found::What::no_modbus);
  }

  TEST_CASE("an answer over UDP is aa55 and a frame; a request is the frame alone") {
    const Bytes answer = udp_answer({0, 247, {}}, Bytes{3, 2, 0, 50});
    CHECK(Bytes(answer.begin(), answer.begin() + 7) == Bytes{0xAA, 0x55, 247, 3, 2, 0, 50});
    const auto back = rtu_request(ByteView(answer).subspan(2));
    REQUIRE(back.has_value());
    CHECK(back->unit == 247);
    CHECK(Bytes(back->pdu.begin(), back->pdu.end()) == Bytes{3, 2, 0, 50});
    CHECK_FALSE(rtu_request(answer).has_value());
    CHECK_FALSE(rtu_request(Bytes{}).has_value());
    CHECK_FALSE(rtu_request(Bytes(300, 0)).has_value());
  }

  TEST_CASE(
      "whatever is said over TCP is framed and found again, and one bit more is noticed over UDP") {
    const bool holds = rc::check("find(answer(pdu)) == pdu", [] {
      const auto pdu = *rc::gen::suchThat(
          rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()),
          [](const Bytes& bytes) { return !bytes.empty() && bytes.size() <= pdu_bytes_max; });
      const Request to{*rc::gen::arbitrary<std::uint16_t>(), 247, {}};
      const Bytes frame = tcp_answer(to, pdu);
      const Found found = find_tcp_request(frame);
      RC_ASSERT(found.what == Found::What::whole);
      RC_ASSERT(Bytes(found.request.pdu.begin(), found.request.pdu.end()) == pdu);
      Bytes datagram = udp_answer(to, pdu);
      const auto bit = *rc::gen::inRange<std::size_t>(0, (datagram.size() - 2) * 8);
      datagram[2 + bit / 8] = static_cast<std::uint8_t>(datagram[2 + bit / 8] ^ 1U << bit % 8);
      RC_ASSERT_FALSE(rtu_request(ByteView(datagram).subspan(2)).has_value());
    });
    CHECK(holds);
  }
}

}  // namespace wattledger::simulator
