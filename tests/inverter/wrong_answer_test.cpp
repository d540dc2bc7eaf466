// Answers that do not fit their request, one by one and by the thousand: none is taken for true.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <string>

#include "coordinator/inverter/modbus_link.hpp"
#include "tests/inverter/responder.hpp"

namespace wattledger::inverter {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using Words = std::vector<std::uint16_t>;

constexpr Transport networks[] = {Transport::tcp, Transport::udp};

Words addresses(std::uint16_t first, std::size_t count) {
  Words words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = static_cast<std::uint16_t>(first + i);
  return words;
}

using Make = Bytes (*)(Transport transport, const Bytes& request);

// The request is a read of 37007/4, or a write to 47511 of one word or two.
struct Wrong {
  std::string name;
  Make make;
  std::size_t written = 0;  // words; 0: a read
};

const Wrong wrongs[] = {
    {"fewer registers",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, read_answer(37007, 3));
     }},
    {"more registers",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, read_answer(37007, 5));
     }},
    {"another byte count than bytes",
     [](Transport transport, const Bytes& request) {
       Bytes pdu = read_answer(37007, 4);
       pdu[1] = 6;
       return framed(transport, request, pdu);
     }},
    {"an odd byte count",
     [](Transport transport, const Bytes& request) {
       Bytes pdu = read_answer(37007, 4) + Bytes{1};
       pdu[1] = 9;
       return framed(transport, request, pdu);
     }},
    {"no registers",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, read_answer(37007, 0));
     }},
    {"input registers for holding registers",
     [](Transport transport, const Bytes& request) {
       Bytes pdu = read_answer(37007, 4);
       pdu[0] = 4;
       return framed(transport, request, pdu);
     }},
    {"a write's echo for a read",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, {6, 0x90, 0x8F, 0, 4});
     }},
    {"a function that nobody has",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, {0x63, 1, 2, 3});
     }},
    {"another function's exception",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, exception(6, 2));
     }},
    {"exception 0",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, exception(3, 0));
     }},
    {"exception 9",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, exception(3, 9));
     }},
    {"exception 200",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, exception(3, 200));
     }},
    {"garbage", [](Transport, const Bytes&) { return Bytes(300, 0x5A); }},
    {"another request's number, or a wrong checksum",
     [](Transport transport, const Bytes& request) {
       Bytes whole = framed(transport, request, read_answer(37007, 4));
       ++whole[transport == Transport::tcp ? 1 : whole.size() - 1];
       return whole;
     }},
    {"a read's answer to a write of one",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, read_answer(47511, 1));
     },
     1},
    {"a read's answer to a write of two",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, read_answer(47511, 2));
     },
     2},
    {"exception 0 to a write",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, exception(6, 0));
     },
     1},
    {"another request's number, or a wrong checksum, to a write",
     [](Transport transport, const Bytes& request) {
       Bytes whole = framed(transport, request, sound_pdu(pdu_of(transport, request)));
       ++whole[transport == Transport::tcp ? 1 : whole.size() - 1];
       return whole;
     },
     2},
    {"another function's exception to a write",
     [](Transport transport, const Bytes& request) {
       return framed(transport, request, exception(3, 2));
     },
     2},
    {"another address written",
     [](Transport transport, const Bytes& request) {
       Bytes pdu = sound_pdu(pdu_of(transport, request));
       ++pdu[2];
       return framed(transport, request, pdu);
     },
     1},
    {"another value written",
     [](Transport transport, const Bytes& request) {
       Bytes pdu = sound_pdu(pdu_of(transport, request));
       ++pdu[4];
       return framed(transport, request, pdu);
     },
     1},
    {"fewer words written",
     [](Transport transport, const Bytes& request) {
       Bytes pdu = sound_pdu(pdu_of(transport, request));
       --pdu[4];
       return framed(transport, request, pdu);
     },
     2},
};

// Asks what the row is about. True words, or an error.
Result<void> ask(ModbusLink& link, const Wrong& row) {
  const Words written{1, 2};
  if (row.written != 0) return link.write(47511, std::span(written).first(row.written));
  Words words(4, 0xDEAD);
  auto done = link.read(37007, words);
  CHECK(words == (done.has_value() ? addresses(37007, 4) : Words(4, 0xDEAD)));
  return done;
}

Script wrong_at_first(Transport transport, Make make) {
  return [transport, make, sound = sound(transport)](const Bytes& request, std::uint64_t number) {
    return number == 0 ? Reply{{make(transport, request)}, {}, false} : sound(request, number);
  };
}

// One malformed answer to a read, of many kinds. What cannot be told from a sound one is none of
// them: over TCP, whose frames have no checksum, the registers' words stay as they are.
class Mangler {
 public:
  Mangler(Transport transport, std::uint32_t seed) : transport_(transport), random_(seed) {}

  Reply mangled(const Bytes& request) {
    const Bytes asked = pdu_of(transport_, request);
    const std::size_t count = asked.at(4);
    const Bytes whole = framed(transport_, request, sound_pdu(asked));
    const Bytes stale = std::exchange(stale_, whole);
    switch (below(10)) {
      case 0:
        return cut(whole);
      case 1:
        return {{noise(1 + below(300))}, {}, true};
      case 2:
        return {{flipped(whole)}, {}, true};
      case 3:
        return {{whole + noise(1 + below(20))}, {}, false};
      case 4:
        return split(whole);
      case 5:
        return {{whole, whole}, {}, false};
      case 6:
        return {
            {framed(transport_, request, read_answer(address_in(asked), count + 1 + below(100)))},
            {},
            false};
      case 7:
        return {{framed(transport_, request, {static_cast<std::uint8_t>(4 + below(120)), 2, 1, 2})},
                {},
                true};
      case 8:
        return {{whole}, {stale}, false};
      default:
        return {
            {framed(transport_, request, sound_pdu(asked),
                    static_cast<std::uint8_t>(transport_ == Transport::tcp ? 247 : below(247)))},
            {},
            false};
    }
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  Bytes noise(std::size_t size) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return bytes;
  }
  Bytes flipped(Bytes bytes) {
    const std::size_t head = transport_ == Transport::tcp ? 9 : bytes.size();
    for (std::size_t i = 0; i <= below(3); ++i)
      bytes[below(head)] ^= static_cast<std::uint8_t>(1U << below(8));
    return bytes;
  }
  // Seldom alone over UDP, where nothing but time tells that no more will come.
  Reply cut(const Bytes& whole) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<long>(below(whole.size())));
    if (transport_ == Transport::tcp) return {{part}, {}, true};
    if (below(10) == 0) return {{part}, {}, false};
    return {{part, noise(300)}, {}, false};
  }
  Reply split(const Bytes& whole) {
    Reply reply;
    for (std::size_t at = 0; at < whole.size();) {
      const std::size_t size = std::min(whole.size() - at, 2 + below(40));
      reply.pieces.emplace_back(whole.begin() + static_cast<long>(at),
                                whole.begin() + static_cast<long>(at + size));
      at += size;
    }
    return reply;
  }

  Transport transport_;
  std::mt19937 random_;
  Bytes stale_;
};

}  // namespace

TEST_SUITE("inverter/wrong answers") {
  TEST_CASE("an answer that does not fit its request is an error, and a retry mends it") {
    for (const Transport transport : networks) {
      for (const Wrong& row : wrongs) {
        CAPTURE(static_cast<int>(transport));
        CAPTURE(row.name);
        Responder once(transport, wrong_at_first(transport, row.make));
        ModbusLink link(once.options());
        const auto done = ask(link, row);
        REQUIRE_FALSE(done.has_value());
        CHECK_MESSAGE(done.error().kind == ErrorKind::corrupt, done.error().line());
        CHECK(ask(link, row).has_value());
        Responder again(transport, wrong_at_first(transport, row.make));
        ModbusOptions options = again.options();
        options.retries = 1;
        ModbusLink mending(options);
        CHECK(ask(mending, row).has_value());
        CHECK(again.requests() == 2);
        CHECK(mending.writes() == (row.written == 0 ? 0 : 2));
      }
    }
  }

  TEST_CASE("the same holds on a serial line") {
    for (const Wrong& row : wrongs) {
      CAPTURE(row.name);
      Responder responder(Transport::serial, wrong_at_first(Transport::serial, row.make));
      ModbusOptions options = responder.options();
      options.timeout = milliseconds(100);  // passes after each, for silence
      ModbusLink link(options);
      const auto done = ask(link, row);
      REQUIRE_FALSE(done.has_value());
      CHECK_MESSAGE(done.error().kind == ErrorKind::corrupt, done.error().line());
      CHECK(ask(link, row).has_value());
    }
  }

  // Over TCP the request's number has to do: libmodbus does not look at the unit, and a gateway may
  // put its own there.
  TEST_CASE("another unit's answer is none of ours where RTU frames are spoken") {
    const Transport lines[] = {Transport::udp, Transport::serial};
    for (const Transport transport : lines) {
      CAPTURE(static_cast<int>(transport));
      Responder responder(transport, [=](const Bytes& request, std::uint64_t) {
        return Reply{
            {framed(transport, request, sound_pdu(pdu_of(transport, request)), 1)}, {}, false};
      });
      ModbusLink link(responder.options());
      Words words(4);
      CHECK(link.read(37007, words).error().kind == ErrorKind::corrupt);
      CHECK(link.write(47511, words).error().kind == ErrorKind::corrupt);
    }
  }

  TEST_CASE("of a thousand malformed answers none is taken for true, and the retry mends them") {
    constexpr std::uint32_t seed = 20251001;
    for (const Transport transport : networks) {
      CAPTURE(static_cast<int>(transport));
      Mangler mangler(transport, seed);
      const Script well = sound(transport);
      Responder responder(
          transport, [&, turn = 0](const Bytes& request, std::uint64_t number) mutable {
            return ++turn % 2 == 1 ? mangler.mangled(request) : well(request, number);
          });
      ModbusOptions options = responder.options();
      options.timeout = milliseconds(50);
      options.retries = 1;
      ModbusLink link(options);
      std::mt19937 random(seed);
      std::size_t mended = 0, asked = 0;
      for (; responder.requests() < 2'000 && asked < 10'000; ++asked) {
        const auto address = static_cast<std::uint16_t>(35'000 + random() % 4'000);
        Words words(1 + random() % 125);
        if (!link.read(address, words).has_value()) continue;
        const bool is_true = words == addresses(address, words.size());
        CHECK_MESSAGE(is_true, "seed ", seed, ", request ", responder.requests());
        ++mended;
      }
      CHECK(responder.requests() >= 2'000);
      // A machine that stalls may cost some; most are well at the second try.
      CHECK(mended * 10 > asked * 8);
    }
  }

  TEST_CASE("any words in any pieces, with anything behind them, come out as they went in") {
    for (const Transport transport : networks) {
      std::mutex mutex;
      Reply reply;  // made by the property; TCP's number is put in where it is sent
      Responder responder(transport, [&](const Bytes& request, std::uint64_t) {
        const std::lock_guard lock(mutex);
        Reply numbered = reply;
        if (transport == Transport::tcp)
          std::copy_n(request.begin(), 2, numbered.pieces.at(0).begin());
        return numbered;
      });
      ModbusOptions options = responder.options();
      options.timeout = milliseconds(300);
      ModbusLink link(options);
      CHECK(rc::check("words over transport " + std::to_string(static_cast<int>(transport)), [&] {
        const auto words = *rc::gen::resize(
            125, rc::gen::suchThat(rc::gen::arbitrary<Words>(), [](const Words& each) {
              return !each.empty() && each.size() <= 125;
            }));
        const auto behind = *rc::gen::arbitrary<Bytes>();
        Bytes pdu{3, static_cast<std::uint8_t>(2 * words.size())};
        for (const std::uint16_t word : words)
          pdu = pdu + Bytes{static_cast<std::uint8_t>(word >> 8U), static_cast<std::uint8_t>(word)};
        const Bytes whole = framed(transport, {0, 0}, pdu) + behind;
        Reply made;
        for (std::size_t at = 0; at < whole.size();) {
          const auto size =
              std::min<std::size_t>(*rc::gen::inRange<std::size_t>(2, 200), whole.size() - at);
          made.pieces.emplace_back(whole.begin() + static_cast<long>(at),
                                   whole.begin() + static_cast<long>(at + size));
          at += size;
        }
        {
          const std::lock_guard lock(mutex);
          reply = made;
        }
        Words read(words.size());
        // Over TCP what lay behind the last answer may come too late to be thrown away first.
        auto done = link.read(35100, read);
        for (int i = 0; i < 3 && !done.has_value(); ++i) done = link.read(35100, read);
        RC_ASSERT(done.has_value());
        RC_ASSERT(read == words);
      }));
    }
  }
}

}  // namespace wattledger::inverter
