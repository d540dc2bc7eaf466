// The control registers of one unit over its connection: read as they are there, written in order,
// read back. One thread.
#pragma once

#include <optional>
#include <span>

#include "coordinator/inverter/controls.hpp"
#include "coordinator/inverter/modbus_link.hpp"
#include "coordinator/inverter/platform.hpp"

namespace wattledger::inverter {

class ControlRegisters {
 public:
  // `link` outlives it.
  explicit ControlRegisters(ModbusLink& link) : link_(link) {}

  // Which kind of eco groups there is, is found once. "Illegal address" or silence at the v2 groups
  // sends us to v1; silence counts only when asked again after v1 answered, for one lost answer
  // must not have us steer a unit by groups that it does not look at.
  Result<Controls> read(const Platform& platform);
  // The bounds of every mode, which read() leaves out: owners change them once in years.
  Result<void> read_bounds(Controls& controls);
  // Another unit, or another firmware since: asks again.
  void forget() { known_.reset(); }
  // A charge may be fast charging here: it is, or nobody has asked yet which groups there are.
  [[nodiscard]] bool may_charge_fast() const {
    return !known_ || (known_->groups == GroupKind::none && known_->fast);
  }

  // Every setting that we may ever write, in runs; those that the unit does not have are left out.
  // Two orders that we give are no settings: 45248 (cold start) and 47533.
  Result<RegisterWords> settings(const Platform& platform);
  // What stands where these would write; registers that cannot be read are left out.
  Result<RegisterWords> standing(std::span<const Write> writes);

  // Only the writes, one after the other; stops at the first that fails.
  Result<void> write(std::span<const Write> writes);
  // The writes, then what they wrote is read back; what differs is written and read once more.
  // `rejected` when it still differs.
  Result<void> change(std::span<const Write> writes);

 private:
  struct Known {
    GroupKind groups = GroupKind::none;
    bool fast = false;  // fast charging
  };
  Result<bool> offered(std::uint16_t start, std::span<std::uint16_t> words);
  Result<void> read_groups(Controls& controls);
  Result<Known> find_groups(Controls& controls);  // fills in what it reads
  // The writes whose registers read otherwise.
  struct Difference {
    std::vector<Write> writes;
    std::string text;  // of the first
  };
  Result<Difference> difference(std::span<const Write> writes);

  ModbusLink& link_;
  std::optional<Known> known_;
};

}  // namespace wattledger::inverter
