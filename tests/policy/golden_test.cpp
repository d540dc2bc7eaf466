// The golden corpus: many hundred houses, drawn from a seed, and the decision of each. Any byte
// of any decision that changes fails here unless the engine revision is raised with it.
#include <openssl/sha.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/policy/judged_house.hpp"
#include "tests/support/places.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;

constexpr int cases = 400;           // of policy `cheapest`
constexpr int optimal_cases = 400;   // of policy `optimal`, half of them a slot after a plan
constexpr int tiered_cases = 1'200;  // of policy `tiered`, most of them sell

// splitmix64: the same numbers with every standard library.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // From `low` to `high`, both included.
  std::int64_t roll(std::int64_t low, std::int64_t high) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
    return low + static_cast<std::int64_t>(z % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return roll(1, n) == 1; }
  int roll_int(int low, int high) { return static_cast<int>(roll(low, high)); }

 private:
  std::uint64_t state_;
};

fold::PolicySettings draw_settings(Dice& dice) {
  fold::PolicySettings settings;
  if (dice.one_in(2)) settings.tariff_zones = fold::g12_zones();
  if (dice.one_in(3)) settings.battery_capacity = MilliwattHours(dice.roll(1, 40) * 1'000'000);
  if (dice.one_in(3)) settings.charge_power_max = Watts(dice.roll(0, 12'000));
  if (dice.one_in(3)) settings.charge_price_max = PriceE8(dice.roll(-10, 120) * 1'000'000);
  if (dice.one_in(4)) settings.charge_efficiency = BasisPoints(dice.roll(7'000, 10'000));
  if (dice.one_in(4)) settings.anti_flap = seconds(dice.roll(0, 3'600));
  if (dice.one_in(8)) settings.slot = hours(1);
  return settings;
}

// Near the autumn clock change half of the time.
UtcTime draw_start(Dice& dice) {
  const UtcTime day =
      dice.one_in(2) ? utc("2025-10-25T12:00:00Z") : at_s(dice.roll(0, 200) * 86'400);
  return day + minutes(15) * dice.roll(0, 95);
}

void draw_prices(Dice& dice, ToldHouse& house, UtcTime start) {
  if (dice.one_in(8)) return;
  const bool hourly = dice.one_in(4);
  std::vector<std::int64_t> values;
  std::vector<std::uint16_t> absent;
  const int count = dice.roll_int(1, hourly ? 36 : 140);
  std::int64_t price = dice.roll(-5, 60) * 1'000'000;
  for (int i = 0; i < count; ++i) {
    price += dice.roll(-9, 9) * 1'000'000;
    values.push_back(price);
    if (dice.one_in(40)) absent.push_back(static_cast<std::uint16_t>(i));
  }
  const UtcTime from = start - (hourly ? hours(1) : minutes(15)) * dice.roll(0, 3);
  house.tell(start, prices(series(from, values, hourly ? 3600 : 900, absent)));
}

// A battery near the temperatures within which it is charged.
void make_cold_or_hot(Dice& dice, fb::ReadingRecordedT& reading) {
  const bool cold = dice.one_in(2);
  reading.battery_temperature_mc = dice.roll_int(cold ? -3'000 : 47'000, cold ? 3'000 : 53'000);
}

void draw_past(Dice& dice, ToldHouse& house, UtcTime start) {
  using enum fb::Rule;
  constexpr std::array rules = {cheapest_slots, serve_house,      anti_flap,
                                battery_full,   emergency_charge, no_price};
  if (!dice.one_in(3)) {
    const auto rule = rules[static_cast<std::size_t>(dice.roll(0, 5))];
    const auto action = dice.one_in(2) ? fb::Action::charge : fb::Action::self_use;
    house.tell(start - seconds(dice.roll(0, 1'800)), decided(action, rule));
  }
  if (dice.one_in(6)) {
    // One roll a statement: the order of a call's arguments is the compiler's.
    const auto which = dice.roll(0, static_cast<std::int64_t>(fb::Fault::MAX));
    const bool latched = dice.one_in(2);
    house.tell(start, fault(static_cast<fb::Fault>(which), latched));
  }
  if (dice.one_in(5)) {
    fb::OverrideRequestedT asked = wish(static_cast<fb::Action>(dice.roll(0, 4)));
    if (dice.one_in(2)) asked.target_soc_bp = static_cast<std::uint16_t>(dice.roll(0, 11'000));
    if (dice.one_in(2)) asked.power_w = dice.roll_int(-100, 9'000);
    if (dice.one_in(2)) asked.until_us = to_us(start + minutes(dice.roll(-30, 300)));
    house.tell(start, asked);
  }
}

fold::PolicySettings draw_tiered_settings(Dice& dice) {
  fold::PolicySettings settings = draw_settings(dice);
  settings.policy = "tiered";
  settings.charge_power_max = Watts(dice.roll(2'000, 8'000));
  settings.selling.enabled = !dice.one_in(3);
  settings.selling.price_min = PriceE8(dice.roll(10, 60) * 1'000'000);
  if (dice.one_in(2)) settings.selling.start = BasisPoints(dice.roll(4'000, 8'000));
  if (dice.one_in(4)) settings.selling.over_median = BasisPoints(dice.roll(5'000, 15'000));
  if (dice.one_in(4)) settings.feed_in = fold::FeedIn::market_floored;
  if (dice.one_in(3)) settings.export_max = Watts(dice.roll(0, 6'000));
  if (dice.one_in(4)) settings.import_max = Watts(dice.roll(3'000, 9'000));
  if (dice.one_in(3)) settings.tiered.super_cheap = PriceE8(dice.roll(-20, 20) * 1'000'000);
  if (dice.one_in(3)) settings.tiered.price_high = PriceE8(dice.roll(20, 120) * 1'000'000);
  if (dice.one_in(3)) settings.tiered.price_critical = PriceE8(dice.roll(10, 40) * 1'000'000);
  return settings;
}

std::unique_ptr<fb::SeriesT> draw_watts(Dice& dice, UtcTime start, int most) {
  std::vector<std::int64_t> watts;
  for (int i = 0; i < 18; ++i) watts.push_back(dice.one_in(2) ? 0 : dice.roll(0, most));
  return series(start, std::move(watts), 3600);
}

void draw_outlook(Dice& dice, ToldHouse& house, UtcTime start) {
  const UtcTime hour = std::chrono::floor<hours>(start);
  if (dice.one_in(2)) {
    fb::PvForecastIssuedT fact;
    fact.power_w.push_back(draw_watts(dice, hour, 4'000));
    house.tell(start, std::move(fact));
  }
  if (dice.one_in(2)) {
    fb::LoadForecastIssuedT fact;
    fact.power_w.push_back(draw_watts(dice, hour, 2'000));
    house.tell(start, std::move(fact));
  }
  if (dice.one_in(4)) {
    fb::PeakHoursPublishedT fact;
    const std::int64_t code = dice.roll(0, 3);
    fact.codes.push_back(series(hour, {code, dice.roll(0, 3)}, 3600));
    house.tell(start, std::move(fact));
  }
}

// A charge or a sale of the day, over or under way, as its meter tells it.
template <class FactT>
void draw_session(Dice& dice, ToldHouse& house, UtcTime start, const char* name) {
  FactT fact;
  fact.session = name;
  fact.change = fb::SessionChange::started;
  fact.start_soc_bp = static_cast<std::uint16_t>(dice.roll(2'000, 10'000));
  house.tell(start - minutes(dice.roll(20, 90)), fact);
  if (dice.one_in(2)) return;
  fact.change = fb::SessionChange::completed;
  fact.end_soc_bp = static_cast<std::uint16_t>(dice.roll(2'000, 10'000));
  house.tell(start - minutes(dice.roll(0, 20)), fact);
}

void draw_tiered_past(Dice& dice, ToldHouse& house, UtcTime start) {
  using enum fb::Rule;
  constexpr std::array charged = {near_cheapest, cheap_price,     session_goes_on,
                                  anti_flap,     critical_charge, charge_goes_on};
  const int sessions = dice.roll_int(0, 4);
  for (int i = 0; i < sessions; ++i)
    draw_session<fb::ChargingSessionChangedT>(dice, house, start, i % 2 == 0 ? "even" : "odd");
  if (dice.one_in(2)) draw_session<fb::SellingSessionChangedT>(dice, house, start, "sale");
  if (dice.one_in(3)) return;
  fb::DecisionMadeT last = decided(fb::Action::self_use, price_above_cheapest);
  if (dice.one_in(2))
    last = decided(fb::Action::charge, charged[static_cast<std::size_t>(dice.roll(0, 5))]);
  if (dice.one_in(3)) last = decided(fb::Action::sell, sale);
  last.target_soc_bp = static_cast<std::uint16_t>(dice.roll(2'000, 10'000));
  last.until_us = to_us(start + minutes(dice.roll(-5, 60)));
  house.tell(start - seconds(dice.roll(0, 3'600)), last);
}

std::string hex_digest(const std::vector<std::byte>& bytes) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.bytes.data());
  return digest.hex();
}

// "case-017 charge cheapest_slots <digest>"
std::string line_of(const char* kind, int number, const fold::State& state, UtcTime now) {
  const fb::DecisionMadeT decision = decide(state, now).decision;
  const std::string name = std::to_string(10'000 + number).substr(number < 1'000 ? 2 : 1);
  return std::string(kind) + "-" + name + " " + fb::EnumNameAction(decision.action) + " " +
         fb::EnumNameRule(decision.rule) + " " + hex_digest(canonical_bytes(decision));
}

// A sale under way, with little that a price forbids.
void draw_sale(Dice& dice, ToldHouse& house, UtcTime start) {
  fold::PolicySettings settings = draw_tiered_settings(dice);
  settings.selling.enabled = true;
  settings.selling.price_min = PriceE8(-100'000'000);
  settings.tiered.super_cheap = PriceE8(-100'000'000);
  settings.load_default_day = MilliwattHours(dice.roll(0, 60) * 1'000'000);
  house.tell(start - hours(3), adopted(settings));
  fb::SellingSessionChangedT begun;
  begun.session = "sale";
  begun.change = fb::SessionChange::started;
  begun.start_soc_bp = static_cast<std::uint16_t>(dice.roll(8'000, 10'000));
  house.tell(start - hours(2), begun);
  fb::DecisionMadeT last = decided(fb::Action::sell, fb::Rule::sale);
  last.until_us = to_us(start + minutes(15));
  house.tell(start - minutes(dice.roll(0, 120)), last);
}

std::string tiered_line(int number) {
  Dice dice(static_cast<std::uint64_t>(number) + 1'000'000);
  const UtcTime start = draw_start(dice);
  ToldHouse house;
  house.tell(start, warsaw()).tell(start, adopted(draw_tiered_settings(dice)));
  if (!dice.one_in(4)) draw_prices(dice, house, start - hours(24));
  if (!dice.one_in(12)) draw_prices(dice, house, start);
  draw_outlook(dice, house, start);
  if (number % 4 == 0)
    draw_sale(dice, house, start);
  else
    draw_tiered_past(dice, house, start);
  fb::ReadingRecordedT seen = reading(dice.roll_int(500, 10'000));
  if (dice.one_in(6)) seen.battery_soc_bp = static_cast<std::uint16_t>(dice.roll(0, 1'300));
  if (!dice.one_in(3)) {
    seen.pv_power_w = dice.one_in(2) ? 0 : dice.roll_int(0, 4'000);
    seen.load_power_w = dice.roll_int(0, 2'000);
  }
  if (dice.one_in(8)) make_cold_or_hot(dice, seen);
  house.tell(start, std::move(seen));
  const UtcTime now = start + seconds(dice.roll(0, 180));
  return line_of("tiered", number, house.state(), now);
}

std::string golden_line(int number) {
  Dice dice(static_cast<std::uint64_t>(number));
  const UtcTime start = draw_start(dice);
  ToldHouse house;
  house.tell(start, warsaw());
  if (!dice.one_in(40)) house.tell(start, adopted(draw_settings(dice)));
  draw_prices(dice, house, start);
  draw_past(dice, house, start);
  fb::ReadingRecordedT seen =
      reading(dice.one_in(20) ? std::nullopt : std::optional(dice.roll_int(0, 10'000)));
  if (dice.one_in(6)) seen.battery_soc_bp = static_cast<std::uint16_t>(dice.roll(0, 1'300));
  if (dice.one_in(30)) seen.quality = fb::Quality::implausible;
  if (dice.one_in(8)) make_cold_or_hot(dice, seen);
  house.tell(start, std::move(seen));
  const UtcTime now = start + seconds(dice.roll(0, dice.one_in(10) ? 400 : 180));
  return line_of("case", number, house.state(), now);
}

std::string optimal_line(int number) {
  Dice dice(static_cast<std::uint64_t>(number) + 2'000'000);
  UtcTime start = draw_start(dice);
  fold::PolicySettings settings = draw_tiered_settings(dice);
  settings.policy = "optimal";
  settings.plan_gain_min = MoneyE8(dice.roll(0, 20) * 1'000'000);
  if (dice.one_in(6)) settings.import_max = Watts(dice.roll(0, 800));
  ToldHouse house;
  house.tell(start, warsaw()).tell(start, adopted(settings));
  if (!dice.one_in(20)) draw_prices(dice, house, start);
  draw_outlook(dice, house, start);
  const int soc_bp = dice.roll_int(500, 10'000);
  house.tell(start, reading(soc_bp));
  if (number % 2 == 0) {
    Judgement before = decide(house.state(), start);
    if (before.plan) house.tell(start, *std::move(before.plan));
    house.tell(start, std::move(before.decision));
    start += minutes(dice.one_in(4) ? 5 : 15);
    house.tell(start, reading(std::clamp(soc_bp + dice.roll_int(-300, 300), 0, 10'000)));
  }
  return line_of("optimal", number, house.state(), start + seconds(dice.roll(0, 170)));
}

std::vector<std::string> current_lines() {
  std::vector<std::string> lines = {"engine_revision " + std::to_string(engine_revision)};
  for (int i = 0; i < cases; ++i) lines.push_back(golden_line(i));
  for (int i = 0; i < tiered_cases; ++i) lines.push_back(tiered_line(i));
  for (int i = 0; i < optimal_cases; ++i) lines.push_back(optimal_line(i));
  return lines;
}

const char* const remedy =
    "a decision came out differently. If this is intended: raise engine_revision in "
    "coordinator/policy/decide.hpp, then run this test with WATTLEDGER_UPDATE_GOLDEN=1";

}  // namespace

TEST_SUITE("policy/golden") {
  TEST_CASE("every decision of the corpus is what it was at this engine revision") {
    const std::filesystem::path file = golden_directory() / "policy" / "decisions.txt";
    const std::vector<std::string> lines = current_lines();
    if (std::getenv("WATTLEDGER_UPDATE_GOLDEN") != nullptr) {
      std::ofstream out(file, std::ios::binary | std::ios::trunc);
      for (const std::string& line : lines) out << line << '\n';
      REQUIRE(out.good());
      MESSAGE("written: " << file.string());
    }
    std::ifstream in(file, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), file.string());
    std::vector<std::string> golden;
    for (std::string line; std::getline(in, line);) golden.push_back(line);
    REQUIRE_MESSAGE(!golden.empty(), remedy);
    CHECK_MESSAGE(golden.front() == lines.front(),
                  "the corpus is of another engine revision; run this test with "
                  "WATTLEDGER_UPDATE_GOLDEN=1 and look at what changed");
    REQUIRE_MESSAGE(golden.size() == lines.size(), remedy);
    for (std::size_t i = 1; i < lines.size(); ++i)
      CHECK_MESSAGE(golden[i] == lines[i], remedy, "\n  was ", golden[i], "\n  is  ", lines[i]);
  }

  TEST_CASE("the corpus reaches every rule of this engine") {
    std::string all;
    for (const std::string& line : current_lines()) all += line + "\n";
    for (const fb::Rule rule : fb::EnumValuesRule()) {
      using enum fb::Rule;
      if (rule == none) continue;
      const std::string name = std::string(" ") + fb::EnumNameRule(rule) + " ";
      CHECK_MESSAGE(all.find(name) != std::string::npos, name);
    }
  }
}

}  // namespace wattledger::policy
