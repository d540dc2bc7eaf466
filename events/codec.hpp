// The one door between bytes and events. Facts go in as native structs (fb::…T, made by flatc from schemas/), come out as
// views into the record's bytes.
//
// Threads: every function is pure. Lifetime: an EventView is valid as long as the bytes it was made from; views of a log's
// record end with its Snapshot: never store one, never pass one to another thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "event_generated.h"
#include "events/identity.hpp"
#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger {

// An event's kind is its position in the union fb::Fact, for ever.
using Kind = fb::Fact;
inline constexpr Kind kind_max = fb::Fact::MAX;

// Limit of one event's bytes; larger ones are refused when encoding and when reading.
inline constexpr std::size_t event_bytes_max = 1U << 20U;

class EventView;

// Encoded event, length a multiple of 8, first byte meant for an 8-aligned address.
class EncodedEvent {
 public:
  // Of bytes from elsewhere: they are verified when they are viewed.
  EncodedEvent(Kind kind, std::vector<std::byte> bytes) : kind_(kind), bytes_(std::move(bytes)) {}
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  // Ends with this event. Errors are decode's; what `encode` made needs no second look.
  [[nodiscard]] Result<EventView> view() const;

 private:
  friend Result<EncodedEvent> encode(const fb::EventT& event);
  Kind kind_;
  std::vector<std::byte> bytes_;
  bool made_here_ = false;
};

// Refuses an event without a fact, of a kind beyond the catalogue, with an enum out of range, or too large.
[[nodiscard]] Result<EncodedEvent> encode(const fb::EventT& event);

// A verified view. Construct only through `decode`.
class EventView {
 public:
  [[nodiscard]] Kind kind() const { return event_->fact_type(); }
  [[nodiscard]] const fb::Event& event() const { return *event_; }
  [[nodiscard]] UtcTime occurred_at() const { return utc_from_us(event_->occurred_at_us()); }
  // nullptr if the fact is of another kind.
  template <class Fact>
  [[nodiscard]] const Fact* as() const { return event_->fact_as<Fact>(); }
  // An owning copy of everything.
  [[nodiscard]] fb::EventT unpack() const;

 private:
  friend class EncodedEvent;
  friend Result<EventView> decode(Kind kind, std::span<const std::byte> bytes);
  explicit EventView(const fb::Event& event) : event_(&event) {}
  const fb::Event* event_;
};

// Verifies length, alignment (8, of vectors' elements too), FlatBuffers structure, that `kind` equals the union's member, and
// every enum's range.
[[nodiscard]] Result<EventView> decode(Kind kind, std::span<const std::byte> bytes);

// True when every enum field of the event has a known value. FlatBuffers' own verifier does not look.
[[nodiscard]] bool enums_in_range(const fb::Event& event);

// True when every element of a vector of 8-byte values stands at an address divisible by 8.
// FlatBuffers' own verifier does not look.
[[nodiscard]] bool vectors_aligned(const fb::Event& event);

// "ReadingRecorded"; empty for a kind beyond the catalogue.
[[nodiscard]] std::string_view kind_name(Kind kind);
// NONE if there is none of that name.
[[nodiscard]] Kind kind_from_name(std::string_view name);

// One line of JSON with every field by its schema name, enums as words, absent fields left out.
[[nodiscard]] std::string event_json(const EventView& event);

// Between native ids and the generated structs.
[[nodiscard]] fb::Id128 to_fb(const Id128& id);
[[nodiscard]] Id128 from_fb(const fb::Id128& id);
[[nodiscard]] fb::Digest256 to_fb(const Digest& digest);
[[nodiscard]] Digest from_fb(const fb::Digest256& digest);

}  // namespace wattledger
