// Old kinds of events, read as the kinds that took their place. A change of an event that is not an
// addition is a new kind (Name2 after Name); the records of the old one stay as they are for ever,
// and whoever folds or derives sees the new one alone. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "events/codec.hpp"

namespace wattledger {

// The event as the newest kind that its own became; nullopt for an event of a current kind.
[[nodiscard]] std::optional<EncodedEvent> upcast(const EventView& event);

// What the upcasters do: whoever keeps what was folded through them compares it.
[[nodiscard]] std::string upcasters_text();

struct Upcaster {
  Kind from = Kind::NONE;
  Kind to = Kind::NONE;
  std::uint32_t revision = 1;  // raised when it maps otherwise
  void (*map)(const EventView& from, fb::EventT& to) = nullptr;
};
[[nodiscard]] std::span<const Upcaster> upcasters();

// Every kind with a successor of its name has exactly one upcaster, to that successor, and there is
// no other. Checked at each start; the error names what is missing.
Result<void> check_upcasters(std::span<const Upcaster> all);

}  // namespace wattledger
