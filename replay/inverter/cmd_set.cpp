// wattledger inverter set mode MODE | export-limit WATTS|off | dod PERCENT | charge [--power W]
// [--to SOC] [--for MINUTES] [--yes]: one setting of the inverter's. Writes to the inverter; where
// a daemon steers it, a forced mode becomes an override instead.
#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <functional>
#include <memory>

#include "coordinator/inverter/register_map.hpp"
#include "coordinator/inverter/steering.hpp"
#include "events/near_match.hpp"
#include "replay/house/override_request.hpp"
#include "replay/inverter/commands.hpp"
#include "replay/inverter/steered_unit.hpp"

namespace wattledger::tool {
namespace {

using inverter::WorkMode;

constexpr std::int64_t minutes_max = 60;

// A forced mode: how much, to which charge, for how long.
struct Force {
  std::optional<std::int64_t> power, to;
  std::int64_t minutes = minutes_max;
};
struct Wish {
  UnitWish unit;
  std::string word;  // the mode, the watts, the percent
  Force force;
  std::optional<std::int64_t> minutes;
};

Result<void> check(Wish& wish) {
  Force& force = wish.force;
  if (wish.minutes) force.minutes = *wish.minutes;
  if (force.power) WATTLEDGER_TRY(check_watts(*force.power));
  if (force.to && (*force.to < 0 || *force.to > 100))
    return fail(ErrorKind::invalid_input, fmt::format("--to {} is no state of charge", *force.to),
                "write percent, 0 to 100");
  if (force.minutes < 1 || force.minutes > minutes_max)
    return fail(ErrorKind::invalid_input,
                fmt::format("--for {} is too long or no time", force.minutes),
                "write 1 to 60 minutes: a forced mode ends in the inverter by itself; for longer, "
                "have wattledgerd renew it and say wattledger override");
  return {};
}

// Where a daemon steers: its own word for this.
Exit as_override(const Invocation& invocation, const std::string& action, const Force& force) {
  OverrideWish wish;
  wish.action = action;
  wish.reason = "inverter set";
  std::string said = "wattledger override " + action;
  if (action != "auto") {
    wish.until = fmt::format("+{}m", force.minutes);
    said += " --until " + wish.until;
    if (force.to) {
      wish.soc = static_cast<double>(*force.to);
      said += fmt::format(" --soc {}", *force.to);
    }
    wish.power = force.power;
    if (force.power) said += fmt::format(" --power {}", *force.power);
  }
  note(
      "wattledgerd polls this inverter, and many dongles serve one client: this goes through the "
      "daemon, as " +
      said);
  return request_override(invocation, wish);
}

// Finds the inverter and asks how it stands.
Exit find_unit(const Invocation& invocation, const UnitWish& wish,
               std::unique_ptr<SteeredUnit>& unit) {
  const auto options = options_of(invocation, wish.address);
  if (!options) return refused(options.error());
  unit = std::make_unique<SteeredUnit>(*options);
  const auto looked = unit->look();
  return looked ? Exit::done : cannot(looked.error());
}

// By the inverter's own clock, taken for UTC: only its readings count.
struct Forced {
  inverter::Wish wish;
  UtcTime now;
};
Result<Forced> forced(SteeredUnit& unit, fb::InverterMode mode, const Force& force) {
  const auto clock = unit.clock();
  if (!clock) return Failure(clock.error());
  Forced made;
  made.now = UtcTime(clock->time_since_epoch());
  made.wish.mode = mode;
  made.wish.power = force.power ? Watts(*force.power) : unit.device().rated_power;
  made.wish.until = made.now + std::chrono::minutes(force.minutes);
  std::int64_t soc = force.to.value_or(100);
  if (mode == fb::InverterMode::discharge && !force.to) {
    const auto floor = unit.word(45356);  // what stays on the grid, by the owner's setting
    if (!floor) return Failure(floor.error());
    if (!*floor || **floor > 100)
      return fail(ErrorKind::invalid_input, "how far to discharge was not said",
                  "give --to PERCENT");
    soc = **floor;
  }
  made.wish.target_soc = BasisPoints(soc * 100);
  return made;
}

// "charges to 80 % at most, until 08:30 by …"
std::string forced_text(const inverter::EcoGroup& group, inverter::GroupKind kind) {
  const bool charge = group.power < 0;
  std::string text = charge ? "it charges" : "it discharges";
  if (kind == inverter::GroupKind::v2)
    text += fmt::format(" {} {} %", charge ? "to" : "down to", group.soc_percent);
  return text + fmt::format(
                    ", at the longest until {:02}:{:02} by the inverter's own clock; then it "
                    "serves the house by itself, until the same time next week: inverter set mode "
                    "general ends that too",
                    group.end_hour, group.end_minute);
}

// What this unit cannot keep of what was asked for, said before anybody agrees.
void note_limits(const Wish& wish, inverter::GroupKind kind) {
  if (kind == inverter::GroupKind::v1 && wish.force.to)
    note("this firmware's eco groups have no target: --to is not kept, only the time");
  if (kind == inverter::GroupKind::none && wish.minutes)
    note("this firmware has no eco groups: --for is not kept, the charge ends at its target only");
}

// A charge that is over before it begins.
void note_charged(SteeredUnit& unit, BasisPoints target) {
  constexpr std::uint16_t soc_address =
      inverter::row(inverter::Block::battery, "battery_soc").address;
  const auto soc = unit.word(soc_address);
  if (soc && *soc && **soc <= 100 && **soc * 100 >= target.count())
    note(fmt::format("the battery is at {} % already: it will only be kept from giving", **soc));
}

Exit set_charge(const Invocation& invocation, Wish& wish) {
  if (const auto good = check(wish); !good) return refused(good.error());
  if (polled_place(invocation, wish.unit.address, wish.unit.direct))
    return as_override(invocation, "charge", wish.force);
  std::unique_ptr<SteeredUnit> unit;
  if (const Exit found = find_unit(invocation, wish.unit, unit); found != Exit::done) return found;
  const auto made = forced(*unit, fb::InverterMode::charge, wish.force);
  if (!made) return refused(made.error());
  const auto target = inverter::target_for(made->wish, unit->controls(), made->now, ZoneOffsets(),
                                           unit->device().rated_power);
  if (!target) return refused(target.error());
  note_limits(wish, unit->controls().groups);
  note_charged(*unit, made->wish.target_soc);
  const std::string done =
      target->group
          ? forced_text(*target->group, unit->controls().groups)
          : fmt::format(
                "it charges to {} % and stops there, whenever that is; then it serves the "
                "house by itself",
                target->fast ? target->fast->soc : 0);
  return unit->carry_out(invocation, inverter::writes_for(*target, unit->controls()), wish.unit.yes,
                         "charge the battery", done);
}

// The daemon's word for a mode; empty: it has none.
std::string override_for(WorkMode mode) {
  switch (mode) {
    case WorkMode::general:
      return "auto";
    case WorkMode::eco_charge:
      return "charge";
    case WorkMode::eco_discharge:
      return "sell";
    case WorkMode::off_grid:
    case WorkMode::backup:
    case WorkMode::eco:
    case WorkMode::peak_shaving:
    case WorkMode::self_use:
      break;
  }
  return "";
}

bool is_forced(WorkMode mode) {
  return mode == WorkMode::eco_charge || mode == WorkMode::eco_discharge;
}

Result<void> check_mode(const Wish& wish, std::optional<WorkMode> mode) {
  if (!mode) {
    std::vector<std::string> known;
    for (int i = 0; i <= static_cast<int>(WorkMode::eco_discharge); ++i)
      known.emplace_back(inverter::work_mode_name(static_cast<WorkMode>(i)));
    return fail(ErrorKind::invalid_input, "there is no work mode \"" + wish.word + "\"",
                near_match_remedy(wish.word, known));
  }
  const bool forcing = wish.force.power || wish.force.to || wish.minutes;
  if (forcing && !is_forced(*mode))
    return fail(ErrorKind::invalid_input, "work mode " + wish.word + " stays until another is set",
                "leave out --power, --to and --for; they go with eco-charge and eco-discharge");
  return {};
}

// Peak shaving is found by asking for its schedule, as the reference library does.
Result<void> check_unit(SteeredUnit& unit, WorkMode mode) {
  if (mode != WorkMode::peak_shaving) return {};
  const auto schedule = unit.word(47589);
  if (!schedule) return Failure(schedule.error());
  if (*schedule) return {};
  return fail(ErrorKind::unsupported,
              "the inverter's firmware has no peak shaving (register 47589)",
              "update its ARM firmware to 22 or newer");
}

// The reference client leaves group 1 as it is, and a window that somebody forced, which is for one
// weekday, would open again next week, should the work mode be eco then. A schedule of more days is
// the owner's.
void close_window(const inverter::Controls& found, inverter::Writes& writes) {
  if (found.groups == inverter::GroupKind::none) return;
  if (std::popcount(static_cast<unsigned>(found.group(0).days)) != 1) return;
  const std::uint16_t word = found.switch_word(0);
  if (inverter::is_on(word))
    writes.push_back({found.switch_address(0), {inverter::switched_off(word)}});
}

std::string question(WorkMode mode) {
  if (mode == WorkMode::off_grid) return "cut the house off the grid and feed it from the battery";
  return "set work mode " + std::string(inverter::work_mode_name(mode));
}

Exit set_mode(const Invocation& invocation, Wish& wish) {
  const auto mode = inverter::work_mode_of(wish.word);
  if (const auto good = check_mode(wish, mode); !good) return refused(good.error());
  if (const auto good = check(wish); !good) return refused(good.error());
  if (polled_place(invocation, wish.unit.address, wish.unit.direct)) {
    const std::string action = override_for(*mode);
    return action.empty() ? cannot(daemon_polls("work mode " + wish.word))
                          : as_override(invocation, action, wish.force);
  }
  std::unique_ptr<SteeredUnit> unit;
  if (const Exit found = find_unit(invocation, wish.unit, unit); found != Exit::done) return found;
  if (const auto good = check_unit(*unit, *mode); !good) return cannot(good.error());
  std::optional<inverter::EcoGroup> group;
  std::string done = "work mode " + wish.word + ", until another is set";
  if (is_forced(*mode) && unit->controls().groups != inverter::GroupKind::none) {
    const bool charge = *mode == WorkMode::eco_charge;
    const auto made =
        forced(*unit, charge ? fb::InverterMode::charge : fb::InverterMode::discharge, wish.force);
    if (!made) return refused(made.error());
    const auto asked =
        inverter::group_for(made->wish, made->now, ZoneOffsets(), unit->device().rated_power,
                            inverter::group_type(unit->controls()));
    if (!asked) return refused(asked.error());
    group = *asked;
    note_limits(wish, unit->controls().groups);
    done = forced_text(*group, unit->controls().groups);
  }
  auto writes = inverter::writes_for_work_mode(*mode, unit->controls(), group);
  if (!writes) return refused(writes.error());
  if (*mode == WorkMode::general) close_window(unit->controls(), *writes);
  return unit->carry_out(invocation, *writes, wish.unit.yes, question(*mode), done);
}

// A whole number, or nothing.
std::optional<std::int64_t> whole(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A setting of one number, that no override can say. `odd`: what to note before anybody agrees.
Exit set_one(const Invocation& invocation, const Wish& wish, const Result<inverter::Writes>& writes,
             const std::string& what, const std::string& done,
             const std::function<std::string(const SteeredUnit&)>& odd) {
  if (!writes) return refused(writes.error());
  if (polled_place(invocation, wish.unit.address, wish.unit.direct))
    return cannot(daemon_polls(what));
  std::unique_ptr<SteeredUnit> unit;
  if (const Exit found = find_unit(invocation, wish.unit, unit); found != Exit::done) return found;
  if (const std::string remark = odd(*unit); !remark.empty()) note(remark);
  return unit->carry_out(invocation, *writes, wish.unit.yes, "set " + what, done);
}

Exit set_export_limit(const Invocation& invocation, const Wish& wish) {
  const bool off = wish.word == "off";
  const auto watts = whole(wish.word);
  if (!off && !watts)
    return usage("\"" + wish.word + "\" is no export limit", "write watts, as 5000, or off");
  return set_one(
      invocation, wish,
      inverter::writes_for_export_limit(off ? std::nullopt : std::optional(Watts(*watts))),
      "the export limit",
      off ? "no export limit holds" : "at most " + wish.word + " W go out at the grid connection",
      [&](const SteeredUnit& unit) -> std::string {
        const std::int64_t rated = unit.device().rated_power.count();
        if (off || (*watts >= 0 && *watts <= rated)) return {};
        if (*watts < 0)
          return fmt::format("a limit below zero: at least {} W are to come in from the grid",
                             -*watts);
        return fmt::format("more than the {} W that this inverter can give: it limits nothing",
                           rated);
      });
}

Exit set_depth(const Invocation& invocation, const Wish& wish) {
  const auto depth = whole(wish.word);
  if (!depth)
    return usage("\"" + wish.word + "\" is no depth of discharge", "write percent, 0 to 100");
  return set_one(
      invocation, wish, inverter::writes_for_discharge_depth(*depth), "the depth of discharge",
      fmt::format("on the grid {} % of the battery are used, {} % stay", *depth, 100 - *depth),
      [&](const SteeredUnit&) -> std::string {
        if (*depth == 0) return "the battery will give nothing while the grid is there";
        if (*depth < 100) return {};
        return "nothing will stay in the battery for a grid failure or its own electronics";
      });
}

void add_force(CLI::App& command, Wish& wish) {
  add_number(command, "--power", wish.force.power, "At most this much (the rated power)")
      .type_name("WATTS");
  add_number(command, "--to", wish.force.to,
             "Stop at this charge (charging: 100; else what 45356 keeps)")
      .type_name("PERCENT");
  add_number(command, "--for", wish.minutes,
             "1 to 60; then it ends by itself, at the latest at "
             "midnight (60)")
      .type_name("MINUTES");
}

}  // namespace

void add_inverter_set(CLI::App& parent, Invocation& invocation) {
  const auto add = [&](const std::string& name, const std::string& what, const std::string& example,
                       const std::shared_ptr<Wish>& wish, auto run) {
    CLI::App* command = add_command(
        parent, name, what + " Shows each register, asks, writes, reads back.", example);
    add_unit(*command, wish->unit);
    on_call(*command, invocation, [&invocation, wish, run] { return run(invocation, *wish); });
    return command;
  };
  auto wish = std::make_shared<Wish>();
  CLI::App* mode =
      add("mode",
          "The work mode. A forced one ends in the inverter by itself; where a daemon runs, it and "
          "general become an override.",
          "wattledger inverter set mode backup --host 192.168.1.50\n  wattledger inverter set mode "
          "eco-discharge --power 3000 --to 40 --for 30 --host 192.168.1.50",
          wish, set_mode);
  add_text(*mode, "mode", wish->word,
           "general, off-grid, backup, eco, peak-shaving, self-use, eco-charge or eco-discharge")
      .type_name("MODE")
      .required();
  add_force(*mode, *wish);

  wish = std::make_shared<Wish>();
  CLI::App* limit =
      add("export-limit", "How much may go out at the grid connection.",
          "wattledger --config house.yaml inverter set export-limit 5000", wish, set_export_limit);
  add_text(*limit, "watts", wish->word, "Watts, or off").type_name("WATTS|off").required();

  wish = std::make_shared<Wish>();
  CLI::App* depth = add("dod", "The depth of discharge on the grid: the rest of the charge stays.",
                        "wattledger --config house.yaml inverter set dod 80", wish, set_depth);
  add_text(*depth, "percent", wish->word, "0 to 100").type_name("PERCENT").required();

  wish = std::make_shared<Wish>();
  CLI::App* charge =
      add("charge",
          "Charge now, from the grid, too. Ends in the inverter by itself; where a daemon runs, it "
          "becomes an override.",
          "wattledger inverter set charge --power 4000 --to 80 --for 45 --host 192.168.1.50", wish,
          set_charge);
  add_force(*charge, *wish);
}

}  // namespace wattledger::tool
