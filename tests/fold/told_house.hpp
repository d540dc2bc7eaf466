// A small language for tests of the fold and of what decides by it: a house in Warsaw, told its
// events one line each. What is folded has been encoded and decoded, as in the log.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "projections/fold/state.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::testing {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// "2025-10-01T06:00:00Z"; UTC unless it says otherwise.
inline UtcTime utc(const std::string& text) {
  const auto time = parse_time(text, ZoneOffsets{});
  REQUIRE_MESSAGE(time.has_value(), text);
  return *time;
}

// Warsaw's clock changes of 2025 and 2026.
inline fb::SiteAdoptedT warsaw() {
  fb::SiteAdoptedT site;
  site.site = "home";
  site.device_model = "GW10K-ET";
  site.device_serial = "SAMPLE0000000001";
  site.zone = "Europe/Warsaw";
  site.transitions = {fb::ZoneTransition(to_us(utc("2024-10-27T01:00:00Z")), 3600),
                      fb::ZoneTransition(to_us(utc("2025-03-30T01:00:00Z")), 7200),
                      fb::ZoneTransition(to_us(utc("2025-10-26T01:00:00Z")), 3600),
                      fb::ZoneTransition(to_us(utc("2026-03-29T01:00:00Z")), 7200)};
  return site;
}

inline fb::PolicyAdoptedT adopted(const fold::PolicySettings& settings) {
  fb::PolicyAdoptedT policy;
  policy.text = fold::render_policy(settings);
  policy.digest = std::make_unique<fb::Digest256>();
  return policy;
}

inline std::unique_ptr<fb::SeriesT> series(UtcTime start, std::vector<std::int64_t> values,
                                           std::uint32_t step_s = 900,
                                           std::vector<std::uint16_t> absent = {}) {
  auto result = std::make_unique<fb::SeriesT>();
  result->start_us = to_us(start);
  result->step_s = step_s;
  result->values = std::move(values);
  result->absent = std::move(absent);
  return result;
}

inline fb::PricesPublishedT prices(std::unique_ptr<fb::SeriesT> slots,
                                   fb::PriceKind kind = fb::PriceKind::day_ahead) {
  fb::PricesPublishedT fact;
  fact.kind = kind;
  fact.currency = "PLN";
  fact.prices_e8.push_back(std::move(slots));
  return fact;
}

inline fb::ReadingRecordedT reading(std::optional<int> soc_bp) {
  fb::ReadingRecordedT fact;
  if (soc_bp) fact.battery_soc_bp = static_cast<std::uint16_t>(*soc_bp);
  return fact;
}

class ToldHouse {
 public:
  // The state after one more event, recorded 20 ms after it happened.
  template <class FactT>
  ToldHouse& tell(UtcTime at, FactT fact) {
    const fb::EventT told = event(at, std::move(fact));
    const auto encoded = encode(told);
    REQUIRE(encoded.has_value());
    std::vector<std::uint64_t> aligned(encoded->bytes().size() / 8);
    std::copy(encoded->bytes().begin(), encoded->bytes().end(),
              reinterpret_cast<std::byte*>(aligned.data()));
    const auto view = decode(encoded->kind(), std::as_bytes(std::span(aligned)));
    REQUIRE(view.has_value());
    sequence_ = sequence_.next();
    fold::evolve(state_, sequence_, at + std::chrono::milliseconds(20), *view);
    return *this;
  }

  [[nodiscard]] const fold::State& state() const { return state_; }
  [[nodiscard]] Sequence last() const { return sequence_; }

 private:
  fold::State state_;
  Sequence sequence_;
};

}  // namespace wattledger::testing
