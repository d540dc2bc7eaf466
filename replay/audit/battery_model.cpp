#include "replay/audit/battery_model.hpp"

#include <algorithm>
#include <cmath>

namespace wattledger::tool {
namespace {

constexpr double hours_of_us = 1.0 / 3.6e9;
constexpr double gives_w = 100;  // more than a meter's error
constexpr double needs_w = 200;
constexpr std::uint32_t refusals_min = 30;
constexpr double efficiency_min = 0.5;
constexpr int fit_rounds = 4;
constexpr double standing_doubts = 3;         // standard errors
constexpr double residuals_max = 3 * 1.4826;  // times the middle one: three standard deviations

// What the meter makes of a house that draws `net` (below 0: gives).
void settle_grid(const BatteryModel& model, double net, double pv_w, double hours, Flows& flows) {
  const double most = model.export_max_w.value_or(-net);
  const double wasted = std::clamp(-net - most, 0.0, std::max(pv_w, 0.0));
  net += wasted;
  flows.bought = std::max(net, 0.0) * hours;
  flows.sold = std::max(-net, 0.0) * hours;
  flows.curtailed = wasted * hours;
}

// Gauss, with the largest pivot; nothing for a system without one answer.
template <std::size_t n>
std::optional<std::array<double, n>> solved(std::array<std::array<double, n + 1>, n> rows) {
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t best = i;
    for (std::size_t k = i + 1; k < n; ++k)
      if (std::abs(rows[k][i]) > std::abs(rows[best][i])) best = k;
    std::swap(rows[i], rows[best]);
    if (std::abs(rows[i][i]) < 1e-9) return std::nullopt;
    for (std::size_t k = 0; k < n; ++k) {
      if (k == i) continue;
      const double factor = rows[k][i] / rows[i][i];
      for (std::size_t j = i; j <= n; ++j) rows[k][j] -= factor * rows[i][j];
    }
  }
  std::array<double, n> answer{};
  for (std::size_t i = 0; i < n; ++i) answer[i] = rows[i][n] / rows[i][i];
  return answer;
}

}  // namespace

Flows& Flows::operator+=(const Flows& other) {
  bought += other.bought;
  sold += other.sold;
  charged += other.charged;
  discharged += other.discharged;
  curtailed += other.curtailed;
  load += other.load;
  pv += other.pv;
  taken_out += other.taken_out;
  gained += other.gained;
  return *this;
}

Flows bare_house(const BatteryModel& model, double load_w, double pv_w, double hours) {
  Flows flows;
  flows.load = load_w * hours;
  flows.pv = pv_w * hours;
  settle_grid(model, load_w - pv_w, pv_w, hours, flows);
  return flows;
}

Flows SimulatedBattery::live(const BatteryOrder& order, double load_w, double pv_w, double hours) {
  if (hours <= 0) return {};
  double take = 0, give = 0, most = 1, least = model_.floor;
  switch (order.mode) {
    case fb::InverterMode::charge:
    case fb::InverterMode::hold:
      take = order.mode == fb::InverterMode::hold ? model_.hold_w : order.power_w;
      most = std::min(order.target, 1.0);
      break;
    case fb::InverterMode::discharge:
      give = order.power_w;
      least = std::max(order.target, model_.floor);
      break;
    case fb::InverterMode::unknown:
    case fb::InverterMode::general:
    case fb::InverterMode::other:
      take = std::max(pv_w - load_w, 0.0);
      give = std::max(load_w - pv_w, 0.0);
      break;
  }
  const double room = std::max(most * model_.capacity_wh - stored_, 0.0);
  const double left = std::max(stored_ - least * model_.capacity_wh, 0.0);
  take = std::min({take, model_.charge_max_w, room / (model_.charge_efficiency * hours)});
  give = std::min({give, model_.discharge_max_w, left * model_.discharge_efficiency / hours});
  if (model_.export_max_w)
    give = std::min(give, std::max(*model_.export_max_w + load_w - pv_w, 0.0));
  Flows flows;
  flows.load = load_w * hours;
  flows.pv = pv_w * hours;
  flows.charged = take * hours;
  flows.discharged = give * hours;
  flows.taken_out = flows.discharged / model_.discharge_efficiency;
  const double before = stored_;
  stored_ += flows.charged * model_.charge_efficiency - flows.taken_out;
  stored_ = std::max(stored_ - model_.standing_w * hours, std::min(stored_, 0.0));
  flows.gained = stored_ - before;
  settle_grid(model_, load_w - pv_w + take - give, pv_w, hours, flows);
  return flows;
}

void BatteryFit::look_at_limits(const fb::ReadingRecorded& reading) {
  const double power = *reading.battery_power_w();
  charge_seen_ = std::max(charge_seen_, -power);
  discharge_seen_ = std::max(discharge_seen_, power);
  const auto mode = reading.forced_mode();
  if (!reading.load_power_w() || !reading.pv_power_w() ||
      (mode && *mode != fb::InverterMode::general))
    return;
  const int percent = std::clamp(*reading.battery_soc_bp() / 100, 0, 100);
  if (power >= gives_w)
    lowest_giving_ = std::min(lowest_giving_.value_or(percent), percent);
  else if (*reading.load_power_w() - *reading.pv_power_w() >= needs_w && power > -gives_w)
    ++refusing_.at(static_cast<std::size_t>(percent));
}

void BatteryFit::observe(const fb::ReadingRecorded& reading, UtcTime at) {
  if (reading.quality() == fb::Quality::implausible || !reading.battery_soc_bp()) return;
  if (last_at_ && at <= *last_at_) return;
  for (auto& mark : marks_) {
    if (!mark || !last_at_) continue;
    if (!last_power_ || at - *last_at_ > reading_holds) mark->powers_known = false;
    const double energy =
        last_power_.value_or(0) * static_cast<double>((at - *last_at_).count()) * hours_of_us;
    (energy < 0 ? mark->charged : mark->discharged) += std::abs(energy);
  }
  last_at_ = at;
  last_power_.reset();
  if (reading.battery_power_w()) {
    last_power_ = *reading.battery_power_w();
    look_at_limits(reading);
  }
  for (std::size_t i = 0; i < marks_.size(); ++i)
    mark(marks_.at(i), fit_windows.at(i), reading, at);
}

void BatteryFit::mark(std::optional<Mark>& mark, std::chrono::hours length,
                      const fb::ReadingRecorded& reading, UtcTime at) {
  if (mark && at - mark->at < length) return;
  if (mark) close(*mark, length, reading, at);
  mark = Mark{at, *reading.battery_soc_bp() / 1e4, {}, {}, 0, 0, true};
  if (const auto total = reading.battery_charge_total_mwh())
    mark->charge_total = static_cast<double>(*total) / 1e3;
  if (const auto total = reading.battery_discharge_total_mwh())
    mark->discharge_total = static_cast<double>(*total) / 1e3;
}

// Long without a reading, or a counter that went back: nothing is known of what was between.
void BatteryFit::close(const Mark& mark, std::chrono::hours length,
                       const fb::ReadingRecorded& reading, UtcTime at) {
  if (at - mark.at > 2 * length) return;
  const double hours = static_cast<double>((at - mark.at).count()) * hours_of_us;
  Window window{*reading.battery_soc_bp() / 1e4 - mark.soc, mark.charged, mark.discharged, hours};
  const auto in = reading.battery_charge_total_mwh();
  const auto out = reading.battery_discharge_total_mwh();
  if (mark.charge_total && mark.discharge_total && in && out) {
    window.charged = static_cast<double>(*in) / 1e3 - *mark.charge_total;
    window.discharged = static_cast<double>(*out) / 1e3 - *mark.discharge_total;
    if (window.charged < 0 || window.discharged < 0) return;
  } else if (!mark.powers_known) {
    return;
  }
  windows_.push_back(window);
}

double BatteryFit::Losses::unexplained(const Window& window, double capacity) const {
  return window.soc_change * capacity - in * window.charged + out * window.discharged +
         standing * window.hours;
}

std::optional<BatteryFit::Losses> BatteryFit::least_squares(const std::vector<bool>& kept,
                                                            double capacity) const {
  std::array<std::array<double, 4>, 3> full{};
  double in = 0, out = 0;
  std::size_t used = 0;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    if (!kept[i]) continue;
    const Window& each = windows_[i];
    const std::array<double, 4> row{each.charged, -each.discharged, -each.hours,
                                    each.soc_change * capacity};
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t b = 0; b < 4; ++b) full.at(a).at(b) += row.at(a) * row.at(b);
    in += each.charged;
    out += each.discharged;
    ++used;
  }
  if (used < fit_windows_min || in < capacity || out < capacity) return std::nullopt;
  const auto three = solved<3>(full);
  const auto two =
      solved<2>({{{full[0][0], full[0][1], full[0][3]}, {full[1][0], full[1][1], full[1][3]}}});
  const auto along =
      solved<2>({{{full[0][0], full[0][1], full[0][2]}, {full[1][0], full[1][1], full[1][2]}}});
  if (!three || !two || !along) return std::nullopt;
  // What is lost standing goes nearly the way of what is lost passing: it counts where it is beyond
  // doubt. A battery that fills itself is none.
  const Losses losses{(*three)[0], (*three)[1], (*three)[2]};
  double squares = 0;
  for (std::size_t i = 0; i < windows_.size(); ++i)
    if (kept[i]) squares += std::pow(losses.unexplained(windows_[i], capacity), 2);
  const double own = full[2][2] - full[0][2] * (*along)[0] - full[1][2] * (*along)[1];
  const double doubt = std::sqrt(squares / static_cast<double>(used - 3) / std::max(own, 1e-9));
  if (losses.standing > standing_doubts * doubt) return losses;
  return Losses{(*two)[0], (*two)[1], 0};
}

bool BatteryFit::solve(double capacity, FittedBattery& fitted) const {
  std::vector<bool> kept(windows_.size(), true);
  std::optional<Losses> losses;
  for (int round = 0; round < fit_rounds; ++round) {
    losses = least_squares(kept, capacity);
    if (!losses) return false;
    std::vector<double> sizes;
    for (std::size_t i = 0; i < windows_.size(); ++i)
      if (kept[i]) sizes.push_back(std::abs(losses->unexplained(windows_[i], capacity)));
    std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2),
                     sizes.end());
    // A hundredth of the battery is what a whole percent of SOC hides.
    const double bound = std::max(residuals_max * sizes[sizes.size() / 2], capacity / 100);
    for (std::size_t i = 0; i < windows_.size(); ++i)
      kept[i] = std::abs(losses->unexplained(windows_[i], capacity)) <= bound;
  }
  if (losses->in < efficiency_min || losses->out <= 0 || 1 / losses->out < efficiency_min)
    return false;
  double squares = 0;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const double left = losses->unexplained(windows_[i], capacity);
    if (kept[i]) squares += left * left;
    ++(kept[i] ? fitted.windows : fitted.left_out);
  }
  fitted.soc_rms = std::sqrt(squares / static_cast<double>(fitted.windows)) / capacity;
  BatteryModel& model = fitted.model;
  model.charge_efficiency = losses->in;
  model.discharge_efficiency = 1 / losses->out;
  model.standing_w = losses->standing;
  if (losses->in <= 1 && losses->out >= 1) return true;
  // Only their product is known where the capacity is not: the two ways then lose alike.
  const double scale = 1 / std::sqrt(losses->in * losses->out);
  model.capacity_wh = capacity * scale;
  model.charge_efficiency = model.discharge_efficiency =
      std::sqrt(std::min(losses->in / losses->out, 1.0));
  model.standing_w = losses->standing * scale;
  fitted.capacity_scaled = true;
  return true;
}

// The inverter's own floor shows where the house goes on needing and the battery does not give.
void BatteryFit::look_at_floor(FittedBattery& fitted) const {
  if (!lowest_giving_) return;
  std::uint32_t refused = 0;
  for (int percent = 0; percent <= *lowest_giving_; ++percent)
    refused += refusing_.at(static_cast<std::size_t>(percent));
  const double lowest = *lowest_giving_ / 100.0;
  if (refused < refusals_min && lowest >= fitted.model.floor) return;
  fitted.model.floor = lowest;
  fitted.floor_seen = true;
}

FittedBattery BatteryFit::result(const fold::PolicySettings& settings,
                                 std::optional<Watts> rated_power) const {
  constexpr std::int64_t unlimited_w = 1'000'000;
  FittedBattery fitted;
  BatteryModel& model = fitted.model;
  model.capacity_wh = static_cast<double>(settings.battery_capacity.count()) / 1e3;
  model.charge_efficiency = static_cast<double>(settings.charge_efficiency.count()) / 1e4;
  model.discharge_efficiency = static_cast<double>(settings.discharge_efficiency.count()) / 1e4;
  model.charge_max_w =
      std::max(static_cast<double>(settings.charge_power_max.count()), charge_seen_);
  model.discharge_max_w =
      std::max(static_cast<double>(settings.discharge_power_max.count()), discharge_seen_);
  model.floor = static_cast<double>(settings.soc_min.count()) / 1e4;
  if (rated_power && rated_power->count() > 0)
    model.hold_w = static_cast<double>(rated_power->count()) / 100;
  if (settings.export_max.count() < unlimited_w)
    model.export_max_w = static_cast<double>(settings.export_max.count());
  fitted.fitted = solve(model.capacity_wh, fitted);
  look_at_floor(fitted);
  return fitted;
}

}  // namespace wattledger::tool
