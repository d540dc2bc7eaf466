#include "coordinator/inverter/setting_writes.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "coordinator/inverter/eco_group.hpp"

namespace wattledger::inverter {
namespace {

constexpr std::uint16_t cold_start_address = 45248;
constexpr std::uint16_t backup_supply_address = 45252;
constexpr std::uint16_t depth_address = 45356;
constexpr std::uint16_t protection_address = 47500;
constexpr std::uint16_t export_on_address = 47509;
constexpr std::uint16_t export_limit_address = 47510;
constexpr std::uint16_t clock_address = 45200;
constexpr std::uint16_t ems_off_grid = 7;
constexpr std::chrono::minutes clock_near{1};

constexpr std::array<std::string_view, 8> names = {"general",    "off-grid",     "backup",
                                                   "eco",        "peak-shaving", "self-use",
                                                   "eco-charge", "eco-discharge"};

Failure no_value(const std::string& what, const std::string& remedy) {
  return fail(ErrorKind::invalid_input, what, remedy);
}

Result<std::uint16_t> percent(const std::string& what, std::int64_t value, std::int64_t least) {
  if (value >= least && value <= 100) return static_cast<std::uint16_t>(value);
  return no_value(what + " of " + std::to_string(value) + " %",
                  "give " + std::to_string(least) + " to 100");
}

std::uint16_t register_value(WorkMode mode) {
  switch (mode) {
    case WorkMode::general:
      return work_mode_general;
    case WorkMode::off_grid:
      return 1;
    case WorkMode::backup:
      return 2;
    case WorkMode::eco:
    case WorkMode::eco_charge:
    case WorkMode::eco_discharge:
      return work_mode_eco;
    case WorkMode::peak_shaving:
      return 4;
    case WorkMode::self_use:
      return 5;
  }
  return work_mode_general;
}

bool needs_groups(WorkMode mode) { return register_value(mode) == work_mode_eco; }

Result<void> check(WorkMode mode, const Controls& found, bool has_group) {
  if (mode == WorkMode::self_use && !found.is_745)
    return fail(ErrorKind::unsupported, "work mode self-use is of the 745 platform only",
                "use general, which serves the house, too");
  if (needs_groups(mode) && found.groups == GroupKind::none)
    return fail(ErrorKind::unsupported,
                "the inverter's firmware has no eco groups (registers 47515 or 47547)",
                "use general, or set charge, which then is fast charging");
  if ((mode == WorkMode::eco_charge || mode == WorkMode::eco_discharge) && !has_group)
    return no_value("an eco charge or discharge without its group", "give its power and its end");
  return {};
}

}  // namespace

Result<Writes> writes_for_export_limit(std::optional<Watts> limit) {
  if (!limit) return Writes{{export_on_address, {0}}};
  using Limits = std::numeric_limits<std::int16_t>;
  if (limit->count() < Limits::min() || limit->count() > Limits::max())
    return no_value("an export limit of " + std::to_string(limit->count()) + " W",
                    "give -32768 to 32767, or off");
  return Writes{{export_limit_address, {static_cast<std::uint16_t>(limit->count())}},
                {export_on_address, {1}}};
}

Result<Writes> writes_for_discharge_depth(std::int64_t depth) {
  const auto checked = percent("a depth of discharge", depth, 0);
  WATTLEDGER_TRY(checked);
  return Writes{{depth_address, {static_cast<std::uint16_t>(100 - *checked)}}};
}

Result<Writes> writes_for_fast_charging(std::int64_t soc, std::int64_t power) {
  const auto target = percent("a charge", soc, 0);
  WATTLEDGER_TRY(target);
  const auto rate = percent("a power", power, 1);
  WATTLEDGER_TRY(rate);
  return Writes{{fast_soc_address, {*target}}, {fast_power_address, {*rate}}, {fast_address, {1}}};
}

Writes writes_for_fast_charging_off() { return {{fast_address, {0}}}; }

Result<Writes> writes_for_ems(std::int64_t mode, std::optional<Watts> power) {
  constexpr std::int64_t mode_max = 12;
  constexpr std::int64_t power_max = 65'535;
  if (mode < ems_auto || mode > mode_max)
    return no_value("an EMS mode " + std::to_string(mode), "give 1 (auto) to 12");
  const auto word = static_cast<std::uint16_t>(mode);
  if (!power) return Writes{{ems_address, {word}}};
  if (power->count() < 0 || power->count() > power_max)
    return no_value("an EMS power of " + std::to_string(power->count()) + " W", "give 0 to 65535");
  return Writes{{ems_address, {word, static_cast<std::uint16_t>(power->count())}}};
}

Result<Writes> writes_for_soc_protection(std::int64_t value) {
  const auto checked = percent("a protected charge", value, 0);
  WATTLEDGER_TRY(checked);
  return Writes{{protection_address, {*checked}}};
}

Writes writes_for_tou_switch(bool on) {
  return {{tou_address, {static_cast<std::uint16_t>(on ? 1 : 0)}}};
}

Result<Writes> writes_for_clock(LocalTime wall) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(wall));
  if (date.year() < std::chrono::year(2000) || date.year() > std::chrono::year(2099))
    return no_value("a clock at " + iso_text(wall), "set the computer's clock first");
  const auto words = encode_clock(wall);
  return Writes{{clock_address, {words.begin(), words.end()}}};
}

std::string_view work_mode_name(WorkMode mode) { return names.at(static_cast<std::size_t>(mode)); }

std::optional<WorkMode> work_mode_of(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<WorkMode>(found - names.begin());
}

Result<Writes> writes_for_work_mode(WorkMode mode, const Controls& found,
                                    const std::optional<EcoGroup>& group) {
  WATTLEDGER_TRY(check(mode, found, group.has_value()));
  Writes writes;
  if (mode == WorkMode::eco_charge || mode == WorkMode::eco_discharge) {
    writes.push_back({found.group_address(0), words_of(*group, found.groups)});
    for (std::size_t i = 1; i < eco_group_addresses.size(); ++i)
      writes.push_back({found.switch_address(i), {switched_off(found.switch_word(i))}});
  }
  if (needs_groups(mode) && found.tou_off()) writes.push_back({tou_address, {1}});
  writes.push_back({work_mode_address, {register_value(mode)}});
  const bool off_grid = mode == WorkMode::off_grid;
  writes.push_back({ems_address, {off_grid ? ems_off_grid : ems_auto, 0}});
  if (off_grid) {
    writes.push_back({backup_supply_address, {1}});
    writes.push_back({cold_start_address, {4}});
  }
  if (!needs_groups(mode)) writes.push_back({clear_address, {1}});
  // Fast charging goes on in any mode, and general is what an owner says to end it.
  if (mode == WorkMode::general && found.fast_charging()) writes.push_back({fast_address, {0}});
  return writes;
}

bool reads_back(const Write& write) {
  return write.address != clear_address && write.address != cold_start_address;
}

bool says_the_same(const Write& write, std::span<const std::uint16_t> found) {
  const bool is_v2 = write.words.size() == eco_group_words &&
                     std::find(eco_group_addresses.begin(), eco_group_addresses.end(),
                               write.address) != eco_group_addresses.end();
  if (is_v2 && found.size() == eco_group_words) {
    const auto kept = [](std::span<const std::uint16_t> words) {
      return as_kept(decode_eco(words.first<eco_group_words>()), GroupKind::v2);
    };
    return kept(write.words) == kept(found);
  }
  if (write.address == clock_address && write.words.size() == 3 && found.size() == 3) {
    const auto wished = decode_clock(std::span(write.words).first<3>());
    const auto read = decode_clock(found.first<3>());
    return wished && read && std::chrono::abs(*wished - *read) <= clock_near;
  }
  return std::equal(write.words.begin(), write.words.end(), found.begin(), found.end());
}

Failure not_applied(const std::string& difference) {
  return fail(ErrorKind::rejected, "the inverter took the writes but " + difference,
              "look for another program or the vendor's app writing to it");
}

}  // namespace wattledger::inverter
