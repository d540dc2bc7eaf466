// What setup learns of an inverter: who answers, by which way, and how the house behind it stands.
// Reads only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/inverter/controls.hpp"
#include "coordinator/inverter/inverter.hpp"
#include "coordinator/inverter/platform.hpp"
#include "projections/fold/policy_settings.hpp"

namespace wattledger::tool {

// Asks only what it is, over a connection of its own, closed again.
[[nodiscard]] Result<inverter::Device> who_is(const inverter::ModbusOptions& options);

// The first of the ways that an inverter answers by. Errors: of one way, that one's; of several,
// one line with what became of each.
struct AnsweredWay {
  inverter::ModbusOptions options;
  inverter::Device device;
};
[[nodiscard]] Result<AnsweredWay> first_way(const std::vector<inverter::ModbusOptions>& ways);
// "Modbus/TCP on port 502"
[[nodiscard]] std::string way_text(const inverter::ModbusOptions& options);

// The battery as the inverter was told it is, 45350..45352: not measured, and of some firmware only
// for lead batteries.
struct BatterySettings {
  std::int64_t ampere_hours = 0;
  std::optional<std::int64_t> modules;
  std::optional<std::int64_t> charge_mv;
};

struct Survey {
  inverter::ModbusOptions options;
  inverter::Device device;
  inverter::Platform platform;
  fb::ReadingRecordedT reading;
  inverter::Controls controls;
  fb::InverterMode mode = fb::InverterMode::unknown;  // what the control registers make it do
  bool has_battery = true, has_meter = true;
  std::uint32_t diagnoses = 0;  // the bits of 35220
  std::optional<BatterySettings> battery;
  std::optional<std::int64_t> own_unit;       // the unit number that it holds for its own, 45127
  std::optional<std::int64_t> floor_percent;  // 45356: not discharged below on the grid
};

// `zone` is the house's: the inverter's clock is compared with its wall clock. Errors: the link's;
// corrupt where the registers are no GoodWe ET's or EH's.
[[nodiscard]] Result<Survey> survey(const inverter::ModbusOptions& options, UtcTime now,
                                    const ZoneOffsets& zone);

// What the owner should look at before wattledger steers, a sentence each. Pure.
[[nodiscard]] std::vector<std::string> remarks_on(const Survey& survey,
                                                  const std::string& zone_name);

// What the daemon would decide now, by these settings and without prices. Pure.
struct Outlook {
  fb::Action action = fb::Action::self_use;
  fb::Rule rule = fb::Rule::none;
  std::vector<std::string> faults;  // that its safety limits would raise at once
};
[[nodiscard]] Result<Outlook> outlook(const fb::ReadingRecordedT& reading,
                                      const fold::PolicySettings& settings, UtcTime now);

}  // namespace wattledger::tool
