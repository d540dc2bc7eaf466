#include "events/upcast.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/event_builders.hpp"

namespace wattledger {
namespace {

void nothing(const EventView& /*from*/, fb::EventT& /*to*/) {}

}  // namespace

TEST_SUITE("events/upcast") {
  TEST_CASE("an event of an old kind is read as the new one, with all else that it says") {
    fb::SourceRecoveredT fact;
    fact.provider = "pse";
    fact.failed = std::uint64_t{7};
    fact.outage_s = 90U;
    fb::EventT event = testing::event(testing::at_s(5), fact);
    event.source_name = "uid:1000";
    event.cause = std::uint64_t{6};
    const auto encoded = encode(event);
    REQUIRE(encoded.has_value());
    const auto newer = upcast(*encoded->view());
    REQUIRE(newer.has_value());
    CHECK(newer->kind() == Kind::SourceRecovered2);
    const fb::EventT native = newer->view()->unpack();
    CHECK(native.occurred_at_us == event.occurred_at_us);
    CHECK(native.source_name == "uid:1000");
    CHECK(native.cause == event.cause);
    const auto* now = native.fact.AsSourceRecovered2();
    REQUIRE(now != nullptr);
    CHECK(now->provider == "pse");
    CHECK(now->failed == fact.failed);
    CHECK(now->outage_ms == std::uint64_t{90'000});
    CHECK(!upcast(*newer->view()).has_value());
  }

  TEST_CASE("what was not said stays unsaid") {
    const auto encoded = encode(testing::event(testing::at_s(5), fb::SourceRecoveredT()));
    REQUIRE(encoded.has_value());
    const auto newer = upcast(*encoded->view());
    REQUIRE(newer.has_value());
    const fb::EventT native = newer->view()->unpack();
    CHECK(!native.fact.AsSourceRecovered2()->outage_ms.has_value());
    CHECK(!native.fact.AsSourceRecovered2()->failed.has_value());
  }

  TEST_CASE("every kind with a successor has its upcaster, and a gap is said by name") {
    CHECK(check_upcasters(upcasters()).has_value());
    const auto said = [](const std::vector<Upcaster>& all) {
      const auto checked = check_upcasters(all);
      return checked ? std::string() : checked.error().what;
    };
    const Upcaster right = upcasters().front();
    CHECK(said({}) == "no upcaster from SourceRecovered to SourceRecovered2");
    CHECK(said({right, right}).find("more than one") == 0);
    CHECK(said({{Kind::SourceRecovered, Kind::AlertEnded, 1, nothing}}).find("more than one") == 0);
    CHECK(said({right, {Kind::AlertEnded, Kind::AlertRaised, 1, nothing}})
              .find("an upcaster from AlertEnded") == 0);
  }
}

}  // namespace wattledger
