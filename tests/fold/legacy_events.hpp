// A small language for tests of the legacy rows: a house in Warsaw whose events are told in one
// line each.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "projections/fold/legacy_rows.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::fold {

// 2025-10-26T01:00:00Z ends summer time.
inline const UtcTime autumn_change = utc_from_us(1'761'440'400'000'000);

class LegacyHouse {
 public:
  LegacyHouse() {
    fb::SiteAdoptedT site;
    site.device_model = "GW10K-ET";
    site.device_serial = "SAMPLE0000000001";
    site.transitions = {fb::ZoneTransition(1'743'296'400'000'000, 7200),
                        fb::ZoneTransition(to_us(autumn_change), 3600)};
    tell(autumn_change - std::chrono::days(30), site);
  }

  // Encodes, folds and derives; answers the rows the event added.
  template <class FactT>
  std::vector<LegacyRow> tell(UtcTime at, FactT fact) {
    return tell(testing::event(at, std::move(fact)));
  }
  std::vector<LegacyRow> tell(const fb::EventT& event) {
    const UtcTime at = utc_from_us(event.occurred_at_us);
    const auto encoded = encode(event);
    REQUIRE(encoded.has_value());
    std::vector<std::uint64_t> aligned(encoded->bytes().size() / 8);
    std::copy(encoded->bytes().begin(), encoded->bytes().end(),
              reinterpret_cast<std::byte*>(aligned.data()));
    const auto view = decode(encoded->kind(), std::as_bytes(std::span(aligned)));
    REQUIRE(view.has_value());
    ++sequence_.value;
    const UtcTime recorded_at = at + std::chrono::milliseconds(20);
    evolve(state_, sequence_, recorded_at, *view);
    std::vector<LegacyRow> rows;
    derive_rows(memory_, state_, {sequence_, recorded_at, *view, *view}, {}, rows);
    return rows;
  }

  void adopt(PolicySettings settings) {
    fb::PolicyAdoptedT policy;
    policy.text = render_policy(settings);
    policy.digest = std::make_unique<fb::Digest256>();
    tell(autumn_change - std::chrono::days(29), policy);
    REQUIRE(state_.policy.has_value());
  }

  [[nodiscard]] const State& state() const { return state_; }

 private:
  State state_;
  LegacyRowsState memory_;
  Sequence sequence_;
};

template <class Row>
std::vector<Row> only(const std::vector<LegacyRow>& rows) {
  std::vector<Row> result;
  for (const LegacyRow& each : rows)
    if (const auto* row = std::get_if<Row>(&each.row)) result.push_back(*row);
  return result;
}

}  // namespace wattledger::fold
