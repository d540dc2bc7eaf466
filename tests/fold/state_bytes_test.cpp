// The state's canonical bytes: equal states, equal bytes; another value in any field, other bytes;
// and the same state again from them.
#include <rapidcheck.h>

#include <functional>
#include <set>

#include "projections/fold/legacy_rows.hpp"
#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;

// Every optional filled, every list with something in it, and no two neighbours alike.
State full_state() {
  State s;
  s.through = Sequence{11};
  s.recorded_at = at_s(1);
  s.site = {"home", "GW10K-ET", "SAMPLE", ZoneOffsets({{at_s(2), seconds(3600)}}), Watts(10'000)};
  s.policy = Policy{PolicySettings{}, Digest{}, Sequence{12}};
  Reading r;
  r.sequence = Sequence{13};
  r.at = at_s(3);
  r.soc = BasisPoints(5'000);
  r.battery_power = Watts(1);
  r.battery_voltage = Millivolts(2);
  r.battery_temperature = MilliCelsius(3);
  r.pv_power = Watts(4);
  r.load_power = Watts(5);
  r.grid_power = Watts(6);
  r.grid_voltage = Millivolts(7);
  r.import_total = MilliwattHours(8);
  r.export_total = MilliwattHours(9);
  r.inverter_error = 10;
  r.forced_mode = fb::InverterMode::charge;
  s.reading = r;
  s.prices = {{at_s(900), seconds(900), PriceE8(1)}, {at_s(1800), seconds(900), PriceE8(2)}};
  InverterState& i = s.inverter;
  i.wished = fb::InverterMode::charge;
  i.wished_until = at_s(4);
  i.wished_power = Watts(11);
  i.wished_soc = BasisPoints(12);
  i.command = Sequence{14};
  i.confirmed = fb::InverterMode::general;
  i.confirmed_until = at_s(5);
  i.confirmed_at = at_s(6);
  i.since = at_s(7);
  i.charge_stopped_at = at_s(8);
  i.failures = 3;
  i.foreign_change_at = at_s(9);
  i.settings_found = Sequence{18};
  s.faults = {{fb::Fault::grid_voltage, Sequence{15}, at_s(10), false, "low"}};
  s.owner_override =
      Override{Sequence{16}, fb::Action::charge, at_s(11), BasisPoints(13), Watts(14)};
  s.decision = LastDecision{Sequence{17}, at_s(12),        at_s(13), fb::Action::charge,
                            Watts(15),    BasisPoints(16), at_s(14), fb::Rule::cheapest_slots};
  s.plan =
      LastPlan{Sequence{19}, at_s(15), seconds(900), {fb::Action::charge}, {-5'000}, "cheapest"};
  s.coordinator = {at_s(16), fb::ControlMode::on, fb::CoordinatorState::monitoring, 4, true};
  return s;
}

template <class T>
std::optional<T> maybe(T value) {
  return *rc::gen::arbitrary<bool>() ? std::optional<T>(std::move(value)) : std::nullopt;
}
std::int64_t number() { return *rc::gen::arbitrary<std::int64_t>(); }
UtcTime instant() { return utc_from_us(number()); }
Sequence place() { return Sequence{*rc::gen::arbitrary<std::uint64_t>()}; }
template <class Enum>
Enum any_of() {
  return static_cast<Enum>(
      *rc::gen::inRange(static_cast<int>(Enum::MIN), static_cast<int>(Enum::MAX) + 1));
}
std::size_t few() { return *rc::gen::inRange<std::size_t>(0, 5); }

void random_house(State& s) {
  s.through = place();
  s.recorded_at = instant();
  std::vector<ZoneOffsets::Transition> transitions;
  for (std::size_t n = few(); n > 0; --n) transitions.push_back({instant(), seconds(number())});
  s.site = {*rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::string>(), "",
            ZoneOffsets(std::move(transitions)), maybe(Watts(number()))};
  Digest digest;
  digest.bytes[3] = *rc::gen::arbitrary<std::uint8_t>();
  s.policy = maybe(Policy{PolicySettings{}, digest, place()});
  for (std::size_t n = few(); n > 0; --n)
    s.prices.push_back({instant(), seconds(number()), PriceE8(number())});
  for (std::size_t n = few(); n > 0; --n)
    s.peaks.push_back({instant(), seconds(number()), *rc::gen::arbitrary<std::uint32_t>()});
  for (std::size_t n = few(); n > 0; --n)
    s.faults.push_back({any_of<fb::Fault>(), place(), instant(), *rc::gen::arbitrary<bool>(),
                        *rc::gen::arbitrary<std::string>()});
  s.owner_override = maybe(Override{place(), any_of<fb::Action>(), maybe(instant()),
                                    maybe(BasisPoints(number())), maybe(Watts(number()))});
  s.coordinator = {instant(), any_of<fb::ControlMode>(), any_of<fb::CoordinatorState>(),
                   *rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<bool>()};
}

State random_state() {
  State s;
  random_house(s);
  Reading r;
  r.at = instant();
  r.quality = any_of<fb::Quality>();
  r.soc = maybe(BasisPoints(number()));
  r.grid_power = maybe(Watts(number()));
  r.import_total = maybe(MilliwattHours(number()));
  r.inverter_error = maybe(*rc::gen::arbitrary<std::uint32_t>());
  r.forced_mode = maybe(any_of<fb::InverterMode>());
  s.reading = maybe(r);
  s.inverter.wished = any_of<fb::InverterMode>();
  s.inverter.wished_until = maybe(instant());
  s.inverter.confirmed_at = instant();
  s.inverter.failures = *rc::gen::arbitrary<std::uint32_t>();
  s.decision = maybe(LastDecision{place(), instant(), instant(), any_of<fb::Action>(),
                                  maybe(Watts(number())), maybe(BasisPoints(number())),
                                  maybe(instant()), any_of<fb::Rule>()});
  LastPlan plan{place(), instant(), seconds(number()), {}, {}, *rc::gen::arbitrary<std::string>()};
  for (std::size_t n = few(); n > 0; --n) plan.actions.push_back(any_of<fb::Action>());
  for (std::size_t n = few(); n > 0; --n)
    plan.battery_power_w.push_back(*rc::gen::arbitrary<std::int32_t>());
  s.plan = maybe(std::move(plan));
  return s;
}

struct Mutation {
  const char* field;
  std::function<void(State&)> change;
};

std::vector<Mutation> house_mutations() {
  return {
      {"through", [](State& s) { s.through = Sequence{99}; }},
      {"recorded_at", [](State& s) { s.recorded_at = at_s(99); }},
      {"site.name", [](State& s) { s.site.name = "x"; }},
      {"site.device_model", [](State& s) { s.site.device_model = "x"; }},
      {"site.device_serial", [](State& s) { s.site.device_serial = "x"; }},
      {"site.name and model, divided elsewhere",
       [](State& s) {
         s.site.name = "homeG";
         s.site.device_model = "W10K-ET";
       }},
      {"site.zone", [](State& s) { s.site.zone = {}; }},
      {"site.zone at",
       [](State& s) {
         s.site.zone = ZoneOffsets({{at_s(99), seconds(3600)}});
       }},
      {"site.zone offset",
       [](State& s) {
         s.site.zone = ZoneOffsets({{at_s(2), seconds(7200)}});
       }},
      {"site.rated_power", [](State& s) { s.site.rated_power = Watts(99); }},
      {"site.rated_power none", [](State& s) { s.site.rated_power.reset(); }},
      {"policy none", [](State& s) { s.policy.reset(); }},
      {"policy.digest", [](State& s) { s.policy->digest.bytes[31] = 1; }},
      {"policy.adopted", [](State& s) { s.policy->adopted = Sequence{99}; }},
      {"prices none", [](State& s) { s.prices.clear(); }},
      {"prices fewer", [](State& s) { s.prices.pop_back(); }},
      {"prices.start", [](State& s) { s.prices[1].start = at_s(2700); }},
      {"prices.length", [](State& s) { s.prices[1].length = seconds(3600); }},
      {"peaks",
       [](State& s) {
         s.peaks.push_back({at_s(3600), seconds(3600), 2});
       }},
      {"feed_in",
       [](State& s) {
         s.feed_in.push_back({at_s(900), seconds(900), PriceE8(1)});
       }},
      {"prices.market", [](State& s) { s.prices[1].market = PriceE8(-2); }},
      {"faults none", [](State& s) { s.faults.clear(); }},
      {"faults.fault", [](State& s) { s.faults[0].fault = fb::Fault::battery_voltage; }},
      {"faults.raised", [](State& s) { s.faults[0].raised = Sequence{99}; }},
      {"faults.at", [](State& s) { s.faults[0].at = at_s(99); }},
      {"faults.latched", [](State& s) { s.faults[0].latched = true; }},
      {"faults.detail", [](State& s) { s.faults[0].detail = ""; }},
      {"override none", [](State& s) { s.owner_override.reset(); }},
      {"override.request", [](State& s) { s.owner_override->request = Sequence{99}; }},
      {"override.action", [](State& s) { s.owner_override->action = fb::Action::sell; }},
      {"override.until", [](State& s) { s.owner_override->until = at_s(99); }},
      {"override.until none", [](State& s) { s.owner_override->until.reset(); }},
      {"override.target_soc", [](State& s) { s.owner_override->target_soc = BasisPoints(99); }},
      {"override.power", [](State& s) { s.owner_override->power = Watts(99); }},
      {"override.power none", [](State& s) { s.owner_override->power.reset(); }},
      {"coordinator.started_at", [](State& s) { s.coordinator.started_at = at_s(99); }},
      {"coordinator.control_mode",
       [](State& s) { s.coordinator.control_mode = fb::ControlMode::advise; }},
      {"coordinator.state", [](State& s) { s.coordinator.state = fb::CoordinatorState::error; }},
      {"coordinator.decisions", [](State& s) { s.coordinator.decisions = 99; }},
      {"coordinator.running", [](State& s) { s.coordinator.running = false; }},
  };
}

std::vector<Mutation> reading_mutations() {
  return {
      {"reading none", [](State& s) { s.reading.reset(); }},
      {"sequence", [](State& s) { s.reading->sequence = Sequence{99}; }},
      {"at", [](State& s) { s.reading->at = at_s(99); }},
      {"quality", [](State& s) { s.reading->quality = fb::Quality::implausible; }},
      {"soc", [](State& s) { s.reading->soc = BasisPoints(99); }},
      {"soc none", [](State& s) { s.reading->soc.reset(); }},
      {"soc zero", [](State& s) { s.reading->soc = BasisPoints(0); }},
      {"battery_power", [](State& s) { s.reading->battery_power = Watts(-1); }},
      {"battery_voltage", [](State& s) { s.reading->battery_voltage = Millivolts(99); }},
      {"battery_temperature", [](State& s) { s.reading->battery_temperature = MilliCelsius(99); }},
      {"pv_power", [](State& s) { s.reading->pv_power = Watts(99); }},
      {"load_power", [](State& s) { s.reading->load_power = Watts(99); }},
      {"grid_power", [](State& s) { s.reading->grid_power = Watts(99); }},
      {"grid_voltage", [](State& s) { s.reading->grid_voltage = Millivolts(99); }},
      {"import_total", [](State& s) { s.reading->import_total = MilliwattHours(99); }},
      {"export_total", [](State& s) { s.reading->export_total = MilliwattHours(99); }},
      {"inverter_error", [](State& s) { s.reading->inverter_error = 99; }},
      {"forced_mode", [](State& s) { s.reading->forced_mode = fb::InverterMode::hold; }},
  };
}

std::vector<Mutation> inverter_mutations() {
  return {
      {"wished", [](State& s) { s.inverter.wished = fb::InverterMode::hold; }},
      {"wished_until", [](State& s) { s.inverter.wished_until = at_s(99); }},
      {"wished_until none", [](State& s) { s.inverter.wished_until.reset(); }},
      {"wished_power", [](State& s) { s.inverter.wished_power = Watts(99); }},
      {"wished_soc", [](State& s) { s.inverter.wished_soc = BasisPoints(99); }},
      {"command", [](State& s) { s.inverter.command = Sequence{99}; }},
      {"confirmed", [](State& s) { s.inverter.confirmed = fb::InverterMode::other; }},
      {"confirmed_until", [](State& s) { s.inverter.confirmed_until = at_s(99); }},
      {"confirmed_at", [](State& s) { s.inverter.confirmed_at = at_s(99); }},
      {"since", [](State& s) { s.inverter.since = at_s(99); }},
      {"charge_stopped_at", [](State& s) { s.inverter.charge_stopped_at = at_s(99); }},
      {"failures", [](State& s) { s.inverter.failures = 99; }},
      {"foreign_change_at", [](State& s) { s.inverter.foreign_change_at = at_s(99); }},
      {"settings_found", [](State& s) { s.inverter.settings_found = Sequence{99}; }},
  };
}

std::vector<Mutation> decision_mutations() {
  return {
      {"decision none", [](State& s) { s.decision.reset(); }},
      {"decision.sequence", [](State& s) { s.decision->sequence = Sequence{99}; }},
      {"decision.at", [](State& s) { s.decision->at = at_s(99); }},
      {"decision.since", [](State& s) { s.decision->since = at_s(99); }},
      {"decision.action", [](State& s) { s.decision->action = fb::Action::hold; }},
      {"decision.power", [](State& s) { s.decision->power = Watts(99); }},
      {"decision.target_soc", [](State& s) { s.decision->target_soc = BasisPoints(99); }},
      {"decision.until", [](State& s) { s.decision->until = at_s(99); }},
      {"decision.rule", [](State& s) { s.decision->rule = fb::Rule::serve_house; }},
      {"plan none", [](State& s) { s.plan.reset(); }},
      {"plan.sequence", [](State& s) { s.plan->sequence = Sequence{99}; }},
      {"plan.start", [](State& s) { s.plan->start = at_s(99); }},
      {"plan.step", [](State& s) { s.plan->step = seconds(99); }},
      {"plan.actions", [](State& s) { s.plan->actions[0] = fb::Action::self_use; }},
      {"plan.actions more", [](State& s) { s.plan->actions.push_back(fb::Action::charge); }},
      {"plan.policy", [](State& s) { s.plan->policy = "tiered"; }},
      {"plan.battery_power_w", [](State& s) { s.plan->battery_power_w[0] = 5'000; }},
  };
}

std::optional<PolicySettings> settings_of(const State& state) {
  if (!state.policy) return std::nullopt;
  return state.policy->settings;
}

bool reads_back(const State& state) {
  const auto again = read_state(canonical_bytes(state), settings_of(state));
  return again && *again == state;
}

void check_each(const std::vector<Mutation>& mutations) {
  const State original = full_state();
  std::set<Digest> digests = {state_digest(original)};
  for (const Mutation& each : mutations) {
    State changed = original;
    each.change(changed);
    CHECK_MESSAGE(changed != original, each.field);
    CHECK_MESSAGE(reads_back(changed), each.field);
    CHECK_MESSAGE(canonical_bytes(changed) != canonical_bytes(original), each.field);
    CHECK_MESSAGE(digests.insert(state_digest(changed)).second, each.field);
  }
}

}  // namespace

// state_fields.hpp names every field of every struct, so that a new one does not compile until it
// is written there; a row here proves that it reaches the bytes, and the state that is read from
// them.
TEST_SUITE("fold/state bytes") {
  TEST_CASE("equal states have equal bytes and digests") {
    CHECK(full_state() == full_state());
    CHECK(canonical_bytes(full_state()) == canonical_bytes(full_state()));
    CHECK(state_digest(full_state()) == state_digest(full_state()));
    CHECK(state_digest(State{}) == state_digest(State{}));
    CHECK(state_digest(State{}) != state_digest(full_state()));
  }
  TEST_CASE("each field of the house") { check_each(house_mutations()); }
  TEST_CASE("each field of the reading") { check_each(reading_mutations()); }
  TEST_CASE("each field of the inverter") { check_each(inverter_mutations()); }
  TEST_CASE("each field of the last decision and plan") { check_each(decision_mutations()); }

  TEST_CASE("the policy's settings reach the bytes by their digest") {
    ToldHouse house;
    house.tell(at_s(0), adopted({}));
    State first = house.state();
    PolicySettings other;
    other.anti_flap = seconds(0);
    house.tell(at_s(0), adopted(other));
    State second = house.state();
    second.through = first.through;
    second.policy->adopted = first.policy->adopted;
    CHECK(canonical_bytes(first) != canonical_bytes(second));
  }

  TEST_CASE("a state is read from its bytes as it was, whatever it holds") {
    CHECK(reads_back(State{}));
    CHECK(reads_back(full_state()));
    CHECK(rc::check("random states", [] { RC_ASSERT(reads_back(random_state())); }));
  }
  TEST_CASE("bytes that are cut, or have more behind them, are refused") {
    const State state = full_state();
    std::vector<std::byte> bytes = canonical_bytes(state);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      const auto cut = read_state(std::span(bytes).first(size), settings_of(state));
      REQUIRE(!cut.has_value());
      CHECK(cut.error().kind == ErrorKind::corrupt);
    }
    bytes.push_back(std::byte{0});
    CHECK(!read_state(bytes, settings_of(state)).has_value());
  }
  TEST_CASE("bytes with any bit changed are refused, or are exactly those of another state") {
    const State state = full_state();
    const std::vector<std::byte> bytes = canonical_bytes(state);
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::vector<std::byte> changed = bytes;
      changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      const auto read = read_state(changed, settings_of(state));
      refused += read ? 0U : 1U;
      if (read) REQUIRE_MESSAGE(canonical_bytes(*read) == changed, bit);
    }
    CHECK(refused > bytes.size());  // lengths, flags, enums, the revision
    CHECK(refused < bytes.size() * 8);
  }
  TEST_CASE("bytes of any kind give a state or an error") {
    CHECK(rc::check("random bytes behind the right revision", [] {
      std::vector<std::byte> bytes = canonical_bytes(State{});
      bytes.resize(8);
      const auto likely = rc::gen::elementOf(std::vector<std::uint8_t>{0, 0, 0, 1, 2, 255});
      for (const std::uint8_t each : *rc::gen::container<std::vector<std::uint8_t>>(likely))
        bytes.push_back(static_cast<std::byte>(each));
      const auto read = read_state(bytes, std::nullopt);
      if (read) RC_ASSERT(canonical_bytes(*read) == bytes);
    }));
  }
  TEST_CASE("a policy and its settings come together or not at all") {
    const State with = full_state();
    State without = with;
    without.policy.reset();
    CHECK(!read_state(canonical_bytes(with), std::nullopt).has_value());
    CHECK(!read_state(canonical_bytes(without), PolicySettings{}).has_value());
  }
  TEST_CASE("the rows' memory is read from its bytes as it was") {
    LegacyRowsState memory;
    memory.state_row_at = at_s(60);
    memory.energy_times = {LocalTime(std::chrono::seconds(1)), LocalTime(std::chrono::seconds(2))};
    const std::vector<std::byte> bytes = canonical_bytes(memory);
    const auto again = read_legacy_rows_state(bytes);
    REQUIRE(again.has_value());
    CHECK(*again == memory);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      CHECK(!read_legacy_rows_state(std::span(bytes).first(size)).has_value());
  }
  TEST_CASE("what waits for its score is read from its bytes as it was") {
    LegacyRowsState memory;
    memory.scores.pv_meter.add(at_s(60), Watts(700));
    memory.scores.load_meter.add(at_s(60), std::nullopt);
    const PowerSeries told{at_s(0), seconds(900), {Watts(1), std::nullopt, Watts(3)}};
    memory.scores.pv.issue("a", at_s(0), told);
    memory.scores.load.issue("b", at_s(0), told);
    memory.scores.load.issue("c", at_s(0), told);
    const std::vector<std::byte> bytes = canonical_bytes(memory);
    const auto again = read_legacy_rows_state(bytes);
    REQUIRE(again.has_value());
    CHECK(*again == memory);
    for (std::size_t size = 0; size < bytes.size(); size += 997)
      CHECK(!read_legacy_rows_state(std::span(bytes).first(size)).has_value());
    // A number of sources that the bytes cannot hold allocates nothing.
    for (std::size_t at = 0; at + 8 < bytes.size(); at += 8) {
      auto forged = bytes;
      for (std::size_t i = 0; i < 3; ++i) forged[at + i] = std::byte{0xFF};
      (void)read_legacy_rows_state(forged);
    }
  }
}

}  // namespace wattledger::fold
