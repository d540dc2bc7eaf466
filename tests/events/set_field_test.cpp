#include "events/set_field.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "events/catalogue.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger {
namespace {

const flatbuffers::TypeTable& table_of(Kind kind) {
  if (kind == Kind::ReadingRecorded) return *fb::ReadingRecordedTypeTable();
  if (kind == Kind::DecisionMade) return *fb::DecisionMadeTypeTable();
  if (kind == Kind::ChargingSessionChanged) return *fb::ChargingSessionChangedTypeTable();
  if (kind == Kind::SellingSessionChanged) return *fb::SellingSessionChangedTypeTable();
  return *fb::WeatherObservedTypeTable();
}

fb::EventT reading() {
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = std::uint16_t{5'000};
  return testing::event(testing::at_s(0), fact);
}

}  // namespace

TEST_SUITE("events/set_field") {
  TEST_CASE("every single value of a kind that projections show can be set, by its schema name") {
    for (const Kind kind : {Kind::ReadingRecorded, Kind::DecisionMade, Kind::ChargingSessionChanged,
                            Kind::SellingSessionChanged, Kind::WeatherObserved}) {
      const flatbuffers::TypeTable& table = table_of(kind);
      for (std::size_t i = 0; i < table.num_elems; ++i) {
        const flatbuffers::TypeCode& code = table.type_codes[i];
        const bool single = code.is_repeating == 0 && code.base_type != flatbuffers::ET_SEQUENCE;
        CAPTURE(std::string(kind_name(kind)));
        CAPTURE(std::string(table.names[i]));
        CHECK(can_set_field(kind, table.names[i]) == single);
      }
    }
    CHECK(!can_set_field(Kind::PolicyAdopted, "text"));
    CHECK(!can_set_field(Kind::ReadingRecorded, "tried"));
  }

  TEST_CASE("numbers, words, booleans, strings; unknown leaves out what may be absent") {
    fb::EventT event = reading();
    const auto& fact = *event.fact.AsReadingRecorded();
    CHECK(set_field(event, "battery_soc_bp", "6400"));
    CHECK(fact.battery_soc_bp == std::uint16_t{6'400});
    CHECK(set_field(event, "grid_power_w", "-100"));
    CHECK(fact.grid_power_w == -100);
    CHECK(set_field(event, "quality", "implausible"));
    CHECK(fact.quality == fb::Quality::implausible);
    CHECK(set_field(event, "forced_mode", "charge"));
    CHECK(fact.forced_mode == fb::InverterMode::charge);
    CHECK(set_field(event, "fast_charging", "true"));
    CHECK(fact.fast_charging == true);
    CHECK(set_field(event, "battery_soc_bp", "unknown"));
    CHECK(!fact.battery_soc_bp);
    CHECK(!set_field(event, "device", "unknown"));
    fb::EventT session = testing::event(testing::at_s(0), fb::ChargingSessionChangedT{});
    CHECK(set_field(session, "session", "20251001_1"));
    CHECK(session.fact.AsChargingSessionChanged()->session == "20251001_1");
    CHECK(encode(event).has_value());
  }

  TEST_CASE("what a field cannot hold changes nothing") {
    fb::EventT event = reading();
    using Wrong = std::pair<std::string, std::string>;
    for (const Wrong& wrong :
         {Wrong("battery_soc_bp", "65536"), Wrong("battery_soc_bp", "-1"),
          Wrong("battery_soc_bp", "64.0"), Wrong("battery_soc_bp", ""), Wrong("quality", "bad"),
          Wrong("fast_charging", "yes"), Wrong("session", "x"), Wrong("", "1")}) {
      CAPTURE(wrong.first);
      CAPTURE(wrong.second);
      CHECK(!set_field(event, wrong.first, wrong.second));
    }
    CHECK(event.fact.AsReadingRecorded()->battery_soc_bp == std::uint16_t{5'000});
  }
}

}  // namespace wattledger
