#include "replay/inverter/unit_survey.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "coordinator/inverter/block_reader.hpp"
#include "coordinator/inverter/blocks.hpp"
#include "coordinator/inverter/control_registers.hpp"
#include "coordinator/inverter/labels.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "coordinator/inverter/steering.hpp"
#include "coordinator/policy/decide.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using inverter::Block;
using inverter::ModbusOptions;
using inverter::Transport;
using std::chrono::seconds;

// Of the diagnoses, those that say how the unit is wired; the rest come and go with the day.
constexpr std::uint32_t no_meter_communication = 1U << 9U;
constexpr std::uint32_t meter_reversed = 1U << 10U;
constexpr std::uint32_t battery_disconnected = 1U << 14U;
constexpr std::uint32_t wiring_diagnoses =
    no_meter_communication | meter_reversed | battery_disconnected;

constexpr seconds clock_off_max{120};

// What the summary can do without: absent whatever came instead.
std::optional<std::int64_t> setting(inverter::ModbusLink& link, const inverter::Register& entry) {
  std::uint16_t word = 0;
  if (!link.read(entry.address, std::span(&word, 1))) return std::nullopt;
  return inverter::decode_value(entry, std::span(&word, 1));
}

void read_settings(inverter::ModbusLink& link, Survey& found) {
  constexpr inverter::Register unit = inverter::row(Block::settings, "comm_address");
  constexpr inverter::Register floor = inverter::row(Block::settings, "battery_discharge_depth");
  constexpr inverter::Register capacity = inverter::row(Block::settings, "battery_capacity");
  constexpr inverter::Register modules = inverter::row(Block::settings, "battery_modules");
  constexpr inverter::Register charge = inverter::row(Block::settings, "battery_charge_voltage");
  found.own_unit = setting(link, unit);
  if (const auto bp = setting(link, floor)) found.floor_percent = *bp / 100;
  const auto hours = setting(link, capacity);
  if (!hours || *hours <= 0) return;
  found.battery = BatterySettings{*hours, setting(link, modules), setting(link, charge)};
}

Result<void> read_blocks(inverter::BlockReader& reader, UtcTime now, const ZoneOffsets& zone,
                         Survey& found) {
  std::array<std::uint16_t, inverter::running_range.count> running{};
  WATTLEDGER_TRY(reader.read_running(running));
  const auto battery = reader.read_one(Block::battery);
  if (!battery) return Failure(battery.error());
  const auto meter = reader.read_one(Block::meter);
  if (!meter) return Failure(meter.error());
  inverter::PolledBlocks blocks;
  blocks.running = running;
  blocks.wide = found.platform.wide;
  if (*battery) blocks.battery = (*battery)->words;
  if (*meter) blocks.meter = std::span((*meter)->words).first(inverter::meter_range.count);
  blocks.has_meter = meter->has_value();
  std::optional<inverter::BlockWords> second;
  std::optional<inverter::BlockWords> second_power;
  if (found.platform.two_batteries) {
    auto state = reader.read_one(Block::battery2);
    if (!state) return Failure(state.error());
    auto power = reader.read_one(Block::battery2_power);
    if (!power) return Failure(power.error());
    second = *std::move(state);
    second_power = *std::move(power);
  }
  if (second) blocks.battery2 = second->words;
  if (second_power) blocks.battery2_power = second_power->words;
  constexpr inverter::Register meter_status = inverter::row(Block::meter, "meter_comm_status");
  found.has_meter = meter->has_value() && inverter::decode_in(meter_status, (*meter)->words,
                                                              inverter::meter_range.start) != 0;
  found.reading = inverter::decode_poll(blocks, now, zone);
  found.has_battery = battery->has_value() && found.reading.battery_mode != fb::BatteryMode::none;
  constexpr inverter::Register diagnose = inverter::row(Block::running, "diagnose_result");
  found.diagnoses = static_cast<std::uint32_t>(
      inverter::decode_in(diagnose, running, inverter::running_range.start).value_or(0));
  const fb::ReadingRecordedT& reading = found.reading;
  if (reading.inverter_clock_offset_s || reading.pv_power_w || reading.battery_power_w) return {};
  return fail(ErrorKind::corrupt, "registers 35100..35224 hold neither a time nor a power",
              "check that host, port and unit are those of a GoodWe ET or EH inverter");
}

void remark_on_clock(const Survey& survey, const std::string& zone, std::vector<std::string>& all) {
  if (!survey.reading.inverter_clock_offset_s) {
    all.emplace_back("the inverter's clock cannot be read: forced modes end by it");
    return;
  }
  const seconds off(*survey.reading.inverter_clock_offset_s);
  if (std::chrono::abs(off) <= clock_off_max) return;
  // Zones differ by whole quarters of an hour, at most by a day and a little.
  constexpr seconds quarter(900);
  constexpr seconds zones_apart_max(26 * 3600);
  const seconds rest = std::chrono::abs(off) % quarter;
  const bool other_zone = std::chrono::abs(off) <= zones_apart_max &&
                          (rest <= clock_off_max || quarter - rest <= clock_off_max);
  all.push_back(fmt::format(
      "the inverter's clock is {} {} the time in {}: {}set it in the inverter's app, for a forced "
      "charge ends by it",
      duration_text(std::chrono::abs(off)), off < seconds(0) ? "behind" : "ahead of", zone,
      other_zone ? "if the house is in another zone, say so with --timezone, else " : ""));
}

void remark_on_unit(const Survey& survey, std::vector<std::string>& all) {
  const std::int64_t unit_usual = ModbusOptions().unit;
  const std::int64_t asked = survey.options.unit;
  if (survey.own_unit && *survey.own_unit != asked)
    all.push_back(
        fmt::format("it answered as unit {}, and its own unit number is {} (register "
                    "45127): not every dongle forgives that, --unit {} would be sure",
                    asked, *survey.own_unit, *survey.own_unit));
  else if (asked != unit_usual)
    all.push_back(
        fmt::format("its unit number is {}, where GoodWe's apps expect {}", asked, unit_usual));
}

}  // namespace

std::string way_text(const ModbusOptions& options) {
  if (options.transport == Transport::serial)
    return fmt::format("Modbus on the line {} at {} baud", options.device, options.baud);
  return fmt::format("{} on port {}",
                     options.transport == Transport::udp ? "Modbus over UDP" : "Modbus/TCP",
                     options.port);
}

Result<inverter::Device> who_is(const ModbusOptions& options) {
  inverter::ModbusLink link(options);
  return inverter::BlockReader(link).identify();
}

Result<AnsweredWay> first_way(const std::vector<ModbusOptions>& ways) {
  std::string tried;
  for (const ModbusOptions& way : ways) {
    const auto device = who_is(way);
    if (device) return AnsweredWay{way, *device};
    if (ways.size() == 1) return Failure(device.error());
    // Behind the last colon of the link's line stands what the system or the unit said.
    const std::string& what = device.error().what;
    const std::size_t colon = what.rfind(": ");
    tried += fmt::format("{}{}: {}", tried.empty() ? "" : "; ", way_text(way),
                         colon == std::string::npos ? what : what.substr(colon + 2));
  }
  return fail(ErrorKind::not_found,
              "no GoodWe ET or EH answers at " + ways.front().host + " (" + tried + ")",
              "check the address in the router, switch Modbus on in SolarGo where it has a switch, "
              "stop what else polls it, and try --unit 245");
}

Result<Survey> survey(const ModbusOptions& options, UtcTime now, const ZoneOffsets& zone) {
  inverter::ModbusLink link(options);
  inverter::BlockReader reader(link);
  const auto device = reader.identify();
  if (!device) return Failure(device.error());
  Survey found;
  found.options = options;
  found.device = *device;
  found.platform = reader.platform();
  WATTLEDGER_TRY(read_blocks(reader, now, zone, found));
  const auto controls = inverter::ControlRegisters(link).read(found.platform);
  if (!controls) return Failure(controls.error());
  found.controls = *controls;
  // By the inverter's clock: it decides whether a window holds.
  const UtcTime its_now = now + seconds(found.reading.inverter_clock_offset_s.value_or(0));
  found.mode = inverter::state_of(*controls, its_now, zone, device->rated_power).mode;
  found.reading.work_mode = controls->work_mode;
  found.reading.forced_mode = found.mode;
  read_settings(link, found);
  return found;
}

std::vector<std::string> remarks_on(const Survey& survey, const std::string& zone_name) {
  std::vector<std::string> all;
  if (!survey.has_battery)
    all.emplace_back(
        "there is no battery, or it is switched off: nothing to coordinate without it");
  else if (!survey.reading.battery_soc_bp)
    all.emplace_back("the battery's charge cannot be read: nothing is decided without it");
  if (!survey.has_meter)
    all.emplace_back(
        "there is no meter: what the house buys and sells is the inverter's own guess");
  if (const std::uint32_t wiring = survey.diagnoses & wiring_diagnoses; wiring != 0)
    all.push_back("the inverter itself says: " + inverter::diagnose_labels(wiring));
  if (survey.reading.inverter_error.value_or(0) != 0)
    all.push_back("the inverter reports errors: " +
                  inverter::error_labels(*survey.reading.inverter_error));
  remark_on_clock(survey, zone_name, all);
  remark_on_unit(survey, all);
  if (survey.controls.work_mode != inverter::work_mode_general)
    all.emplace_back(
        "it is not in general mode: with control.mode on, wattledger works from there, "
        "and wattledger inverter release puts back what it found");
  if (survey.controls.groups == inverter::GroupKind::none)
    all.emplace_back(survey.controls.has_fast
                         ? "it has no eco groups: it can be told to charge, not to hold or to sell"
                         : "it has neither eco groups nor fast charging: it cannot be steered");
  if (survey.reading.quality == fb::Quality::implausible)
    all.emplace_back("some values cannot be, and were left out: look at wattledger inverter read");
  return all;
}

Result<Outlook> outlook(const fb::ReadingRecordedT& reading, const fold::PolicySettings& settings,
                        UtcTime now) {
  fold::State state;
  state.policy = fold::Policy{settings, fold::text_digest(fold::render_policy(settings)), {}};
  fb::EventT event;
  event.fact.Set(fb::ReadingRecordedT(reading));
  event.occurred_at_us = to_us(now);
  const auto encoded = encode(event);
  if (!encoded) return Failure(encoded.error());
  const auto view = decode(encoded->kind(), encoded->bytes());
  if (!view) return Failure(view.error());
  fold::evolve(state, Sequence{1}, now, *view);
  Outlook ahead;
  for (const fb::FaultRaisedT& fault : policy::look_for_faults(state, now).raised) {
    ahead.faults.push_back(fmt::format("{} ({}: {}, limit {})", fb::EnumNameFault(fault.fault),
                                       fault.detail, fault.measured.value_or(0),
                                       fault.limit.value_or(0)));
    state.faults.push_back({fault.fault, Sequence{1}, now, fault.latched, fault.detail});
  }
  const fb::DecisionMadeT decision = policy::decide(state, now).decision;
  ahead.action = decision.action;
  ahead.rule = decision.rule;
  return ahead;
}

}  // namespace wattledger::tool
