// The reconciler against a simulated unit that responds slowly, ramps, and breaks in every way that
// the simulator knows: whatever happens, in the end the battery does what was wished, or a fault
// says that it does not and the house is served.
#include <rapidcheck.h>

#include <array>
#include <string>

#include "coordinator/daemon/actuator.hpp"
#include "coordinator/simulator/house_impl.hpp"
#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using fb::Action;
using simulator::HouseFault;
using simulator::Misbehaviour;

namespace {

constexpr std::chrono::seconds poll_every{10};
// Three attempts, then one a slot: within two slots after the last fault all is well, or known not
// to be.
constexpr std::chrono::minutes settled_within{31};

// Ten in the morning, so that no midnight comes between.
UtcTime morning() { return at_s(10 * 3'600); }

struct Plant : DaemonFixture {
  explicit Plant(std::string_view profile = "et") {
    simulator::HouseOptions options;
    options.profile = *simulator::profile_named(profile);
    house =
        std::make_unique<simulator::House>(options, simulator::HouseYear::generate(1), morning());
    house->set_pv(Watts(0));
    house->set_load(Watts(700));
    auto started = simulator::ModbusServer::start(*house, 0);
    REQUIRE(started.has_value());
    server = std::move(*started);
    inverter::ModbusOptions where;
    where.port = server->port();
    where.timeout = std::chrono::milliseconds(15);
    unit = inverter::make_modbus_inverter(where);
    clock.set(morning());
    steering();
    actuator = std::make_unique<daemon::Actuator>(*journal, *unit);
  }

  void want(Action action, std::int32_t power = 3'000) {
    fb::DecisionMadeT decision;
    decision.action = action;
    if (action != Action::self_use) {
      decision.power_w = power;
      const int target = action == Action::charge ? 9'000 : action == Action::hold ? 5'000 : 2'000;
      decision.target_soc_bp = static_cast<std::uint16_t>(target);
      decision.until_us = to_us(morning() + std::chrono::hours(6));
    }
    given(std::move(decision));
  }
  // A poll as the daemon's tick has it.
  void pass() {
    house->advance(house->now() + poll_every);
    const UtcTime now = house->now();
    clock.set(now);
    const auto reading = unit->poll(now, ZoneOffsets());
    if (reading) {
      REQUIRE(actuator->look_for_foreign_hand(*reading, now).has_value());
      REQUIRE(actuator->watch_effect(*reading, now).has_value());
    }
    REQUIRE(actuator->reconcile(now).has_value());
  }
  void pass_for(std::chrono::seconds time) {
    for (const UtcTime end = house->now() + time; house->now() < end;) pass();
  }
  // Somebody at the app, past our connection.
  void hand(std::uint16_t address, std::vector<std::uint16_t> words) {
    REQUIRE(house->impl().write(address, words, words.size() > 1) == simulator::Exception::none);
  }

  [[nodiscard]] bool does(Action action) const {
    const std::int64_t power = house->battery_power().count();
    switch (action) {
      case Action::charge:
        return power <= -2'500;
      case Action::hold:
        return power <= 100 && power >= -200;
      case Action::sell:
        return power >= 2'500;
      case Action::self_use:
      case Action::stop:
        break;
    }
    return power == 700 && !house->in_forced_mode();
  }
  [[nodiscard]] bool has_fault() const {
    const auto state = journal->state();
    return std::any_of(state.faults.begin(), state.faults.end(), [](const auto& each) {
      return each.fault == fb::Fault::command_not_applied;
    });
  }

  std::unique_ptr<simulator::House> house;
  std::unique_ptr<simulator::ModbusServer> server;
  std::unique_ptr<inverter::Inverter> unit;
  std::unique_ptr<daemon::Actuator> actuator;
};

constexpr std::array wanted{Action::self_use, Action::charge, Action::hold, Action::sell};

struct Present {
  const char* name;
  void (*make)(Plant&);
};
constexpr std::array presents{
    Present{"general mode", [](Plant&) {}},
    Present{"our own charge",
            [](Plant& plant) {
              plant.want(Action::charge);
              plant.pass_for(std::chrono::minutes(1));
            }},
    Present{"an eco charge of all days",
            [](Plant& plant) {
              plant.hand(47547, {0x0000, 0x173B, 0xFF7F, 0xFFCE, 100, 0});
              plant.hand(47000, {3});
            }},
    Present{"backup mode", [](Plant& plant) { plant.hand(47000, {2}); }},
    Present{"EMS standby",
            [](Plant& plant) {
              plant.hand(47511, {8, 0});
            }},
    Present{"a fast charge", [](Plant& plant) { plant.hand(47545, {1}); }},
};

struct Trouble {
  const char* name;
  Misbehaviour how;
  std::optional<HouseFault> fault;
};
constexpr std::array troubles{
    Trouble{"none", Misbehaviour::none, {}},
    Trouble{"silence", Misbehaviour::silent, {}},
    Trouble{"late answers", Misbehaviour::late, {}},
    Trouble{"garbage", Misbehaviour::garbage, {}},
    Trouble{"trailing bytes", Misbehaviour::trailing, {}},
    Trouble{"wrong lengths", Misbehaviour::wrong_length, {}},
    Trouble{"split answers", Misbehaviour::split, {}},
    Trouble{"exceptions", Misbehaviour::exceptions, {}},
    Trouble{"closed connections", Misbehaviour::disconnect, {}},
    Trouble{"ignored writes", Misbehaviour::ignore_writes, {}},
    Trouble{"frozen values", Misbehaviour::none, HouseFault::frozen_values},
    Trouble{"a BMS that refuses charge", Misbehaviour::none, HouseFault::bms_refuses_charge},
    Trouble{"no grid", Misbehaviour::none, HouseFault::grid_loss},
};

void begin(Plant& plant, const Trouble& trouble) {
  plant.server->misbehave(trouble.how);
  if (trouble.fault) plant.house->set_fault(*trouble.fault, true);
}
void end(Plant& plant, const Trouble& trouble) {
  plant.server->misbehave(Misbehaviour::none);
  if (trouble.fault) plant.house->set_fault(*trouble.fault, false);
}

}  // namespace

TEST_SUITE("daemon/reconciler") {
  TEST_CASE("wanted state, present state, fault: when the fault is over the battery obeys") {
    for (const Action action : wanted) {
      for (const Present& present : presents) {
        for (const Trouble& trouble : troubles) {
          const std::string about =
              std::string(fb::EnumNameAction(action)) + ", " + present.name + ", " + trouble.name;
          CAPTURE(about);
          Plant plant;
          present.make(plant);
          begin(plant, trouble);
          plant.want(action);
          // What the registers show fails at once, what only the battery shows needs its time.
          const bool seen_at_once = trouble.how != Misbehaviour::ignore_writes && !trouble.fault;
          plant.pass_for(std::chrono::seconds(seen_at_once ? 40 : 120));
          end(plant, trouble);
          for (const UtcTime latest = plant.house->now() + settled_within;
               plant.house->now() < latest && !(plant.does(action) && !plant.has_fault());)
            plant.pass();
          CHECK(plant.does(action));
          CHECK_FALSE(plant.has_fault());
        }
      }
    }
  }

  TEST_CASE("a sale that ends at the unit's own depth of discharge is no failure") {
    Plant plant;
    plant.hand(45356, {60});  // of a battery at 50 %
    plant.want(Action::sell);
    plant.pass_for(std::chrono::minutes(5));
    CHECK(plant.house->battery_power() == Watts(0));
    CHECK(plant.count(Kind::CommandConfirmed) >= 1);
    CHECK(plant.count(Kind::CommandFailed) == 0);
  }

  TEST_CASE("somebody who changes the depth of discharge is seen within five minutes") {
    for (const auto mode : {fb::ControlMode::on, fb::ControlMode::advise}) {
      CAPTURE(mode);
      Plant plant;
      fb::CoordinatorStartedT started;
      started.control_mode = mode;
      plant.given(std::move(started));
      plant.want(Action::self_use);
      plant.pass_for(std::chrono::minutes(2));
      CHECK(plant.count(Kind::ForeignChangeSeen) == 0);
      plant.hand(45356, {35});
      plant.pass_for(std::chrono::minutes(5) + std::chrono::seconds(30));
      CHECK(plant.count(Kind::ForeignChangeSeen) == 1);
    }
  }

  TEST_CASE("every kind of unit obeys, and serves the house within an hour when nobody is left") {
    for (const char* profile : {"et", "et-old", "eh", "et-745", "et-25k"}) {
      for (const Action action : wanted) {
        const std::string about = std::string(profile) + ", " + fb::EnumNameAction(action);
        CAPTURE(about);
        Plant plant(profile);
        plant.want(action);
        plant.pass_for(std::chrono::minutes(3));
        CHECK(plant.does(action));
        CHECK_FALSE(plant.has_fault());
        CHECK(plant.count(Kind::CommandIssued) == 1);
        plant.actuator.reset();  // as by SIGKILL: no more pass, no way down
        plant.house->advance(plant.house->now() + std::chrono::minutes(60));
        CHECK(plant.does(Action::self_use));
        // Another process finds the truth in the log and in the inverter, and mends it.
        plant.house->set_soc(BasisPoints(5'000));
        plant.reopen();
        plant.actuator = std::make_unique<daemon::Actuator>(*plant.journal, *plant.unit);
        plant.pass_for(std::chrono::minutes(3));
        CHECK(plant.does(action));
        plant.want(Action::self_use);
        plant.pass_for(std::chrono::minutes(3));
        CHECK(plant.does(Action::self_use));
        CHECK_FALSE(plant.has_fault());
        CHECK(plant.count(Kind::ForeignChangeSeen) == 0);
      }
    }
  }

  TEST_CASE("an inverter that takes every write and obeys none is given up, and told") {
    Plant plant;
    plant.pass_for(std::chrono::minutes(2));
    plant.server->misbehave(Misbehaviour::ignore_writes);
    plant.want(Action::charge);
    plant.pass_for(std::chrono::minutes(10));
    CHECK(plant.has_fault());
    CHECK(plant.does(Action::self_use));
    CHECK(plant.last<fb::CommandFailedT>().trouble == fb::CommandTrouble::not_applied);
    // Three attempts, then one a slot.
    CHECK(plant.count(Kind::CommandIssued) <= 5);
  }

  TEST_CASE("somebody else's hand is seen, written down with what it set, and overruled") {
    Plant plant;
    plant.want(Action::charge);
    plant.pass_for(std::chrono::minutes(2));
    REQUIRE(plant.does(Action::charge));
    plant.hand(47000, {2});
    plant.pass_for(std::chrono::seconds(30));  // control registers are asked for every third time
    const auto change = plant.last<fb::ForeignChangeSeenT>();
    CHECK(change.mode_found == fb::InverterMode::other);
    REQUIRE_FALSE(change.found.empty());
    CHECK(change.found.front()->address == 47000);
    CHECK(change.found.front()->words == std::vector<std::uint16_t>{2});
    CHECK(change.expected.front()->words == std::vector<std::uint16_t>{3});
    plant.pass_for(std::chrono::minutes(2));
    CHECK(plant.does(Action::charge));
    CHECK(plant.count(Kind::ForeignChangeSeen) == 1);
  }

  TEST_CASE("the same mode by other numbers is somebody else's hand, too") {
    Plant plant;
    plant.want(Action::charge);
    plant.pass_for(std::chrono::minutes(2));
    REQUIRE(plant.does(Action::charge));
    plant.hand(47547, {0x0000, 0x173B, 0xFF7F, 0xFFA6, 100, 0});  // 90 %, all day, every day
    plant.pass_for(std::chrono::minutes(2));
    CHECK(plant.count(Kind::ForeignChangeSeen) == 1);
    CHECK(plant.house->battery_power() == Watts(-3'000));
    plant.actuator.reset();
    plant.house->advance(plant.house->now() + std::chrono::minutes(60));
    CHECK(plant.does(Action::self_use));
  }

  TEST_CASE("a charge too weak to be told from a hold is a little stronger, and asked for once") {
    Plant plant;
    plant.want(Action::charge, 150);
    plant.pass_for(std::chrono::minutes(3));
    CHECK(plant.house->battery_power() == Watts(-200));
    CHECK(plant.count(Kind::CommandIssued) == 1);
  }

  TEST_CASE("a release that is acknowledged and not done is not believed") {
    Plant plant;
    plant.want(Action::charge);
    plant.pass_for(std::chrono::minutes(2));
    plant.server->misbehave(Misbehaviour::ignore_writes);
    plant.want(Action::self_use);
    plant.pass_for(std::chrono::minutes(10));
    CHECK(plant.has_fault());
    CHECK(plant.count(Kind::ForeignChangeSeen) == 0);
    CHECK(plant.journal->state().inverter.confirmed == fb::InverterMode::charge);
    plant.server->misbehave(Misbehaviour::none);
    plant.pass_for(settled_within);
    CHECK(plant.does(Action::self_use));
    CHECK_FALSE(plant.has_fault());
  }

  TEST_CASE(
      "whatever faults come and go, in the end the battery obeys, or a fault stands and the house "
      "is served") {
    const bool holds = rc::check("settled within two slots", [] {
      Plant plant;
      Action action = Action::self_use;
      const auto turns = *rc::gen::inRange(1, 5);
      for (int i = 0; i < turns; ++i) {
        action = *rc::gen::elementOf(std::vector<Action>(wanted.begin(), wanted.end()));
        plant.want(action);
        const Trouble trouble =
            *rc::gen::elementOf(std::vector<Trouble>(troubles.begin(), troubles.end()));
        begin(plant, trouble);
        plant.pass_for(std::chrono::seconds(*rc::gen::inRange(1, 12)) * 10);
        end(plant, trouble);
        plant.pass_for(std::chrono::seconds(*rc::gen::inRange(0, 12)) * 10);
      }
      plant.pass_for(settled_within);
      const Action expected = plant.has_fault() ? Action::self_use : action;
      RC_ASSERT(plant.does(expected));
    });
    CHECK(holds);
  }
}
