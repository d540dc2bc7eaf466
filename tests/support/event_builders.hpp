// Events for tests, with few words.
#pragma once

#include <utility>

#include "events/codec.hpp"

namespace wattledger::testing {

// An event that occurred at `at`, holding `fact`.
template <class FactT>
fb::EventT event(UtcTime at, FactT fact, fb::Source source = fb::Source::daemon) {
  fb::EventT result;
  result.occurred_at_us = to_us(at);
  result.source = source;
  result.fact.Set(std::move(fact));
  return result;
}

// 2025-10-01T00:00:00Z plus seconds.
inline UtcTime at_s(std::int64_t seconds) {
  return utc_from_us((1'759'276'800 + seconds) * 1'000'000);
}

}  // namespace wattledger::testing
