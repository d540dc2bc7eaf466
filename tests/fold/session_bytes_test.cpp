// Every field of the sessions reaches the state's bytes, and the state that is read from them.
#include <functional>
#include <set>

#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;

// Every optional filled, and no two neighbours alike.
State selling_house() {
  State s;
  Session charge;
  charge.name = "charge-1";
  charge.planned_end = at_s(1);
  charge.start_soc = BasisPoints(2);
  charge.target_soc = BasisPoints(3);
  charge.mark = {at_s(4), MilliwattHours(5), MilliwattHours(6), Watts(7), Watts(8)};
  charge.left_at = at_s(9);
  s.sessions.charge = charge;
  charge.name = "sale-1";
  s.sessions.sale = charge;
  s.sessions.charged_to = BasisPoints(10);
  s.sessions.charge_ended_at = at_s(11);
  s.sessions.sale_ended_at = at_s(12);
  s.sessions.planned_day = 13;
  s.sessions.planned = {{"charge-2", at_s(14), at_s(15), fb::SessionChange::planned}};
  return s;
}

struct Mutation {
  const char* field;
  std::function<void(SessionHistory&)> change;
};

const std::vector<Mutation>& mutations() {
  using H = SessionHistory;
  static const std::vector<Mutation> all = {
      {"charge none", [](H& h) { h.charge.reset(); }},
      {"sale none", [](H& h) { h.sale.reset(); }},
      {"name", [](H& h) { h.charge->name = "x"; }},
      {"started", [](H& h) { h.charge->started = Sequence{99}; }},
      {"started_at", [](H& h) { h.charge->started_at = at_s(99); }},
      {"told_at", [](H& h) { h.charge->told_at = at_s(99); }},
      {"decision", [](H& h) { h.charge->decision = Sequence{99}; }},
      {"planned_end", [](H& h) { h.charge->planned_end = at_s(99); }},
      {"start_soc", [](H& h) { h.charge->start_soc = BasisPoints(99); }},
      {"target_soc", [](H& h) { h.charge->target_soc = BasisPoints(99); }},
      {"battery", [](H& h) { h.charge->battery = MilliwattHours(99); }},
      {"grid", [](H& h) { h.charge->grid = MilliwattHours(99); }},
      {"money", [](H& h) { h.charge->money = MoneyE8(99); }},
      {"metered", [](H& h) { h.charge->metered = seconds(99); }},
      {"unmetered", [](H& h) { h.charge->unmetered = seconds(99); }},
      {"unpriced", [](H& h) { h.charge->unpriced = seconds(99); }},
      {"mark.at", [](H& h) { h.charge->mark.at = at_s(99); }},
      {"mark.battery", [](H& h) { h.charge->mark.battery = MilliwattHours(99); }},
      {"mark.grid", [](H& h) { h.charge->mark.grid = MilliwattHours(99); }},
      {"mark.battery_power", [](H& h) { h.charge->mark.battery_power = Watts(99); }},
      {"mark.grid_power", [](H& h) { h.charge->mark.grid_power.reset(); }},
      {"battery_open", [](H& h) { h.charge->battery_open = MilliwattHours(99); }},
      {"grid_open", [](H& h) { h.charge->grid_open = MilliwattHours(99); }},
      {"left_at", [](H& h) { h.charge->left_at.reset(); }},
      {"left_by", [](H& h) { h.charge->left_by = LeftBy::stop; }},
      {"left_with", [](H& h) { h.charge->left_with = Sequence{99}; }},
      {"day", [](H& h) { h.day = 99; }},
      {"charges", [](H& h) { h.charges = 99; }},
      {"sales", [](H& h) { h.sales = 99; }},
      {"sold", [](H& h) { h.sold = BasisPoints(99); }},
      {"charged_to", [](H& h) { h.charged_to.reset(); }},
      {"charge_ended_at", [](H& h) { h.charge_ended_at = at_s(99); }},
      {"sale_ended_at", [](H& h) { h.sale_ended_at.reset(); }},
      {"planned_day", [](H& h) { h.planned_day.reset(); }},
      {"planned none", [](H& h) { h.planned.clear(); }},
      {"planned.name", [](H& h) { h.planned[0].name = ""; }},
      {"planned.start", [](H& h) { h.planned[0].start = at_s(99); }},
      {"planned.end", [](H& h) { h.planned[0].end = at_s(99); }},
      {"planned.change", [](H& h) { h.planned[0].change = fb::SessionChange::failed; }},
  };
  return all;
}

}  // namespace

TEST_SUITE("fold/session bytes") {
  TEST_CASE("each field of the sessions reaches the bytes and comes back") {
    const State original = selling_house();
    std::set<Digest> digests = {state_digest(original)};
    for (const Mutation& each : mutations()) {
      CAPTURE(each.field);
      State changed = original;
      each.change(changed.sessions);
      const auto again = read_state(canonical_bytes(changed), std::nullopt);
      REQUIRE(again.has_value());
      CHECK(*again == changed);
      CHECK(digests.insert(state_digest(changed)).second);
    }
  }

  TEST_CASE("more planned sessions than are kept are refused") {
    State s = selling_house();
    s.sessions.planned.resize(planned_sessions_max, s.sessions.planned[0]);
    CHECK(read_state(canonical_bytes(s), std::nullopt).has_value());
    s.sessions.planned.push_back(s.sessions.planned[0]);
    CHECK_FALSE(read_state(canonical_bytes(s), std::nullopt).has_value());
  }
}

}  // namespace wattledger::fold
