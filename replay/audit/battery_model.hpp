// A battery and its inverter as a few numbers, fitted from what a house recorded, and what they
// make of an order. Pure; doubles, for nothing is decided by them. Energies in Wh, powers in W, SOC
// as a share of 1; battery power is split into charged and discharged, both at the AC side.
//
//   stored' = stored + charge_efficiency × charged − discharged ÷ discharge_efficiency − standing ×
//   t
//
// Modes (coordinator/inverter/steering.hpp): self_use takes the sun's surplus and serves the house
// down to the floor; charge and discharge move a fixed power up, or down, to a target and then
// stand still; hold charges with a hundredth of the rated power below its target.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "events/codec.hpp"
#include "events/units.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::tool {

struct BatteryModel {
  double capacity_wh = 10'000;  // between SOC 0 and 1
  double charge_efficiency = 1;
  double discharge_efficiency = 1;
  double standing_w = 0;
  double charge_max_w = 5'000;
  double discharge_max_w = 5'000;
  double floor = 0.1;  // nothing is taken out at or below it
  double hold_w = 100;
  std::optional<double>
      export_max_w;  // of the connection: less is sold, then the sun is turned down
};

struct BatteryOrder {
  fb::InverterMode mode = fb::InverterMode::general;
  double power_w = 0;
  double target = 0;  // of charge and hold the most, of discharge the least
  bool operator==(const BatteryOrder&) const = default;
};

struct Flows {
  double bought = 0, sold = 0, charged = 0, discharged = 0, curtailed = 0, load = 0, pv = 0;
  double taken_out = 0;  // of the store
  double gained = 0;     // by the store, losses taken off
  Flows& operator+=(const Flows& other);
};

// A house without a battery.
[[nodiscard]] Flows bare_house(const BatteryModel& model, double load_w, double pv_w, double hours);

class SimulatedBattery {
 public:
  SimulatedBattery(const BatteryModel& model, double soc)
      : model_(model), stored_(soc * model.capacity_wh) {}
  Flows live(const BatteryOrder& order, double load_w, double pv_w, double hours);
  void set_soc(double soc) { stored_ = soc * model_.capacity_wh; }
  [[nodiscard]] double soc() const { return stored_ / model_.capacity_wh; }
  [[nodiscard]] double stored_wh() const { return stored_; }

 private:
  BatteryModel model_;
  double stored_;
};

struct FittedBattery {
  BatteryModel model;
  bool fitted = false;       // else the efficiencies are the policy's
  std::size_t windows = 0;   // that the fit rests on
  std::size_t left_out = 0;  // as not like the others
  double soc_rms = 0;        // of what is left unexplained in a window
  bool floor_seen = false;   // else it is the policy's
  bool capacity_scaled =
      false;  // the losses told say that the policy's capacity is not the battery's
};

// Between the ends of a window the battery's counters, else its power, say what went in and out.
// Short windows tell the two ways apart; in long ones what SOC and counters round off is little
// beside what went through, so that they tell the round trip.
inline constexpr std::array<std::chrono::hours, 2> fit_windows{std::chrono::hours(6),
                                                               std::chrono::hours(72)};
inline constexpr std::size_t fit_windows_min = 8;
// A reading's powers stand until the next, but no longer.
inline constexpr std::chrono::minutes reading_holds{15};

// Least squares of the change of SOC over all windows, those left out whose residual is beyond
// three times the middle one's. Holds 32 bytes for each window.
class BatteryFit {
 public:
  void observe(const fb::ReadingRecorded& reading, UtcTime at);
  [[nodiscard]] FittedBattery result(const fold::PolicySettings& settings,
                                     std::optional<Watts> rated_power) const;

 private:
  struct Window {
    double soc_change, charged, discharged, hours;
  };
  struct Mark {
    UtcTime at;
    double soc = 0;
    std::optional<double> charge_total, discharge_total;
    double charged = 0, discharged = 0;  // by the powers since
    bool powers_known = true;
  };
  // How many Wh of SOC come of a Wh in, go with a Wh out, and are lost in an hour.
  struct Losses {
    double in = 1, out = 1, standing = 0;
    [[nodiscard]] double unexplained(const Window& window, double capacity) const;
  };
  void mark(std::optional<Mark>& mark, std::chrono::hours length,
            const fb::ReadingRecorded& reading, UtcTime at);
  void close(const Mark& mark, std::chrono::hours length, const fb::ReadingRecorded& reading,
             UtcTime at);
  void look_at_limits(const fb::ReadingRecorded& reading);
  void look_at_floor(FittedBattery& fitted) const;
  [[nodiscard]] std::optional<Losses> least_squares(const std::vector<bool>& kept,
                                                    double capacity) const;
  bool solve(double capacity, FittedBattery& fitted) const;

  std::vector<Window> windows_;
  std::array<std::optional<Mark>, fit_windows.size()> marks_;
  std::optional<UtcTime> last_at_;
  std::optional<double> last_power_;
  double charge_seen_ = 0, discharge_seen_ = 0;
  std::optional<int> lowest_giving_;           // whole percent at which it served the house
  std::array<std::uint32_t, 101> refusing_{};  // readings at which it did not, though needed
};

}  // namespace wattledger::tool
