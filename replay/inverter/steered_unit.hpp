// An inverter that the tool writes to: found, asked what it is, shown what would change, changed
// after consent, read back.
#pragma once

#include <optional>
#include <string>

#include "coordinator/inverter/block_reader.hpp"
#include "coordinator/inverter/control_registers.hpp"
#include "coordinator/inverter/setting_writes.hpp"
#include "replay/inverter/address.hpp"

namespace wattledger::tool {

struct UnitWish {
  Address address;
  bool direct = false;
  bool yes = false;
};
// Those of an address, --direct and --yes.
void add_unit(CLI::App& command, UnitWish& wish);

// What to say where a daemon polls it and cannot do this.
[[nodiscard]] Error daemon_polls(const std::string& what);

class SteeredUnit {
 public:
  explicit SteeredUnit(const inverter::ModbusOptions& options)
      : link_(options), reader_(link_), registers_(link_) {}

  // Asks what it is and how it stands; before all else.
  Result<void> look();
  [[nodiscard]] const inverter::Device& device() const { return device_; }
  [[nodiscard]] const inverter::Controls& controls() const { return controls_; }
  // The inverter's own clock: windows are by it, whatever the computer's zone.
  Result<LocalTime> clock();
  // One word; nullopt: the unit has no such register.
  Result<std::optional<std::uint16_t>> word(std::uint16_t address);
  Result<inverter::RegisterWords> settings() { return registers_.settings(reader_.platform()); }

  // Shows each register with what it holds and would hold, asks unless `yes`, writes, reads back,
  // and says `done`. `what` is what is asked about: "set the export limit".
  Exit carry_out(const Invocation& invocation, const inverter::Writes& writes, bool yes,
                 const std::string& what, const std::string& done);

 private:
  inverter::ModbusLink link_;
  inverter::BlockReader reader_;
  inverter::ControlRegisters registers_;
  inverter::Device device_;
  inverter::Controls controls_;
};

// usage for what the owner said wrong, cannot for the rest.
Exit refused(const Error& error);

}  // namespace wattledger::tool
