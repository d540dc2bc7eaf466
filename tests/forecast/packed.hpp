// An event as the log has it: encoded, and seen through its view.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "tests/support/event_builders.hpp"

namespace wattledger::testing {

class Packed {
 public:
  explicit Packed(const fb::EventT& event) {
    const auto encoded = encode(event);
    REQUIRE(encoded.has_value());
    words_.resize(encoded->bytes().size() / 8);
    std::copy(encoded->bytes().begin(), encoded->bytes().end(),
              reinterpret_cast<std::byte*>(words_.data()));
    view_.emplace(*decode(encoded->kind(), std::as_bytes(std::span(words_))));
  }
  template <class FactT>
  Packed(UtcTime at, FactT fact) : Packed(event(at, std::move(fact))) {}
  Packed(const Packed&) = delete;
  Packed& operator=(const Packed&) = delete;

  [[nodiscard]] const EventView& operator*() const { return *view_; }

 private:
  std::vector<std::uint64_t> words_;
  std::optional<EventView> view_;
};

}  // namespace wattledger::testing
