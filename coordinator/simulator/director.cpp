#include "coordinator/simulator/director.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace wattledger::simulator {
namespace {

constexpr std::array<std::pair<std::string_view, Misbehaviour>, 10> connection_faults{
    {{"silence", Misbehaviour::silent},
     {"late", Misbehaviour::late},
     {"delay", Misbehaviour::slow},
     {"garbage", Misbehaviour::garbage},
     {"trailing", Misbehaviour::trailing},
     {"wrong-length", Misbehaviour::wrong_length},
     {"split", Misbehaviour::split},
     {"exceptions", Misbehaviour::exceptions},
     {"disconnects", Misbehaviour::disconnect},
     {"ignored-writes", Misbehaviour::ignore_writes}}};
constexpr std::array<std::pair<std::string_view, HouseFault>, 6> house_faults{
    {{"frozen-values", HouseFault::frozen_values},
     {"counter-wrap", HouseFault::counter_wrap},
     {"clock-drift", HouseFault::clock_drift},
     {"grid-loss", HouseFault::grid_loss},
     {"over-temperature", HouseFault::over_temperature},
     {"bms-refuses-charge", HouseFault::bms_refuses_charge}}};

constexpr std::string_view help =
    "state                what flows now\n"
    "fault NAME [off]     one of those that `faults` lists\n"
    "faults               their names\n"
    "clear                no fault any more\n"
    "pv W|auto            the sun, or the year's data again\n"
    "load W|auto          the house's load\n"
    "soc PERCENT          the battery's charge\n"
    "clock SECONDS        shift the inverter's clock";

std::string_view next_word(std::string_view& line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return line = {};
  const std::size_t last = std::min(line.find_first_of(" \t\r", first), line.size());
  const std::string_view word = line.substr(first, last - first);
  line.remove_prefix(last);
  return word;
}

Failure no_order(std::string_view line) {
  return fail(ErrorKind::invalid_input, "\"" + std::string(line) + "\" is no order",
              "say help to see what is");
}

Result<std::int64_t> number_of(std::string_view word, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < least || value > most) {
    return fail(ErrorKind::invalid_input, "\"" + std::string(word) + "\" is no number here",
                "give one from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

constexpr std::int64_t power_max = 1'000'000;

Result<std::optional<Watts>> power_of(std::string_view word) {
  if (word == "auto") return std::optional<Watts>();
  const auto watts = number_of(word, 0, power_max);
  if (!watts) return Failure(watts.error());
  return std::optional(Watts(*watts));
}

}  // namespace

std::string fault_names() {
  std::string names;
  for (const auto& [name, fault] : connection_faults)
    names += (names.empty() ? "" : ", ") + std::string(name);
  for (const auto& [name, fault] : house_faults) names += ", " + std::string(name);
  return names;
}

std::string Director::state() const {
  const Powers now = house_.powers();
  const auto watts = [](std::string_view name, Watts power) {
    return ", " + std::string(name) + " " + std::to_string(power.count()) + " W";
  };
  const auto either = [&](std::string_view out, std::string_view in, std::string_view what,
                          Watts power) {
    if (power.count() == 0) return ", " + std::string(what) + " idle";
    return watts(power.count() > 0 ? out : in, Watts(std::abs(power.count())));
  };
  const std::int64_t soc = house_.soc().count();
  std::string text = utc_text(std::chrono::floor<std::chrono::seconds>(house_.now())) + " SOC " +
                     std::to_string(soc / 100) + "." + std::to_string(soc % 100 / 10) + " %";
  text += watts("sun", now.pv) + watts("load", now.load + now.backup) +
          either("discharging", "charging", "battery", now.battery) +
          either("export", "import", "grid", now.grid);
  if (house_.in_forced_mode()) text += ", forced";
  return text + ", " + std::to_string(server_.requests()) + " requests";
}

Result<std::string> Director::fault(std::string_view name, std::string_view on) {
  if (!on.empty() && on != "off" && on != "on") return no_order(on);
  const bool begins = on != "off";
  const std::string said = std::string(name) + (begins ? " begins" : " is over");
  for (const auto& [called, how] : connection_faults) {
    if (called != name) continue;
    server_.misbehave(begins ? how : Misbehaviour::none);
    return said;
  }
  for (const auto& [called, which] : house_faults) {
    if (called != name) continue;
    house_.set_fault(which, begins);
    return said;
  }
  return fail(ErrorKind::invalid_input, "\"" + std::string(name) + "\" is no fault",
              "one of: " + fault_names());
}

Result<std::string> Director::obey(std::string_view line) {
  const std::string_view whole = line;
  const std::string_view order = next_word(line);
  const std::string_view what = next_word(line);
  const std::string_view more = next_word(line);
  if (!next_word(line).empty() || (!more.empty() && order != "fault")) return no_order(whole);
  if (order.empty()) return std::string();
  if (!what.empty() &&
      (order == "help" || order == "state" || order == "faults" || order == "clear"))
    return no_order(whole);
  if (order == "help") return std::string(help);
  if (order == "state") return state();
  if (order == "faults") return fault_names();
  if (order == "fault") return fault(what, more);
  if (order == "clear") {
    server_.misbehave(Misbehaviour::none);
    for (const auto& [name, which] : house_faults) house_.set_fault(which, false);
    return std::string("no faults");
  }
  if (order == "pv" || order == "load") {
    const auto power = power_of(what);
    if (!power) return Failure(power.error());
    if (order == "pv")
      house_.set_pv(*power);
    else
      house_.set_load(*power);
    return state();
  }
  if (order == "soc") {
    const auto percent = number_of(what, 0, 100);
    if (!percent) return Failure(percent.error());
    house_.set_soc(BasisPoints(*percent * 100));
    return state();
  }
  if (order == "clock") {
    constexpr std::int64_t most = 86'400;
    const auto seconds = number_of(what, -most, most);
    if (!seconds) return Failure(seconds.error());
    house_.shift_clock(std::chrono::seconds(*seconds));
    return "the inverter's clock is shifted by " + std::to_string(*seconds) + " s";
  }
  return no_order(whole);
}

}  // namespace wattledger::simulator
