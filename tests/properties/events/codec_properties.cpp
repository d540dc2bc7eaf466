// Encoding and decoding lose nothing, for every kind and every field of the schema. Events are made
// from the schema's reflection, so no field can be forgotten here; they pass through the native
// structs and come back.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>

#include "events/codec.hpp"
#include "tests/support/reflected_events.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Values drawn by rapidcheck, which shrinks them and prints its seed.
class Drawn : public Values {
 public:
  bool present() override { return *rc::gen::weightedElement<bool>({{4, true}, {1, false}}); }
  std::uint64_t bits() override {
    return *rc::gen::oneOf(
        rc::gen::arbitrary<std::uint64_t>(),
        rc::gen::element<std::uint64_t>(0, 1, 127, 128, 255, 256, 32'767, 32'768, 65'535,
                                        0x7FFF'FFFFULL, 0x8000'0000ULL, 0xFFFF'FFFFULL,
                                        0x7FFF'FFFF'FFFF'FFFFULL, 0x8000'0000'0000'0000ULL,
                                        std::numeric_limits<std::uint64_t>::max()));
  }
  std::string text() override { return *rc::gen::arbitrary<std::string>(); }
  std::size_t length() override { return *rc::gen::inRange<std::size_t>(0, 5); }
};

Result<EventView> decode(const EncodedEvent& event) {
  return wattledger::decode(event.kind(), event.bytes());
}

}  // namespace

TEST_SUITE("properties/events") {
  TEST_CASE(
      "an event of any kind is the same after encode and decode, and encodes to the same bytes "
      "again") {
    for (const Kind kind : all_kinds()) {
      const std::string name(kind_name(kind));
      CAPTURE(name);
      CHECK(rc::check(name + " survives encode and decode", [kind] {
        Drawn values;
        const std::vector<std::byte> made = make_event(kind, values);
        const auto original = wattledger::decode(kind, made);
        RC_ASSERT(original.has_value());
        const fb::EventT native = original->unpack();

        const auto encoded = encode(native);
        RC_ASSERT(encoded.has_value());
        RC_ASSERT(encoded->kind() == kind);
        const auto decoded = decode(*encoded);
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(decoded->unpack() == native);
        RC_ASSERT(leaf_lines(encoded->bytes()) == leaf_lines(made));

        const auto again = encode(decoded->unpack());
        RC_ASSERT(again.has_value());
        RC_ASSERT(std::ranges::equal(again->bytes(), encoded->bytes()));
      }));
    }
  }

  TEST_CASE("a change to any single field is seen by the comparison and by the bytes") {
    for (const Kind kind : all_kinds()) {
      EveryField values;
      const std::vector<std::byte> made = make_event(kind, values);
      const fb::EventT native = wattledger::decode(kind, made)->unpack();
      for (const Leaf& leaf : leaves(made)) {
        if (leaf.base == reflection::UType) continue;
        CAPTURE(leaf.path);
        std::vector<std::byte> changed = made;
        const std::size_t lead =
            leaf.base == reflection::String ? sizeof(flatbuffers::uoffset_t) : 0;
        const auto at = static_cast<std::size_t>(
                            leaf.bytes - reinterpret_cast<const std::uint8_t*>(made.data())) +
                        lead;
        changed[at] ^= std::byte{1};
        const auto decoded = wattledger::decode(kind, changed);
        if (!decoded.has_value()) {
          CHECK(enum_of(*leaf.type, leaf.base) !=
                nullptr);  // the neighbour of an enum's last value may be unknown
          continue;
        }
        CHECK(decoded->unpack() != native);
        CHECK_FALSE(
            std::ranges::equal(encode(decoded->unpack())->bytes(), encode(native)->bytes()));
      }
    }
  }
}
