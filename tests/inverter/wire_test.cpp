// What a request meets on the three transports: answers that are whole, split, late, doubled, lost
// and wrong. Each register's sound value is its own address, so that a word taken from another
// answer shows.
#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "coordinator/inverter/modbus_link.hpp"
#include "tests/inverter/responder.hpp"

namespace wattledger::inverter {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using Words = std::vector<std::uint16_t>;

constexpr Transport every_transport[] = {Transport::tcp, Transport::udp, Transport::serial};
constexpr Transport networks[] = {Transport::tcp, Transport::udp};

Words addresses(std::uint16_t first, std::size_t count) {
  Words words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = static_cast<std::uint16_t>(first + i);
  return words;
}

// Reads, or says why not.
struct Reading {
  Words words;
  Result<void> done;
};
Reading read(ModbusLink& link, std::uint16_t address, std::size_t count) {
  Reading reading{Words(count, 0xDEAD), {}};
  reading.done = link.read(address, reading.words);
  return reading;
}
void check_sound(ModbusLink& link, std::uint16_t address, std::size_t count) {
  const Reading reading = read(link, address, count);
  REQUIRE_MESSAGE(reading.done.has_value(), reading.done.error().line());
  CHECK(reading.words == addresses(address, count));
}
void check_fails(ModbusLink& link, std::uint16_t address, std::size_t count, ErrorKind kind) {
  const Reading reading = read(link, address, count);
  REQUIRE_FALSE(reading.done.has_value());
  CHECK_MESSAGE(reading.done.error().kind == kind, reading.done.error().line());
  CHECK_FALSE(reading.done.error().remedy.empty());
  CHECK(reading.words == Words(count, 0xDEAD));
}

// The first request is answered by `first`, all others as they should be.
Script at_first(Transport transport, std::function<Reply(const Bytes& request)> first) {
  return [sound = sound(transport), first = std::move(first)](const Bytes& request,
                                                              std::uint64_t number) {
    return number == 0 ? first(request) : sound(request, number);
  };
}

ModbusOptions with_retry(ModbusOptions options) {
  options.retries = 1;
  return options;
}
ModbusOptions patient(ModbusOptions options, milliseconds timeout) {
  options.timeout = timeout;
  return options;
}

bool localhost_has(int family) {
  addrinfo hints{};
  hints.ai_family = family;
  addrinfo* found = nullptr;
  if (::getaddrinfo("localhost", nullptr, &hints, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

}  // namespace

TEST_SUITE("inverter/wire") {
  TEST_CASE("reads, writes of one word and of several go over every transport") {
    for (const Transport transport : every_transport) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, sound(transport));
      ModbusLink link(responder.options());
      check_sound(link, 35100, 125);
      check_sound(link, 47000, 1);
      const Words two{1, 2};
      CHECK(link.write(47511, two).has_value());
      CHECK(link.write(47000, std::span(two).first(1)).has_value());
      CHECK(link.writes() == 2);
      CHECK(responder.requests() == 4);
    }
  }

  TEST_CASE("an answer may come in pieces of any size") {
    for (const Transport transport : every_transport) {
      for (const std::size_t size : {1U, 2U, 3U, 5U, 7U, 20U}) {
        CAPTURE(static_cast<int>(transport));
        CAPTURE(size);
        Responder responder(transport, [=](const Bytes& request, std::uint64_t) {
          const Bytes whole = framed(transport, request, sound_pdu(pdu_of(transport, request)));
          Reply reply;
          // The prefix stands whole in the first datagram, or is one.
          std::size_t at = transport == Transport::udp ? std::max<std::size_t>(size, 2) : size;
          at = std::min(at, whole.size());
          reply.pieces.emplace_back(whole.begin(), whole.begin() + static_cast<long>(at));
          for (; at < whole.size(); at += size) {
            const std::size_t end = std::min(at + size, whole.size());
            reply.pieces.emplace_back(whole.begin() + static_cast<long>(at),
                                      whole.begin() + static_cast<long>(end));
          }
          return reply;
        });
        ModbusLink link(responder.options());
        check_sound(link, 37000, 24);
        check_sound(link, 39000, 24);
        check_sound(link, 0xAA55, 4);  // in pieces of five a datagram begins with such a word
      }
    }
  }

  TEST_CASE("an answer over UDP is taken without its prefix, too") {
    Responder responder(Transport::udp, [](const Bytes& request, std::uint64_t) {
      return Reply{{rtu_frame(sound_pdu(pdu_of(Transport::udp, request)))}, {}, false};
    });
    ModbusLink link(responder.options());
    check_sound(link, 35100, 125);
    check_sound(link, 36000, 45);
  }

  TEST_CASE("bytes after an answer do not reach the next request") {
    for (const Transport transport : every_transport) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, [=](const Bytes& request, std::uint64_t) {
        const Bytes whole = framed(transport, request, sound_pdu(pdu_of(transport, request)));
        return Reply{{whole + Bytes{0xF7, 0x03, 0x02, 0x00, 0x01, 0xFF, 0xFF}}, {}, false};
      });
      ModbusLink link(responder.options());
      for (std::uint16_t i = 0; i < 20; ++i)
        check_sound(link, static_cast<std::uint16_t>(35100 + i), 1 + i);
      CHECK(responder.requests() == 20);
    }
  }

  TEST_CASE("a wrong length in a TCP answer's header does not matter") {
    Responder responder(Transport::tcp, [](const Bytes& request, std::uint64_t number) {
      Bytes whole = framed(Transport::tcp, request, sound_pdu(pdu_of(Transport::tcp, request)));
      whole[4] = static_cast<std::uint8_t>(number % 3);
      whole[5] = static_cast<std::uint8_t>(number * 37);
      return Reply{{whole}, {}, false};
    });
    ModbusLink link(responder.options());
    for (std::uint16_t i = 0; i < 20; ++i) check_sound(link, 35100, 1 + i);
  }

  TEST_CASE("an exception is an answer: asked once where it is final, and the wire stays") {
    for (const Transport transport : every_transport) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, [=](const Bytes& request, std::uint64_t) {
        const Bytes asked = pdu_of(transport, request);
        const auto code = static_cast<std::uint8_t>(address_in(asked) % 100);
        return Reply{
            {framed(transport, request, code == 0 ? sound_pdu(asked) : exception(asked[0], code))},
            {},
            false};
      });
      ModbusLink link(with_retry(responder.options()));
      check_fails(link, 37002, 24, ErrorKind::unsupported);
      check_fails(link, 37001, 24, ErrorKind::rejected);
      check_fails(link, 37003, 24, ErrorKind::rejected);
      CHECK(responder.requests() == 3);
      check_fails(link, 37006, 24, ErrorKind::rejected);  // busy: tried again
      CHECK(responder.requests() == 5);
      const Words word{1};
      CHECK(link.write(47002, word).error().kind == ErrorKind::unsupported);
      check_sound(link, 37000, 24);
    }
  }

  TEST_CASE("a lost answer costs one timeout, and the retry mends it") {
    for (const Transport transport : every_transport) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, at_first(transport, [](const Bytes&) { return Reply(); }));
      ModbusLink link(with_retry(patient(responder.options(), milliseconds(300))));
      check_sound(link, 35100, 125);
      CHECK(responder.requests() == 2);
    }
  }

  TEST_CASE("half an answer is none") {
    for (const Transport transport : every_transport) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, at_first(transport, [=](const Bytes& request) {
                            Bytes half = framed(transport, request, read_answer(35100, 125));
                            half.resize(half.size() / 2);
                            return Reply{{half}, {}, false};
                          }));
      ModbusLink link(patient(responder.options(), milliseconds(100)));
      check_fails(link, 35100, 125, ErrorKind::timed_out);
    }
  }

  TEST_CASE("an answer that comes after its time is not the next request's") {
    for (const Transport transport : every_transport) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, at_first(transport, [](const Bytes&) { return Reply(); }));
      ModbusLink link(patient(responder.options(), milliseconds(300)));
      check_fails(link, 35100, 24, ErrorKind::timed_out);
      responder.say(framed(transport, Bytes{0, 1}, read_answer(35100, 24)));
      check_sound(link, 37000, 24);
    }
  }

  TEST_CASE("on a line a timeout passes after a request without an answer, before the next one") {
    Responder responder(Transport::serial,
                        at_first(Transport::serial, [](const Bytes&) { return Reply(); }));
    constexpr milliseconds timeout(200);
    ModbusLink link(patient(with_retry(responder.options()), timeout));
    const auto before = std::chrono::steady_clock::now();
    check_sound(link, 37000, 24);
    // Its own, and the silence's. A machine that stalls makes it longer, none makes it shorter.
    CHECK(std::chrono::steady_clock::now() - before >= 2 * timeout);
  }

  TEST_CASE("over a network it may come even after the next request went out") {
    for (const Transport transport : networks) {
      CAPTURE(static_cast<int>(transport));
      Bytes missed;
      Responder responder(transport, [=](const Bytes& request, std::uint64_t number) mutable {
        const Bytes answer = framed(transport, request, sound_pdu(pdu_of(transport, request)));
        if (number != 0) return Reply{{answer}, {missed}, false};
        missed = answer;
        return Reply();
      });
      ModbusLink link(patient(responder.options(), milliseconds(300)));
      check_fails(link, 35100, 24, ErrorKind::timed_out);
      // TCP's number shows that it is another's; the connection is given up, and the next one well.
      if (transport == Transport::tcp) check_fails(link, 37000, 24, ErrorKind::corrupt);
      if (transport == Transport::udp) check_sound(link, 37000, 24);
    }
  }

  TEST_CASE("an answer that comes twice is not the next request's") {
    for (const Transport transport : every_transport) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, [=](const Bytes& request, std::uint64_t) {
        const Bytes whole = framed(transport, request, sound_pdu(pdu_of(transport, request)));
        if (transport == Transport::serial) return Reply{{whole + whole}, {}, false};
        return Reply{{whole, whole}, {}, false};
      });
      ModbusLink link(with_retry(responder.options()));
      for (std::uint16_t i = 0; i < 50; ++i)
        check_sound(link, static_cast<std::uint16_t>(35100 + 10 * i), 4);
    }
  }

  TEST_CASE("a connection closed before, within or after an answer is opened again") {
    for (const std::size_t sent : {0U, 5U, 20U, 1000U}) {
      CAPTURE(sent);
      Responder responder(Transport::tcp, [=](const Bytes& request, std::uint64_t number) {
        Bytes whole = framed(Transport::tcp, request, sound_pdu(pdu_of(Transport::tcp, request)));
        if (number % 2 == 0) whole.resize(std::min(whole.size(), sent));
        return Reply{{whole}, {}, number % 2 == 0};
      });
      ModbusLink link(with_retry(responder.options()));
      for (int i = 0; i < 4; ++i) check_sound(link, 37000, 24);
    }
  }

  TEST_CASE("each request over UDP comes from another port than the one before") {
    Responder responder(Transport::udp, sound(Transport::udp));
    ModbusLink link(responder.options());
    for (int i = 0; i < 50; ++i) check_sound(link, 37000, 24);
    const auto ports = responder.ports();
    REQUIRE(ports.size() == 50);
    CHECK(std::adjacent_find(ports.begin(), ports.end()) == ports.end());
  }

  TEST_CASE("a UDP port that nobody listens on refuses, and says where") {
    ModbusOptions options;
    {
      Responder responder(Transport::udp, sound(Transport::udp));
      options = responder.options();
    }
    ModbusLink link(options);
    const Reading reading = read(link, 37000, 24);
    REQUIRE_FALSE(reading.done.has_value());
    CHECK(reading.done.error().kind == ErrorKind::io);
    CHECK(reading.done.error().what.find("127.0.0.1:" + std::to_string(options.port) +
                                         " over UDP, unit 247: reading register 37000/24") !=
          std::string::npos);
  }

  TEST_CASE("a host name is resolved, and each of its addresses tried") {
    for (const Transport transport : networks) {
      for (const bool v6 : {false, true}) {  // on one of them it listens, on the other nobody
        CAPTURE(static_cast<int>(transport));
        CAPTURE(v6);
        Responder responder(transport, sound(transport), v6);
        if (!responder.there() || !localhost_has(v6 ? AF_INET6 : AF_INET)) {
          MESSAGE("localhost is not in both families here: one is left out");
          continue;
        }
        ModbusOptions options = with_retry(responder.options());
        options.host = "localhost";
        ModbusLink link(options);
        check_sound(link, 37000, 24);
      }
      ModbusOptions options;
      options.transport = transport;
      options.host = std::string(64, 'x');  // longer than a label may be: no resolver is asked
      ModbusLink nobody(options);
      check_fails(nobody, 37000, 24, ErrorKind::io);
    }
  }

  TEST_CASE("IPv6 addresses are addresses") {
    for (const Transport transport : networks) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, sound(transport), true);
      if (!responder.there()) {
        MESSAGE("no IPv6 here: left out");
        continue;
      }
      ModbusLink link(responder.options());
      check_sound(link, 37000, 24);
    }
  }

  TEST_CASE("a serial line without a device, or one that is no line, cannot be opened") {
    ModbusOptions options;
    options.transport = Transport::serial;
    ModbusLink none(options);
    check_fails(none, 37000, 24, ErrorKind::invalid_input);
    for (const char* device : {"/dev/shm/no-such-line", "/dev/null"}) {
      CAPTURE(device);
      options.device = device;
      ModbusLink link(options);
      const Reading reading = read(link, 37000, 24);
      REQUIRE_FALSE(reading.done.has_value());
      CHECK(reading.done.error().kind == ErrorKind::io);
      CHECK(reading.done.error().what.find(std::string(device) + " at 9600 baud: cannot connect") !=
            std::string::npos);
    }
  }

  TEST_CASE("a line whose device is pulled out is an error, not a hang") {
    auto responder = std::make_unique<Responder>(Transport::serial, sound(Transport::serial));
    ModbusLink link(patient(responder->options(), milliseconds(100)));
    check_sound(link, 37000, 24);
    responder.reset();
    check_fails(link, 37000, 24, ErrorKind::io);
  }
}

}  // namespace wattledger::inverter
