// The physics. The bus between PV, battery, load and meter balances in whole watts at every
// instant:
//
//   pv + battery = load + grid            (battery + = discharge, grid + = export)
//
// and losses lie between the bus and the cells: charging P watts for t seconds stores P * t *
// charge_efficiency, discharging takes P * t / discharge_efficiency (rounded up) out of the cells.
// So, with `lost` counting both,
//
//   pv + imported + stored before = load + exported + lost + stored after
//
// holds exactly in the house's own unit, and in milliwatt-hours within the rounding of each term.
// The inverter itself uses nothing. Time is integrated in steps of a minute at most that end at the
// minutes of the inverter's clock and at the half hours of the year's data, so that an eco group
// ends exactly on time.
#include <algorithm>
#include <utility>

#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t whole_bp = 10'000;
constexpr std::uint16_t work_mode_eco = 3;
constexpr std::int64_t step_max_s = 60;

MilliwattHours mwh(Cells cells) { return MilliwattHours(cells / cells_per_mwh); }

// An SOC outside 0..100 % or an efficiency of nothing would divide the world by zero.
HouseOptions sane(HouseOptions options) {
  const auto share = [](BasisPoints value, std::int64_t least) {
    return BasisPoints(std::clamp<std::int64_t>(value.count(), least, whole_bp));
  };
  options.soc_start = share(options.soc_start, 0);
  options.soc_floor = share(options.soc_floor, 0);
  options.charge_efficiency = share(options.charge_efficiency, 1'000);
  options.discharge_efficiency = share(options.discharge_efficiency, 1'000);
  options.battery_capacity = std::max(options.battery_capacity, MilliwattHours(1'000));
  options.rated_power = Watts(std::clamp<std::int64_t>(options.rated_power.count(), 1'000, 30'000));
  options.battery_power_max = std::clamp(options.battery_power_max, Watts(0), options.rated_power);
  return options;
}

}  // namespace

House::Impl::Impl(const HouseOptions& wanted, HouseYear house_year, UtcTime start)
    : options(sane(wanted)),
      year(std::move(house_year)),
      started(start),
      now(start),
      integrated(floor<seconds>(start)),
      capacity(options.battery_capacity.count() * cells_per_mwh),
      stored(capacity / whole_bp * options.soc_start.count()),
      day(floor<std::chrono::days>(options.zone.to_local(start))) {
  set_defaults();
  settle_locked();
}

LocalTime House::Impl::wall_locked(UtcTime at) const { return options.zone.to_local(at) + shift; }

std::int64_t House::Impl::soc_bp_locked() const {
  // 128 bits: a large battery times 10 000 leaves 64.
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>((static_cast<Wide>(stored) * whole_bp + capacity / 2) /
                                   capacity);
}

Cells House::Impl::floor_locked() const { return capacity / 100 * setting(45356); }

std::optional<inverter::EcoGroup> House::Impl::active_group_locked(UtcTime at) const {
  if (setting(47000) != work_mode_eco) return std::nullopt;
  const LocalTime wall = wall_locked(at);
  for (const std::uint16_t address : inverter::eco_group_addresses) {
    const auto words =
        std::span(settings).subspan(address - settings_first).first<inverter::eco_group_words>();
    const inverter::EcoGroup group = inverter::decode_eco(words);
    if (group.holds(wall)) return group;
  }
  return std::nullopt;
}

// The most that may flow for `seconds` without filling the cells beyond `until`.
std::int64_t House::Impl::charge_max_locked(Cells until, std::int64_t seconds) const {
  const Cells room = std::max<Cells>(until - stored, 0);
  return std::min(options.battery_power_max.count(),
                  room / (seconds * options.charge_efficiency.count()));
}

std::int64_t House::Impl::discharge_max_locked(Cells until, std::int64_t seconds) const {
  const Cells there = std::max<Cells>(stored - until, 0);
  __extension__ using Wide = __int128;
  const auto by_energy =
      static_cast<std::int64_t>(static_cast<Wide>(there) * options.discharge_efficiency.count() /
                                (seconds * cells_per_joule * whole_bp));
  return std::min(options.battery_power_max.count(), by_energy);
}

std::int64_t House::Impl::battery_locked(UtcTime at, const Flow& wanted,
                                         std::int64_t seconds) const {
  // Battery and PV share the way to the AC side.
  const std::int64_t way_out = std::max<std::int64_t>(options.rated_power.count() - wanted.pv, 0);
  if (const auto group = active_group_locked(at)) {
    const std::int64_t power = std::abs(group->permille()) * options.rated_power.count() / 1000;
    const Cells target = capacity / 100 * std::min<std::int64_t>(group->soc_percent, 100);
    // In a window the battery does this and nothing else: at its target it stands still, whatever
    // PV and load do.
    if (group->power < 0) return -std::min(power, charge_max_locked(target, seconds));
    return std::min(
        {power, way_out, discharge_max_locked(std::max(target, floor_locked()), seconds)});
  }
  const std::int64_t surplus = wanted.pv - wanted.load;
  if (surplus >= 0) return -std::min(surplus, charge_max_locked(capacity, seconds));
  return std::min({-surplus, way_out, discharge_max_locked(floor_locked(), seconds)});
}

Flow House::Impl::flow_locked(UtcTime at, std::int64_t seconds) const {
  Flow result;
  result.load = fixed_load.value_or(year.load_at(at).count());
  result.pv = std::min(fixed_pv.value_or(year.pv_at(at).count()), options.rated_power.count());
  result.battery = battery_locked(at, result, seconds);
  result.grid = result.pv + result.battery - result.load;
  if (setting(47509) != 1) return result;
  const std::int64_t limit = std::max<std::int64_t>(static_cast<std::int16_t>(setting(47510)), 0);
  // Over the export limit: sell less from the battery first, then let the sun shine for nothing.
  std::int64_t excess = std::max<std::int64_t>(result.grid - limit, 0);
  const std::int64_t held = std::min(excess, std::max<std::int64_t>(result.battery, 0));
  result.battery -= held;
  result.pv -= excess - held;
  result.grid -= excess;
  return result;
}

void House::Impl::integrate_locked(const Flow& during, std::int64_t seconds) {
  const auto cells = [&](std::int64_t watts) { return watts * seconds * cells_per_joule; };
  total.pv += cells(during.pv);
  total.load += cells(during.load);
  (during.grid >= 0 ? total.exported : total.imported) += cells(std::abs(during.grid));
  if (during.battery < 0) {
    const Cells in = cells(-during.battery);
    const Cells kept = in / whole_bp * options.charge_efficiency.count();
    total.charged += in;
    total.lost += in - kept;
    stored += kept;
  } else {
    const Cells out = cells(during.battery);
    const std::int64_t efficiency = options.discharge_efficiency.count();
    const Cells taken = (out * whole_bp + efficiency - 1) / efficiency;
    total.discharged += out;
    total.lost += taken - out;
    stored -= taken;
  }
}

void House::Impl::advance_locked(UtcTime to) {
  if (to <= now) return;
  const auto end = floor<seconds>(to);
  while (integrated < end) {
    const LocalTime wall = wall_locked(integrated);
    const auto to_minute = floor<seconds>(floor<minutes>(wall) + minutes(1) - wall);
    const auto to_utc_minute = floor<seconds>(floor<minutes>(integrated) + minutes(1) - integrated);
    const seconds step = std::min({end - integrated, to_minute, to_utc_minute});
    integrate_locked(flow_locked(integrated, step.count()), step.count());
    integrated += step;
    const auto today = floor<std::chrono::days>(wall_locked(integrated));
    if (today != day) {
      day = today;
      at_midnight = total;
    }
  }
  now = to;
  settle_locked();
}

// As for a whole step: what is left in the cells for a part of one is not shown as a power that
// flickers.
void House::Impl::settle_locked() { flow = flow_locked(now, step_max_s); }

House::House(const HouseOptions& options, HouseYear year, UtcTime start)
    : impl_(std::make_unique<Impl>(options, std::move(year), start)) {}

House::~House() = default;

void House::advance(UtcTime to) {
  const std::lock_guard lock(impl_->mutex);
  impl_->advance_locked(to);
}

UtcTime House::now() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->now;
}

BasisPoints House::soc() const {
  const std::lock_guard lock(impl_->mutex);
  return BasisPoints(impl_->soc_bp_locked());
}

Watts House::battery_power() const {
  const std::lock_guard lock(impl_->mutex);
  return Watts(impl_->flow.battery);
}

Energies House::energies() const {
  const std::lock_guard lock(impl_->mutex);
  const Counters& total = impl_->total;
  return {mwh(total.pv),      mwh(total.load),       mwh(total.imported), mwh(total.exported),
          mwh(total.charged), mwh(total.discharged), mwh(total.lost),     mwh(impl_->stored)};
}

bool House::in_forced_mode() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->active_group_locked(impl_->now).has_value();
}

void House::set_load(std::optional<Watts> load) {
  const std::lock_guard lock(impl_->mutex);
  impl_->fixed_load = load ? std::optional(std::max<std::int64_t>(load->count(), 0)) : std::nullopt;
  impl_->settle_locked();
}

void House::set_pv(std::optional<Watts> pv) {
  const std::lock_guard lock(impl_->mutex);
  impl_->fixed_pv = pv ? std::optional(std::max<std::int64_t>(pv->count(), 0)) : std::nullopt;
  impl_->settle_locked();
}

void House::set_soc(BasisPoints soc) {
  const std::lock_guard lock(impl_->mutex);
  impl_->stored = impl_->capacity / whole_bp * std::clamp<std::int64_t>(soc.count(), 0, whole_bp);
  impl_->settle_locked();
}

void House::carry_over(BasisPoints soc, const Energies& total, const Energies& today) {
  set_soc(soc);
  const std::lock_guard lock(impl_->mutex);
  const auto counters = [](const Energies& shown) {
    const auto cells = [](MilliwattHours energy) { return energy.count() * cells_per_mwh; };
    return Counters{cells(shown.pv),
                    cells(shown.load),
                    cells(shown.imported),
                    cells(shown.exported),
                    cells(shown.charged),
                    cells(shown.discharged),
                    0};
  };
  const Counters day_so_far = counters(today);
  Counters& midnight = impl_->at_midnight;
  impl_->total = midnight = counters(total);
  midnight.pv -= day_so_far.pv;
  midnight.load -= day_so_far.load;
  midnight.imported -= day_so_far.imported;
  midnight.exported -= day_so_far.exported;
  midnight.charged -= day_so_far.charged;
  midnight.discharged -= day_so_far.discharged;
}

void House::shift_clock(std::chrono::seconds by) {
  const std::lock_guard lock(impl_->mutex);
  impl_->shift += by;
  impl_->settle_locked();
}

}  // namespace wattledger::simulator
