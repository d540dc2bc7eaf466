#include "events/codec.hpp"

#include <bit>
#include <cstring>

#include "events/catalogue.hpp"

namespace wattledger {
namespace {

std::uint64_t load_big_endian(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = (value << 8U) | bytes[i];
  return value;
}

void store_big_endian(std::uint64_t value, std::uint8_t* bytes) {
  for (int i = 7; i >= 0; --i) {
    bytes[i] = static_cast<std::uint8_t>(value & 0xFFU);
    value >>= 8U;
  }
}

constexpr std::size_t builder_bytes = 4'096;

bool kind_known(Kind kind) { return kind > Kind::NONE && kind <= kind_max; }

}  // namespace

Result<EncodedEvent> encode(const fb::EventT& event) {
  if (!kind_known(event.fact.type))
    return fail(ErrorKind::invalid_input, "an event without a known fact cannot be encoded");
  // Kept, so that a reading costs no allocation here; one large event does not stay for ever.
  static thread_local flatbuffers::FlatBufferBuilder builder(builder_bytes);
  builder.Clear();
  // A value that equals the schema's default is written all the same: a record says what it says by
  // itself.
  builder.ForceDefaults(true);
  builder.Finish(fb::CreateEvent(builder, &event));
  const std::size_t size = builder.GetSize();
  std::vector<std::byte> bytes((size + 7) / 8 * 8);
  if (bytes.size() > event_bytes_max)
    return fail(ErrorKind::full, std::string(kind_name(event.fact.type)) + " of " +
                                     std::to_string(size) + " bytes is over the limit of " +
                                     std::to_string(event_bytes_max));
  std::memcpy(bytes.data(), builder.GetBufferPointer(), size);
  if (size > builder_bytes) builder.Reset();
  if (!enums_in_range(*fb::GetEvent(bytes.data())))
    return fail(ErrorKind::invalid_input, std::string(kind_name(event.fact.type)) +
                                              " holds an enum value that the schema does not know");
  EncodedEvent encoded(event.fact.type, std::move(bytes));
  encoded.made_here_ = true;
  return encoded;
}

Result<EventView> EncodedEvent::view() const {
  if (made_here_) return EventView(*fb::GetEvent(bytes_.data()));
  return decode(kind_, bytes_);
}

Result<EventView> decode(Kind kind, std::span<const std::byte> bytes) {
  if (!kind_known(kind))
    return fail(ErrorKind::newer,
                "event kind " + std::to_string(static_cast<int>(kind)) + " is beyond the catalogue",
                "use the wattledger that wrote it, or a later one");
  if (bytes.size() > event_bytes_max || bytes.size() % 8 != 0 || bytes.empty())
    return fail(ErrorKind::corrupt,
                "an event of " + std::to_string(bytes.size()) + " bytes cannot be");
  if (std::bit_cast<std::uintptr_t>(bytes.data()) % 8 != 0)
    return fail(ErrorKind::corrupt, "the event's bytes do not stand at an address divisible by 8");
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!fb::VerifyEventBuffer(verifier))
    return fail(ErrorKind::corrupt,
                std::string(kind_name(kind)) + ": the FlatBuffers verifier refuses the bytes");
  const fb::Event& event = *fb::GetEvent(data);
  if (event.fact_type() != kind || event.fact() == nullptr)
    return fail(ErrorKind::corrupt,
                "the header says " + std::string(kind_name(kind)) + ", the bytes say otherwise");
  if (!vectors_aligned(event))
    return fail(ErrorKind::corrupt,
                std::string(kind_name(kind)) +
                    " holds a vector whose values do not stand at an address divisible by 8");
  if (!enums_in_range(event))
    return fail(ErrorKind::corrupt, std::string(kind_name(kind)) +
                                        " holds an enum value that the schema does not know");
  return EventView(event);
}

fb::EventT EventView::unpack() const {
  fb::EventT native;
  event_->UnPackTo(&native);
  return native;
}

std::string_view kind_name(Kind kind) { return kind_known(kind) ? fb::EnumNameFact(kind) : ""; }

Kind kind_from_name(std::string_view name) {
  for (const Kind kind : fb::EnumValuesFact())
    if (kind != Kind::NONE && name == fb::EnumNameFact(kind)) return kind;
  return Kind::NONE;
}

fb::Id128 to_fb(const Id128& id) {
  return {load_big_endian(id.bytes.data()), load_big_endian(id.bytes.data() + 8)};
}

Id128 from_fb(const fb::Id128& id) {
  Id128 result;
  store_big_endian(id.high(), result.bytes.data());
  store_big_endian(id.low(), result.bytes.data() + 8);
  return result;
}

fb::Digest256 to_fb(const Digest& digest) {
  const std::uint8_t* bytes = digest.bytes.data();
  return {load_big_endian(bytes), load_big_endian(bytes + 8), load_big_endian(bytes + 16),
          load_big_endian(bytes + 24)};
}

Digest from_fb(const fb::Digest256& digest) {
  Digest result;
  store_big_endian(digest.a(), result.bytes.data());
  store_big_endian(digest.b(), result.bytes.data() + 8);
  store_big_endian(digest.c(), result.bytes.data() + 16);
  store_big_endian(digest.d(), result.bytes.data() + 24);
  return result;
}

}  // namespace wattledger
