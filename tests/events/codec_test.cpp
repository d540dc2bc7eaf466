#include "events/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/event_builders.hpp"
#include "tests/support/reflected_events.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

std::vector<std::byte> complete(Kind kind) {
  EveryField values;
  return make_event(kind, values);
}

fb::EventT reading(std::int32_t pv_power_w) {
  fb::ReadingRecordedT fact;
  fact.pv_power_w = pv_power_w;
  return event(at_s(0), std::move(fact));
}

// Reads the whole of an event that `decode` let pass; ASan says whether it may.
std::size_t read_everything(const EventView& view) {
  return event_json(view).size() + (view.unpack() == fb::EventT{} ? 0U : 1U);
}

// The event with the vector that begins 4 bytes before `element` moved to its end, where its
// elements stand at no multiple of 8; nothing if no offset leads to such a vector.
std::optional<std::vector<std::byte>> misplaced(const std::vector<std::byte>& bytes,
                                                const std::uint8_t* element) {
  const auto vector =
      static_cast<std::size_t>(element - reinterpret_cast<const std::uint8_t*>(bytes.data())) - 4;
  // A table's first field stands so too; the vectors here have two elements.
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + vector, sizeof length);
  if (length != 2) return std::nullopt;
  for (std::size_t at = 0; at + 4 <= vector; at += 4) {
    std::uint32_t offset = 0;
    std::memcpy(&offset, bytes.data() + at, sizeof offset);
    if (at + offset != vector) continue;
    std::vector<std::byte> moved = bytes;
    offset = static_cast<std::uint32_t>(moved.size() - at);
    std::memcpy(moved.data() + at, &offset, sizeof offset);
    constexpr std::size_t two_of_16_bytes = 4 + 2 * 16;
    const std::size_t count = std::min(two_of_16_bytes, bytes.size() - vector);
    moved.insert(moved.end(), bytes.begin() + static_cast<std::ptrdiff_t>(vector),
                 bytes.begin() + static_cast<std::ptrdiff_t>(vector + count));
    moved.resize((bytes.size() + two_of_16_bytes + 7) / 8 * 8);
    return moved;
  }
  return std::nullopt;
}

std::set<std::uint64_t> known_values(const reflection::Enum& enumeration) {
  std::set<std::uint64_t> values;
  for (const reflection::EnumVal* value : *enumeration.values())
    values.insert(static_cast<std::uint64_t>(value->value()));
  return values;
}

}  // namespace

TEST_SUITE("events/codec") {
  TEST_CASE("an encoded event is a multiple of eight bytes long and says its kind") {
    const auto encoded = encode(reading(4'200));
    REQUIRE(encoded.has_value());
    CHECK(encoded->kind() == Kind::ReadingRecorded);
    CHECK(encoded->bytes().size() % 8 == 0);
    const auto view = decode(encoded->kind(), encoded->bytes());
    REQUIRE(view.has_value());
    CHECK(view->occurred_at() == at_s(0));
    CHECK(view->as<fb::ReadingRecorded>()->pv_power_w() == 4'200);
    CHECK(view->as<fb::SiteAdopted>() == nullptr);
  }

  TEST_CASE("zero, false and the first enum value are written, absent stays absent") {
    const auto encoded = encode(reading(0));
    const auto view = decode(encoded->kind(), encoded->bytes());
    CHECK(view->as<fb::ReadingRecorded>()->pv_power_w() == 0);
    CHECK_FALSE(view->as<fb::ReadingRecorded>()->load_power_w().has_value());
    for (const Leaf& leaf : leaves(encoded->bytes())) {
      CAPTURE(leaf.path);
      CHECK(leaf.bytes != nullptr);
    }
  }

  TEST_CASE("encode refuses an event without a fact") {
    const auto encoded = encode(fb::EventT{});
    REQUIRE_FALSE(encoded.has_value());
    CHECK(encoded.error().kind == ErrorKind::invalid_input);
  }

  TEST_CASE("encode refuses a fact beyond the catalogue") {
    fb::EventT event = reading(1);
    event.fact.Reset();
    event.fact.type = static_cast<Kind>(static_cast<int>(kind_max) + 1);
    CHECK(encode(event).error().kind == ErrorKind::invalid_input);
    event.fact.type = Kind::NONE;
  }

  TEST_CASE("encode refuses an enum value that the schema does not know") {
    fb::EventT event = reading(1);
    event.source = static_cast<fb::Source>(200);
    const auto encoded = encode(event);
    REQUIRE_FALSE(encoded.has_value());
    CHECK(encoded.error().kind == ErrorKind::invalid_input);
    CHECK(encoded.error().what.find("ReadingRecorded") != std::string::npos);
  }

  TEST_CASE("encode takes what fits the limit and refuses what does not, by name and size") {
    fb::LegacyRecordImportedT fact;
    fact.text.assign(event_bytes_max - 1'024, 'x');
    CHECK(encode(event(at_s(0), fact)).has_value());
    fact.text.assign(event_bytes_max, 'x');
    const auto encoded = encode(event(at_s(0), fact));
    REQUIRE_FALSE(encoded.has_value());
    CHECK(encoded.error().kind == ErrorKind::full);
    CHECK(encoded.error().what.find("LegacyRecordImported") != std::string::npos);
  }

  TEST_CASE("decode refuses every kind but the one that the bytes hold") {
    for (const Kind kind : all_kinds()) {
      const std::vector<std::byte> bytes = complete(kind);
      for (const Kind claimed : all_kinds()) {
        CAPTURE(kind_name(claimed));
        const auto view = decode(claimed, bytes);
        CHECK(view.has_value() == (claimed == kind));
        if (!view.has_value()) CHECK(view.error().kind == ErrorKind::corrupt);
      }
    }
  }

  TEST_CASE(
      "decode calls a kind beyond the catalogue newer, whatever the bytes, and names the remedy") {
    const std::vector<std::byte> bytes = complete(Kind::AlertEnded);
    for (const int kind : {0, static_cast<int>(kind_max) + 1, 255}) {
      const auto view = decode(static_cast<Kind>(kind), bytes);
      REQUIRE_FALSE(view.has_value());
      CHECK(view.error().kind == ErrorKind::newer);
      CHECK_FALSE(view.error().remedy.empty());
    }
  }

  TEST_CASE(
      "decode refuses a union type that the schema does not know, though the generated verifier "
      "lets it pass") {
    std::vector<std::byte> bytes = complete(Kind::AlertEnded);
    for (const Leaf& leaf : leaves(bytes))
      if (leaf.base == reflection::UType) *const_cast<std::uint8_t*>(leaf.bytes) = 250;
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                   bytes.size());
    CHECK(fb::VerifyEventBuffer(verifier));
    CHECK_FALSE(decode(Kind::AlertEnded, bytes).has_value());
  }

  TEST_CASE("decode refuses bytes that do not stand at an aligned address") {
    const std::vector<std::byte> bytes = complete(Kind::ReadingRecorded);
    std::vector<std::byte> room(bytes.size() + 8);
    for (std::size_t shift = 1; shift < 8; ++shift) {
      std::memcpy(room.data() + shift, bytes.data(), bytes.size());
      const auto view = decode(Kind::ReadingRecorded, std::span(room).subspan(shift, bytes.size()));
      REQUIRE_FALSE(view.has_value());
      CHECK(view.error().kind == ErrorKind::corrupt);
    }
  }

  TEST_CASE("decode refuses nothing, an odd length and a length over the limit") {
    const std::vector<std::byte> bytes = complete(Kind::ReadingRecorded);
    CHECK(decode(Kind::ReadingRecorded, {}).error().kind == ErrorKind::corrupt);
    CHECK(decode(Kind::ReadingRecorded, std::span(bytes).first(bytes.size() - 1)).error().kind ==
          ErrorKind::corrupt);
    std::vector<std::byte> large = bytes;
    large.resize(event_bytes_max + 8);
    CHECK(decode(Kind::ReadingRecorded, large).error().kind == ErrorKind::corrupt);
  }

  TEST_CASE("an event of any kind cut anywhere is refused or still readable in full") {
    for (const Kind kind : all_kinds()) {
      const std::vector<std::byte> bytes = complete(kind);
      for (std::size_t length = 8; length < bytes.size(); length += 8) {
        const std::vector<std::byte> cut(bytes.begin(),
                                         bytes.begin() + static_cast<std::ptrdiff_t>(length));
        const auto view = decode(kind, cut);
        if (view.has_value()) CHECK(read_everything(*view) > 0);
      }
    }
  }

  TEST_CASE("an event of any kind with any one bit flipped is refused or still readable in full") {
    for (const Kind kind : all_kinds()) {
      std::vector<std::byte> bytes = complete(kind);
      std::size_t refused = 0;
      for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        const auto view = decode(kind, bytes);
        if (view.has_value()) CHECK(read_everything(*view) > 0);
        refused += view.has_value() ? 0U : 1U;
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
      }
      CHECK(refused > 0);
      CHECK(decode(kind, bytes).has_value());
    }
  }

  TEST_CASE(
      "every enum field of every kind, wherever it stands, is refused with each value that its "
      "enum does not have") {
    for (const Kind kind : all_kinds()) {
      const std::string name(kind_name(kind));
      CAPTURE(name);
      std::vector<std::byte> bytes = complete(kind);
      REQUIRE(decode(kind, bytes).has_value());
      std::set<std::string> tried;
      for (const Leaf& leaf : leaves(bytes)) {
        const reflection::Enum* enumeration = enum_of(*leaf.type, leaf.base);
        if (enumeration == nullptr) continue;
        CAPTURE(leaf.path);
        const std::size_t size = flatbuffers::GetTypeSize(leaf.base);
        auto* const at = const_cast<std::uint8_t*>(leaf.bytes);
        std::uint64_t before = 0;
        std::memcpy(&before, at, size);
        const std::set<std::uint64_t> known = known_values(*enumeration);
        for (std::uint64_t value = 0; value < (size == 1 ? 256U : 65'536U); ++value) {
          std::memcpy(at, &value, size);
          CHECK(decode(kind, bytes).has_value() == known.contains(value));
        }
        std::memcpy(at, &before, size);
        tried.insert(without_indices(leaf.path));
      }
      CHECK(tried == schema_enum_paths(kind));
    }
  }

  TEST_CASE(
      "every vector of 8-byte values is refused where its values stand at no multiple of 8, though "
      "the generated verifier lets it pass") {
    std::set<std::string> moved;
    for (const Kind kind : all_kinds()) {
      const std::string name(kind_name(kind));
      CAPTURE(name);
      const std::vector<std::byte> bytes = complete(kind);
      for (const Leaf& leaf : leaves(bytes)) {
        if (leaf.bytes == nullptr || flatbuffers::GetTypeSize(leaf.base) != 8) continue;
        CAPTURE(leaf.path);
        const auto elsewhere = misplaced(bytes, leaf.bytes);
        if (leaf.path.ends_with("[0]")) REQUIRE(elsewhere.has_value());
        if (!elsewhere) continue;
        flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(elsewhere->data()),
                                       elsewhere->size());
        CHECK(fb::VerifyEventBuffer(verifier));
        const auto view = decode(kind, *elsewhere);
        REQUIRE_FALSE(view.has_value());
        CHECK(view.error().kind == ErrorKind::corrupt);
        moved.insert(name + " " + without_indices(leaf.path));
      }
    }
    CHECK(moved.contains("SiteAdopted fact.transitions[].at_us"));
    CHECK(moved.contains("PricesPublished fact.prices_e8[].values[]"));
    CHECK(moved.contains("DecisionMade fact.tried[].numbers[]"));
  }

  TEST_CASE("ids and digests keep their bytes, the first of them in the highest place") {
    const auto id = Id128::from_hex("00112233445566778899aabbccddeeff");
    REQUIRE(id.has_value());
    CHECK(to_fb(*id).high() == 0x0011'2233'4455'6677ULL);
    CHECK(to_fb(*id).low() == 0x8899'AABB'CCDD'EEFFULL);
    CHECK(from_fb(to_fb(*id)) == *id);
    const auto digest =
        Digest::from_hex("0123456789abcdef00112233445566778899aabbccddeeff fedcba9876543210");
    CHECK_FALSE(digest.has_value());
    const auto right =
        Digest::from_hex("0123456789abcdef00112233445566778899aabbccddeefffedcba9876543210");
    REQUIRE(right.has_value());
    CHECK(to_fb(*right).a() == 0x0123'4567'89AB'CDEFULL);
    CHECK(to_fb(*right).d() == 0xFEDC'BA98'7654'3210ULL);
    CHECK(from_fb(to_fb(*right)) == *right);
  }
}
