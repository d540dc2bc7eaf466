// The golden corpus: a few hundred houses, drawn from a seed, and the decision of each. Any byte
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

constexpr int cases = 400;

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

std::string hex_digest(const std::vector<std::byte>& bytes) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.bytes.data());
  return digest.hex();
}

// "case-017 charge cheapest_slots <digest>"
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
  house.tell(start, std::move(seen));
  const UtcTime now = start + seconds(dice.roll(0, dice.one_in(10) ? 400 : 180));
  const Judgement judged = decide(house.state(), now);
  std::string name = std::to_string(1'000 + number).substr(1);
  return "case-" + name + " " + fb::EnumNameAction(judged.decision.action) + " " +
         fb::EnumNameRule(judged.decision.rule) + " " +
         hex_digest(canonical_bytes(judged.decision));
}

std::vector<std::string> current_lines() {
  std::vector<std::string> lines = {"engine_revision " + std::to_string(engine_revision)};
  for (int i = 0; i < cases; ++i) lines.push_back(golden_line(i));
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
    for (int i = 0; i < cases; ++i) all += golden_line(i) + "\n";
    for (const fb::Rule rule : fb::EnumValuesRule()) {
      if (rule == fb::Rule::none || rule == fb::Rule::operator_limit) continue;
      const std::string name = std::string(" ") + fb::EnumNameRule(rule) + " ";
      CHECK_MESSAGE(all.find(name) != std::string::npos, name);
    }
  }
}

}  // namespace wattledger::policy
