// When a charge or a sale begins, goes on and ends, and what is told of it.
#include "tests/policy/steered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::InverterMode;
using fb::SessionChange;

struct Row {
  const char* name;
  SessionChange change;
  const char* reason;
  std::function<void(SteeredHouse&)> how;
  UtcTime at;
};

const UtcTime then = noon + minutes(10);
void general(SteeredHouse& house) { house.command(then, InverterMode::general); }

std::vector<Row> ended_by_decision() {
  return {
      {"full", SessionChange::completed, "its target of 90 % is reached",
       [](SteeredHouse& h) {
         h.read(then, 9'000, -5'000, 12'000).decide(then, Action::self_use);
         general(h);
       },
       then},
      {"the owner", SessionChange::cancelled, "the owner wants something else",
       [](SteeredHouse& h) {
         h.decide(then, Action::self_use, {}, fb::Rule::owner_override);
         general(h);
       },
       then},
      {"safety", SessionChange::cancelled, "a safety limit",
       [](SteeredHouse& h) {
         h.decide(then, Action::stop, {}, fb::Rule::latched_safety);
         general(h);
       },
       then},
      {"another price", SessionChange::cancelled, "decided otherwise: serve_house",
       [](SteeredHouse& h) {
         h.decide(then, Action::self_use, {}, fb::Rule::serve_house);
         general(h);
       },
       then},
  };
}

std::vector<Row> ended_otherwise() {
  return {
      {"control taken back", SessionChange::cancelled, "control is no longer on",
       [](SteeredHouse& h) {
         fb::CoordinatorStateChangedT changed;
         changed.control_mode = fb::ControlMode::advise;
         h.tell(then, changed);
         general(h);
       },
       then},
      {"the coordinator stops", SessionChange::cancelled, "the coordinator stopped",
       [](SteeredHouse& h) {
         fb::CoordinatorStoppedT stopped;
         stopped.inverter_released = true;
         h.tell(then, stopped);
       },
       then},
      {"let go while the clock is doubted", SessionChange::cancelled,
       "the coordinator let the inverter go", general, then},
      {"three failures, and given up", SessionChange::failed, "its commands failed",
       [](SteeredHouse& h) {
         h.tell(then, fault(fb::Fault::command_not_applied));
         general(h);
       },
       then},
      {"somebody else's hand", SessionChange::failed, "somebody else changed the inverter's mode",
       [](SteeredHouse& h) {
         fb::ForeignChangeSeenT foreign;
         foreign.mode_found = InverterMode::general;
         h.tell(then, foreign);
         h.command(then, InverterMode::charge, noon + minutes(30));  // taken back at once
       },
       then},
      {"silent past the end", SessionChange::failed, "the inverter did not answer before its end",
       [](SteeredHouse& h) {
         h.decide(then, Action::charge, noon + hours(2));
         h.decide(noon + minutes(20), Action::self_use, {}, fb::Rule::data_stale);
       },
       noon + minutes(31)},
      {"not renewed", SessionChange::failed, "it ended and was not renewed",
       [](SteeredHouse& h) {
         h.decide(then, Action::charge, noon + hours(2));
         h.read(noon + minutes(29), 6'000, -5'000, 12'000);
       },
       noon + minutes(31)},
  };
}

void check_ends(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    SteeredHouse house = SteeredHouse::charging();
    row.how(house);
    const auto told = house.charge(row.at);
    CHECK(told.change == row.change);
    CHECK(told.reason == row.reason);
    CHECK(told.ended_us == to_us(std::min(row.at, noon + minutes(30))));
    CHECK_FALSE(house.state().sessions.charge.has_value());
  }
}

}  // namespace

TEST_SUITE("policy/session changes") {
  TEST_CASE("a charge begins when the inverter confirmed it and the battery shows it") {
    SteeredHouse house;
    house.decide(noon, Action::charge, noon + minutes(30));
    CHECK(house.charges(noon).empty());
    house.command(noon, InverterMode::charge, noon + minutes(30));
    const Sequence command = house.state().inverter.command;
    CHECK(house.charges(noon).empty());
    house.read(noon + seconds(10), 5'000, -60, 10'000);
    CHECK(house.charges(noon + seconds(10)).empty());
    house.read(noon + seconds(20), 5'000, -4'900, 10'000);
    const auto begun = house.charge(noon + seconds(20));
    CHECK(begun.change == SessionChange::started);
    CHECK(begun.session == "charge-" + std::to_string(command.value));
    CHECK(begun.started_us == to_us(noon + seconds(20)));
    CHECK(begun.planned_end_us == to_us(noon + minutes(30)));
    CHECK(begun.start_soc_bp == std::uint16_t{5'000});
    CHECK(begun.target_soc_bp == std::uint16_t{9'000});
    CHECK_FALSE(begun.energy_mwh.has_value());
    CHECK(house.charges(noon + seconds(30)).empty());
  }

  TEST_CASE("nothing begins that is not ours, not wanted, or not shown now") {
    const UtcTime then = noon + seconds(20);
    const auto begins = [&](const std::function<void(SteeredHouse&)>& differently,
                            fb::ControlMode control = fb::ControlMode::on) {
      SteeredHouse house(control);
      house.decide(noon, Action::charge, noon + minutes(30))
          .command(noon, InverterMode::charge, noon + minutes(30))
          .read(noon + seconds(10), 5'000, -4'900, 10'000);
      differently(house);
      return !house.charges(then).empty();
    };
    CHECK(begins([](SteeredHouse&) {}));
    CHECK_FALSE(begins([](SteeredHouse&) {}, fb::ControlMode::advise));
    CHECK_FALSE(begins([&](SteeredHouse& h) { h.decide(then, Action::self_use); }));
    CHECK_FALSE(begins([&](SteeredHouse& h) { h.tell(then, fb::CommandFailedT{}); }));
    CHECK_FALSE(begins([&](SteeredHouse& h) {
      fb::ForeignChangeSeenT foreign;
      foreign.mode_found = InverterMode::charge;
      h.tell(then, foreign);
    }));
    CHECK_FALSE(begins([&](SteeredHouse& h) {
      fb::ReadingRecordedT stuck = metered(5'000, -4'900, 10'000);
      stuck.quality = fb::Quality::implausible;
      h.tell(then, stuck);
    }));
    CHECK_FALSE(begins([&](SteeredHouse& h) { h.tell(then, reading(5'000)); }));
  }

  TEST_CASE("at each slot it is told what a charge came to so far") {
    SteeredHouse house = SteeredHouse::charging();
    house.read(noon + minutes(14), 6'000, -5'000, 11'100);
    CHECK(house.charges(noon + minutes(14)).empty());
    house.read(noon + minutes(15), 6'200, -5'000, 11'250);
    const auto told = house.charge(noon + minutes(15));
    CHECK(told.change == SessionChange::progressed);
    CHECK(told.energy_mwh == 1'250'000);
    CHECK(told.grid_energy_mwh == 1'250'000);
    CHECK(told.cost_e8 == 125'000'000);
    CHECK(told.average_price_e8 == 100'000'000);
    CHECK(told.end_soc_bp == std::uint16_t{6'200});
    CHECK(house.charges(noon + minutes(16)).empty());
  }

  TEST_CASE("a charge is completed when its planned end came, with what the meter says") {
    SteeredHouse house = SteeredHouse::charging();
    house.read(noon + minutes(15), 6'200, -5'000, 11'250);
    (void)house.charges(noon + minutes(15));
    const UtcTime end = noon + minutes(30);
    house.read(end, 7'400, -5'000, 12'500).decide(end, Action::self_use);
    house.command(end, InverterMode::general);
    const auto told = house.charge(end);
    CHECK(told.change == SessionChange::completed);
    CHECK(told.reason == "its planned end came");
    CHECK(told.ended_us == to_us(end));
    CHECK(told.energy_mwh == 2'500'000);
    CHECK(told.cost_e8 == 125'000'000 + 250'000'000);
    CHECK(told.average_price_e8 == 150'000'000);
    CHECK(told.unmetered_s == 0U);
    CHECK(told.unpriced_s == 0U);
    CHECK_FALSE(house.state().sessions.charge.has_value());
    CHECK(house.state().sessions.charged_to == BasisPoints(7'400));
    CHECK(house.charges(end + minutes(1)).empty());
  }

  TEST_CASE("how a charge ends") {
    check_ends(ended_by_decision());
    check_ends(ended_otherwise());
  }

  TEST_CASE(
      "a charge goes on while the mode is renewed, and while an ended decision waits for it") {
    SteeredHouse house = SteeredHouse::charging();
    house.decide(noon + minutes(10), Action::charge, noon + hours(1))
        .command(noon + minutes(10), InverterMode::charge, noon + hours(1));
    CHECK(house.charges(noon + minutes(10)).empty());
    // Decided otherwise, and the inverter does not answer: it still charges.
    house.decide(noon + minutes(12), Action::self_use)
        .tell(noon + minutes(12), fb::CommandFailedT{});
    CHECK(house.charges(noon + minutes(12)).empty());
    CHECK(house.state().sessions.charge->planned_end == noon + hours(1));
  }

  TEST_CASE("an inverter's day ends at 23:59, and with it a charge that goes on after midnight") {
    const UtcTime late = utc("2025-10-01T21:30:00Z");
    SteeredHouse house;
    house.decide(late, Action::charge, late + hours(2))
        .command(late, InverterMode::charge, late + minutes(29))
        .read(late, 3'000, -5'000, 10'000);
    CHECK(house.charge(late).change == SessionChange::started);
    house.read(late + minutes(28), 4'000, -5'000, 12'000)
        .command(late + minutes(29), InverterMode::general);
    const auto told = house.charge(late + minutes(29));
    CHECK(told.change == SessionChange::completed);
    CHECK(told.reason == "the inverter's own day ended");
  }

  TEST_CASE("what nobody metered is told as unmetered, never as nothing") {
    SteeredHouse house = SteeredHouse::charging();
    house.decide(noon + minutes(30), Action::self_use)
        .command(noon + minutes(30), InverterMode::general);
    const auto told = house.charge(noon + minutes(30));
    CHECK_FALSE(told.energy_mwh.has_value());
    CHECK_FALSE(told.cost_e8.has_value());
    CHECK(told.unmetered_s == 1'800U);
  }

  TEST_CASE("a sale has its floor, its power and what was sold") {
    SteeredHouse house;
    house.decide(noon, Action::sell, noon + minutes(30), fb::Rule::sale, 6'000)
        .command(noon, InverterMode::discharge, noon + minutes(30))
        .read(noon, 8'000, 4'000, 5'000);
    auto told = house.sales(noon);
    REQUIRE(told.size() == 1);
    CHECK(told[0].change == SessionChange::started);
    CHECK(told[0].session.rfind("sale-", 0) == 0);
    CHECK(told[0].power_w == 5'000);
    CHECK(told[0].floor_soc_bp == std::uint16_t{6'000});
    house.read(noon + minutes(10), 6'000, 4'000, 5'700)
        .decide(noon + minutes(10), Action::self_use);
    house.command(noon + minutes(10), InverterMode::general);
    told = house.sales(noon + minutes(10));
    REQUIRE(told.size() == 1);
    CHECK(told[0].change == SessionChange::completed);
    CHECK(told[0].reason == "its target of 60 % is reached");
    CHECK(told[0].exported_mwh == 700'000);
    CHECK(told[0].revenue_e8 == 70'000'000);
    CHECK(house.state().sessions.sold == BasisPoints(2'000));
  }

  TEST_CASE("from a charge to a sale: the one ends before the other begins") {
    SteeredHouse house = SteeredHouse::charging();
    const UtcTime then = noon + minutes(10);
    house.decide(then, Action::sell, noon + hours(1), fb::Rule::sale, 3'000)
        .command(then, InverterMode::discharge, noon + hours(1))
        .read(then + seconds(1), 6'000, 4'000, 10'500);
    const UtcTime shown = then + seconds(20);
    house.read(shown, 6'000, 4'000, 10'500);
    const std::vector<fb::EventT> first = look_at_sessions(house.state(), shown);
    REQUIRE(first.size() == 1);
    REQUIRE(first[0].fact.AsChargingSessionChanged() != nullptr);
    CHECK(first[0].fact.AsChargingSessionChanged()->change == SessionChange::cancelled);
    house.tell(shown, *first[0].fact.AsChargingSessionChanged());
    CHECK(house.sales(shown).size() == 1);
  }
}

}  // namespace wattledger::policy
