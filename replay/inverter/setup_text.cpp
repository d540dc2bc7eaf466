#include "replay/inverter/setup_text.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "coordinator/inverter/setting_writes.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;
using inverter::GroupKind;
using inverter::Transport;
using std::chrono::seconds;

constexpr const char* advice =
    "in advise mode wattledger reads, decides and records, and writes nothing to the inverter";

std::string_view groups_name(GroupKind kind) {
  switch (kind) {
    case GroupKind::none:
      return "none";
    case GroupKind::v1:
      return "v1";
    case GroupKind::v2:
      return "v2";
  }
  return "none";
}

std::string_view transport_name(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return "tcp";
    case Transport::udp:
      return "udp";
    case Transport::serial:
      return "serial";
  }
  return "tcp";
}

// Registers hold the whole modes, of which the last two of our names are none.
std::string work_mode_text(std::uint16_t word) {
  using inverter::WorkMode;
  if (word > static_cast<std::uint16_t>(WorkMode::self_use))
    return fmt::format("{} (unknown)", word);
  return std::string(inverter::work_mode_name(static_cast<WorkMode>(word)));
}

std::string platform_text(const inverter::Platform& platform) {
  return fmt::format("{}{}{}", platform.is_745 ? "745 platform, " : "",
                     platform.single_phase ? "single-phase" : "three-phase",
                     platform.two_batteries ? ", two batteries" : "");
}

std::string control_text(const inverter::Controls& controls) {
  if (controls.groups == GroupKind::none)
    return controls.has_fast ? "fast charging, no eco groups" : "none that wattledger knows";
  return fmt::format("eco groups {}{}{}", groups_name(controls.groups),
                     controls.has_fast && controls.groups == GroupKind::v2 ? ", fast charging" : "",
                     controls.tou_off() ? ", TOU switch off" : "");
}

// "1250 W", or what it does: "charging 3000 W".
template <class Optional>
std::string flow(const Optional& watts, const char* positive, const char* negative) {
  if (!watts) return "power unknown";
  const std::int64_t value = *watts;
  if (value == 0) return "idle";
  return fmt::format("{} {} W", value > 0 ? positive : negative, std::abs(value));
}

std::string clock_text(const SetupDone& done) {
  const auto& offset = done.survey.reading.inverter_clock_offset_s;
  if (!offset) return "unknown";
  if (*offset == 0) return "as this computer's, in " + done.choice.zone;
  return fmt::format("{} {} this computer's, in {}",
                     duration_text(std::chrono::abs(seconds(*offset))),
                     *offset > 0 ? "ahead of" : "behind", done.choice.zone);
}

std::string battery_text(const Survey& survey) {
  const fb::ReadingRecordedT& reading = survey.reading;
  if (!survey.has_battery) return "none";
  std::string text = percent_text(number(reading.battery_soc_bp)) + ", " +
                     flow(reading.battery_power_w, "giving", "charging");
  if (reading.battery_voltage_mv)
    text += fmt::format(", {:.1f} V", static_cast<double>(*reading.battery_voltage_mv) / 1000);
  return text;
}

// As a shell takes it for one word.
std::string shell_word(const std::string& word) {
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:@%=";
  if (word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

template <class Optional>
Json or_null(const Optional& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json percent(const std::optional<std::int64_t>& bp) {
  return bp ? Json(static_cast<double>(*bp) / 100.0) : Json(nullptr);
}

Json inverter_json(const Survey& survey) {
  const inverter::ModbusOptions& way = survey.options;
  Json json = {{"model", survey.device.model},
               {"serial", survey.device.serial},
               {"firmware", survey.device.firmware},
               {"rated_power_w", survey.device.rated_power.count()},
               {"platform", platform_text(survey.platform)},
               {"transport", transport_name(way.transport)}};
  if (way.transport == Transport::serial) {
    json["device"] = way.device;
    json["baud"] = way.baud;
  } else {
    json["host"] = way.host;
    json["port"] = way.port;
  }
  json["unit"] = way.unit;
  json["work_mode"] = work_mode_text(survey.controls.work_mode);
  json["does"] = fb::EnumNameInverterMode(survey.mode);
  json["eco_groups"] = groups_name(survey.controls.groups);
  json["fast_charging"] = survey.controls.has_fast;
  return json;
}

Json reading_json(const Survey& survey) {
  const fb::ReadingRecordedT& reading = survey.reading;
  return {{"battery", survey.has_battery},
          {"soc_pct", percent(number(reading.battery_soc_bp))},
          {"battery_w", or_null(reading.battery_power_w)},
          {"battery_mv", or_null(reading.battery_voltage_mv)},
          {"pv_w", or_null(reading.pv_power_w)},
          {"load_w", or_null(reading.load_power_w)},
          {"meter", survey.has_meter},
          {"grid_w", or_null(reading.grid_power_w)},
          {"clock_offset_s", or_null(reading.inverter_clock_offset_s)}};
}

}  // namespace

NextCommands next_commands(const std::string& file) {
  const std::string config = " --config " + shell_word(file);
  return {"wattledgerd" + config, "wattledger" + config + " status"};
}

std::vector<std::string> setup_lines(const SetupDone& done) {
  const Survey& survey = done.survey;
  const fb::ReadingRecordedT& reading = survey.reading;
  std::vector<std::string> lines;
  const auto line = [&](const char* name, const std::string& value) {
    lines.push_back(fmt::format("{:<13}{}", name, value));
  };
  line("Inverter", fmt::format("{}{}, {} W, {}", survey.device.model,
                               (survey.device.model.empty() ? "" : " ") + survey.device.serial,
                               survey.device.rated_power.count(), platform_text(survey.platform)));
  line("Firmware", survey.device.firmware);
  line("Answers",
       (survey.options.transport == Transport::serial ? "" : survey.options.host + ", ") +
           way_text(survey.options) + fmt::format(", unit {}", survey.options.unit));
  line("Work mode", work_mode_text(survey.controls.work_mode));
  line("Control", control_text(survey.controls));
  line("Battery", battery_text(survey));
  line("Sun", power_text(number(reading.pv_power_w)));
  line("House", power_text(number(reading.load_power_w)));
  line("Grid", flow(reading.grid_power_w, "exporting", "importing") +
                   (survey.has_meter ? "" : ", without a meter"));
  line("Clock", clock_text(done));
  if (!done.remarks.empty()) {
    lines.emplace_back();
    lines.emplace_back("Look at this first:");
    for (const std::string& remark : done.remarks) lines.push_back("- " + remark);
  }
  lines.emplace_back();
  lines.push_back("Written: " + done.file +
                  "; its comments say what only you know: the battery's capacity, prices, tariff");
  lines.push_back(fmt::format(
      "With it wattledger would now decide {} ({}){}", fb::EnumNameAction(done.ahead.action),
      fb::EnumNameRule(done.ahead.rule),
      done.ahead.rule == fb::Rule::no_price
          ? ": the battery serves the house until sources.prices or prices.file is given"
          : ""));
  lines.push_back(std::string("I") + (advice + 1) + ":");
  const NextCommands next = next_commands(done.file);
  lines.push_back("  start:  " + next.start);
  lines.push_back("  look:   " + next.look);
  return lines;
}

std::string setup_json(const SetupDone& done) {
  const NextCommands next = next_commands(done.file);
  Json json = {{"inverter", inverter_json(done.survey)},
               {"reading", reading_json(done.survey)},
               {"timezone", done.choice.zone},
               {"remarks", done.remarks},
               {"file", done.file},
               {"control_mode", "advise"},
               {"outlook",
                {{"action", fb::EnumNameAction(done.ahead.action)},
                 {"rule", fb::EnumNameRule(done.ahead.rule)},
                 {"faults", done.ahead.faults},
                 {"text", advice}}},
               {"next", {{"start", next.start}, {"look", next.look}}}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wattledger::tool
