// Whatever happens to a house, its sessions stay in order.
#include <rapidcheck.h>

#include <set>

#include "tests/policy/steered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::InverterMode;
using fb::SessionChange;

// Anything that may happen to a house in the next minutes.
void happen(SteeredHouse& house, UtcTime at, int what, std::int64_t& wh) {
  const auto charging = [&] { return house.state().inverter.confirmed == InverterMode::charge; };
  switch (what) {
    case 0:
      house.decide(at, Action::charge, at + minutes(40))
          .command(at, InverterMode::charge, at + minutes(40));
      return;
    case 1:
      house.decide(at, Action::sell, at + minutes(40), fb::Rule::sale, 2'000)
          .command(at, InverterMode::discharge, at + minutes(40));
      return;
    case 2:
      house.decide(at, Action::self_use).command(at, InverterMode::general);
      return;
    case 3:
      house.tell(at, fb::CommandFailedT{});
      return;
    case 4: {
      fb::ForeignChangeSeenT foreign;
      foreign.mode_found = InverterMode::hold;
      house.tell(at, foreign);
      return;
    }
    case 5: {
      fb::CoordinatorStartedT started;
      started.control_mode = fb::ControlMode::on;
      house.tell(at, started);
      return;
    }
    case 6:
      house.tell(at, plan_of(at, "cc-ss-c"));
      return;
    default:
      wh += 70;
      house.read(at, 5'000, charging() ? -4'000 : 4'000, wh);
  }
}

struct Count {
  int open = 0;
  std::set<std::string> begun;
};

void count(Count& count, const std::string& name, SessionChange change) {
  if (change == SessionChange::started) {
    RC_ASSERT(count.begun.insert(name).second);
    RC_ASSERT(++count.open == 1);
  }
  const bool over = change == SessionChange::completed || change == SessionChange::cancelled ||
                    change == SessionChange::failed;
  if (over && count.begun.count(name) != 0) RC_ASSERT(--count.open == 0);
}

}  // namespace

TEST_SUITE("policy/session changes") {
  TEST_CASE("property: never two sessions at once, none begins twice, none ends twice") {
    CHECK(rc::check("whatever happens", [] {
      const auto what = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 14));
      SteeredHouse house;
      Count all;
      std::int64_t wh = 10'000;
      UtcTime at = noon;
      for (const int each : what) {
        at += minutes(3);
        happen(house, at, each, wh);
        for (int looks = 0; looks < 4; ++looks) {
          const std::vector<fb::EventT> due = look_at_sessions(house.state(), at);
          for (const fb::EventT& event : due) {
            if (const auto* charge = event.fact.AsChargingSessionChanged()) {
              count(all, charge->session, charge->change);
              house.tell(at, *charge);
            } else if (const auto* sale = event.fact.AsSellingSessionChanged()) {
              count(all, sale->session, sale->change);
              house.tell(at, *sale);
            } else {
              house.tell(at, *event.fact.AsDailyPlanChanged());
            }
          }
          if (due.empty()) break;
          RC_ASSERT(looks < 3);
        }
        const bool open = house.state().sessions.charge || house.state().sessions.sale;
        RC_ASSERT(open == (all.open == 1));
      }
    }));
  }
}

}  // namespace wattledger::policy
