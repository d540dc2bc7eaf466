// A house with PV, load, battery, meter and a GoodWe ET or EH inverter that obey physics, spoken to
// over Modbus/TCP or UDP like a real one. Time is given from outside: advance(to) integrates up to
// `to`; the inverter's own clock follows it.
//
// Threads: House is guarded inside (the server's thread and the driver's may call at once).
// ModbusServer has one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/simulator/profile.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "events/units.hpp"

namespace wattledger::simulator {

struct HouseOptions {
  Profile profile = ideal_profile();
  MilliwattHours battery_capacity{10'000'000};
  BasisPoints soc_start{5'000};
  Watts battery_power_max{5'000};
  BasisPoints charge_efficiency{9'500};
  BasisPoints discharge_efficiency{9'500};
  BasisPoints soc_floor{1'000};  // on-grid depth of discharge 90 %
  BasisPoints backup_share{0};   // of the load, at the backup port
  ZoneOffsets zone;              // the inverter's wall clock is local
  std::uint64_t seed = 1;
  bool has_meter = true;  // without: registers 36000.. are illegal addresses
};

// PV and load of the house over a year, laid on simulated dates by UTC month, day and time (29
// February dropped).
class HouseYear {
 public:
  // CSV with period_start_utc,load_w,pv_w[,…]; gaps carry the value before. invalid_input with line
  // on anything else.
  static Result<HouseYear> read_csv(const std::filesystem::path& file);
  // A seeded year: clear-sky PV with cloud, a load with morning and evening.
  static HouseYear generate(std::uint64_t seed);
  [[nodiscard]] Watts load_at(UtcTime time) const;
  [[nodiscard]] Watts pv_at(UtcTime time) const;

 private:
  std::vector<std::int32_t> load_w_;  // half hours of a 365-day year
  std::vector<std::int32_t> pv_w_;
};

// What a test asks of the house beside Modbus.
struct Energies {  // lifetime, for conservation
  MilliwattHours pv, load, imported, exported, charged, discharged, lost, stored;
};

// W, of one instant: pv + battery = load + backup + grid.
struct Powers {
  Watts pv, load, backup, battery, grid;
};

// What can be wrong with a house, several at once. frozen_values: the registers that are measured
// stay as they are. counter_wrap: the lifetime counters overflow within 200 Wh. clock_drift: the
// inverter's clock gains 100 s an hour. over_temperature: 85 degrees, and a fifth of the power.
enum class HouseFault {
  frozen_values,
  counter_wrap,
  clock_drift,
  grid_loss,
  over_temperature,
  bms_refuses_charge
};

class House {
 public:
  House(const HouseOptions& options, HouseYear year, UtcTime start);
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  void advance(UtcTime to);
  [[nodiscard]] UtcTime now() const;
  [[nodiscard]] BasisPoints soc() const;
  [[nodiscard]] Watts battery_power() const;  // + discharge
  [[nodiscard]] Energies energies() const;
  [[nodiscard]] Powers powers() const;
  // An eco group or a fast charge has the battery.
  [[nodiscard]] bool in_forced_mode() const;
  // Goes on from an earlier life: the battery's charge, and what the counters showed in all and for
  // the day so far (`lost` and `stored` are not looked at).
  void carry_over(BasisPoints soc, const Energies& total, const Energies& today);
  // All that goes on depends on beside options and year, as a line of text; faults and fixed values
  // are not in it. restore(): false, and nothing is changed, where the text cannot be one of such a
  // house.
  [[nodiscard]] std::string snapshot() const;
  [[nodiscard]] bool restore(std::string_view text);
  // Told the snapshot after each accepted write of a register and before its answer, on the
  // server's thread; it must not call the house.
  void on_write(std::function<void(const std::string& snapshot)> told);
  void set_fault(HouseFault fault, bool on);
  // Fix PV or load, SOC; shift the inverter's clock.
  void set_load(std::optional<Watts> load);
  void set_pv(std::optional<Watts> pv);
  void set_soc(BasisPoints soc);
  void shift_clock(std::chrono::seconds by);

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }  // for this room only

 private:
  std::unique_ptr<Impl> impl_;
};

// How the server misbehaves; applies to requests answered from now on. late: an answer leaves when
// the next request comes on its connection. slow: it leaves after a time that is really waited for.
// trailing: bytes follow each answer. wrong_length: the header tells another one than the answer
// has. split: the answer comes in two pieces. garbage: noise, and answers to other functions.
// ignore_writes: acknowledges writes and does nothing.
enum class Misbehaviour {
  none,
  silent,
  late,
  slow,
  garbage,
  trailing,
  wrong_length,
  split,
  exceptions,
  disconnect,
  ignore_writes
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4
  std::uint16_t port = 0;             // Modbus/TCP; 0 takes a free one
  std::optional<std::uint16_t>
      udp_port;  // RTU frames, with aa55 before answers; 0 takes a free one
  std::uint8_t unit = 247;
  std::chrono::milliseconds slow_by{1'500};
};

class ModbusServer {
 public:
  // `house` outlives it.
  static Result<std::unique_ptr<ModbusServer>> start(House& house, const ServerOptions& options);
  // Modbus/TCP on 127.0.0.1.
  static Result<std::unique_ptr<ModbusServer>> start(House& house, std::uint16_t port,
                                                     std::uint8_t unit = 247);
  virtual ~ModbusServer() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::uint16_t udp_port() const = 0;  // 0: none
  virtual void misbehave(Misbehaviour how) = 0;
  // From now on no read of any register from `first` to `last` is answered; last < first: all are
  // again.
  virtual void be_silent_about(std::uint16_t first, std::uint16_t last) = 0;
  [[nodiscard]] virtual std::uint64_t requests() const = 0;
  // The last 64 accepted writes, oldest first, as "FC6 47000=0003" or "FC16 47511=0001 0000".
  [[nodiscard]] virtual std::vector<std::string> writes_seen() const = 0;
};

}  // namespace wattledger::simulator
