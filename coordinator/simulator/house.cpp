// The physics. The bus between PV, battery, house and meter balances in whole watts at every
// instant:
//
//   pv + battery = load + backup + grid            (battery + = discharge, grid + = export)
//
// and losses lie between the bus and the cells: charging P watts for t seconds stores P * t *
// charge_efficiency, discharging takes P * t / discharge_efficiency (rounded up) out of the cells.
// So, with `lost` counting both and `load` the backup port too,
//
//   pv + imported + stored before = load + exported + lost + stored after
//
// holds exactly in the house's own unit, and in milliwatt-hours within the rounding of each term.
// The inverter itself uses nothing. Time is integrated in steps of a minute at most that end at the
// minutes of the inverter's clock and at the half hours of the year's data, so that an eco group
// ends exactly on time; while battery power ramps, in steps of a second.
#include <algorithm>
#include <utility>

#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t whole_bp = 10'000;
constexpr std::int64_t step_max_s = 60;
// A BMS allows less above this charge, and below that one, down to a tenth at the very end. Our
// choice: how batteries do it differs by maker.
constexpr std::int64_t taper_above_bp = 9'500;
constexpr std::int64_t taper_below_bp = 500;
constexpr std::int64_t hot_share = 5;       // an overheated inverter gives a fifth
constexpr std::int64_t drift_divisor = 36;  // a drifting clock gains 100 seconds an hour

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
  options.backup_share = share(options.backup_share, 0);
  options.battery_power_max =
      std::clamp(options.battery_power_max, Watts(0), options.profile.rated_power);
  return options;
}

}  // namespace

House::Impl::Impl(const HouseOptions& wanted, HouseYear house_year, UtcTime start)
    : options(sane(wanted)),
      platform(inverter::platform_of(options.profile.serial, options.profile.rated_power)),
      year(std::move(house_year)),
      started(start),
      now(start),
      integrated(floor<seconds>(start)),
      drifts_since(integrated),
      capacity(options.battery_capacity.count() * cells_per_mwh),
      stored(capacity / whole_bp * options.soc_start.count()),
      day(floor<std::chrono::days>(options.zone.to_local(start))) {
  find_rights();
  set_defaults();
  battery_now = flow_locked(now, step_max_s, true).battery;  // it was here before
  settle_locked();
}

LocalTime House::Impl::wall_locked(UtcTime at) const {
  const auto drift = has(HouseFault::clock_drift)
                         ? floor<seconds>((at - drifts_since) / drift_divisor)
                         : seconds(0);
  return options.zone.to_local(at) + shift + drift;
}

std::int64_t House::Impl::soc_bp_locked() const {
  // 128 bits: a large battery times 10 000 leaves 64.
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>((static_cast<Wide>(stored) * whole_bp + capacity / 2) /
                                   capacity);
}

std::int64_t House::Impl::charge_allowed_locked() const {
  const std::int64_t soc = soc_bp_locked();
  const std::int64_t most = options.battery_power_max.count();
  if (has(HouseFault::bms_refuses_charge) || soc >= whole_bp) return 0;
  if (!options.profile.tapers || soc <= taper_above_bp) return most;
  return most / 10 + most * 9 / 10 * (whole_bp - soc) / (whole_bp - taper_above_bp);
}

std::int64_t House::Impl::discharge_allowed_locked() const {
  const std::int64_t soc = soc_bp_locked();
  const std::int64_t most = options.battery_power_max.count();
  if (soc <= 0) return 0;
  if (!options.profile.tapers || soc >= taper_below_bp) return most;
  return most / 10 + most * 9 / 10 * soc / taper_below_bp;
}

// The most that may flow for `seconds` without filling the cells beyond `until`.
std::int64_t House::Impl::charge_max_locked(Cells until, std::int64_t seconds) const {
  const Cells room = std::max<Cells>(until - stored, 0);
  return std::min(charge_allowed_locked(), room / (seconds * options.charge_efficiency.count()));
}

std::int64_t House::Impl::discharge_max_locked(Cells until, std::int64_t seconds) const {
  const Cells there = std::max<Cells>(stored - until, 0);
  __extension__ using Wide = __int128;
  const auto by_energy =
      static_cast<std::int64_t>(static_cast<Wide>(there) * options.discharge_efficiency.count() /
                                (seconds * cells_per_joule * whole_bp));
  return std::min(discharge_allowed_locked(), by_energy);
}

std::int64_t House::Impl::limit_locked() const {
  const std::int64_t rated = options.profile.rated_power.count();
  return has(HouseFault::over_temperature) ? rated / hot_share : rated;
}

// Nothing but the backup port is served; with too little for it the port trips, and what the
// battery cannot take the sun does not give.
Flow House::Impl::island_flow_locked(std::int64_t sun, std::int64_t wanted,
                                     std::int64_t seconds) const {
  const Cells floor = floor_locked();
  const auto can = [&](std::int64_t pv) {
    return std::min(limit_locked(), pv + discharge_max_locked(floor, seconds));
  };
  Flow result;
  result.backup = wanted <= can(sun) ? wanted : 0;
  const std::int64_t missing = result.backup - sun;
  result.battery =
      missing > 0 ? missing : -std::min(-missing, charge_max_locked(capacity, seconds));
  result.pv = result.backup - result.battery;
  return result;
}

// `moves`: where a ramp gets to within these seconds; else where it is.
Flow House::Impl::flow_locked(UtcTime at, std::int64_t seconds, bool moves) const {
  const std::int64_t load = fixed_load.value_or(year.load_at(at).count());
  const std::int64_t backup = load * options.backup_share.count() / whole_bp;
  const std::int64_t limit = limit_locked();
  const std::int64_t sun = std::min(fixed_pv.value_or(year.pv_at(at).count()), limit);
  if (island_locked()) return island_flow_locked(sun, backup, seconds);

  Flow result;
  result.load = load - backup;
  result.backup = backup;
  result.pv = sun;
  const Intent intent = intent_locked(at, sun, load);
  // Battery and PV share the way to the AC side, and what is drawn from the grid comes the same
  // way.
  const std::int64_t way_out =
      intent.battery_first ? limit : std::max<std::int64_t>(limit - sun, 0);
  const std::int64_t most = std::min({way_out, discharge_max_locked(intent.empty, seconds), limit});
  const std::int64_t least = -std::min(limit + sun, charge_max_locked(intent.full, seconds));
  result.battery = std::clamp(intent.battery, least, most);
  if (const std::int64_t ramp = options.profile.ramp.count(); ramp > 0) {
    const std::int64_t reach = moves ? ramp * seconds : 0;
    result.battery = std::clamp(
        std::clamp(result.battery, battery_now - reach, battery_now + reach), least, most);
  }
  result.pv = std::min(sun, limit - std::max<std::int64_t>(result.battery, 0));
  if (intent.output_max) result.pv = std::min(result.pv, *intent.output_max);
  result.grid = result.pv + result.battery - load;

  // Over the export limit: sell less from the battery first, then let the sun shine for nothing.
  std::int64_t most_out = intent.export_max.value_or(result.grid);
  if (in_force(47509) == 1)
    most_out = std::min<std::int64_t>(
        most_out, std::max<std::int64_t>(static_cast<std::int16_t>(in_force(47510)), 0));
  const std::int64_t excess = std::max<std::int64_t>(result.grid - most_out, 0);
  const std::int64_t held = std::min(excess, std::max<std::int64_t>(result.battery, 0));
  const std::int64_t wasted = std::min(excess - held, result.pv);
  result.battery -= held;
  result.pv -= wasted;
  result.grid -= held + wasted;
  return result;
}

void House::Impl::integrate_locked(const Flow& during, std::int64_t seconds) {
  const auto cells = [&](std::int64_t watts) { return watts * seconds * cells_per_joule; };
  total.pv += cells(during.pv);
  total.load += cells(during.load + during.backup);
  (during.grid >= 0 ? total.exported : total.imported) += cells(std::abs(during.grid));
  battery_now = during.battery;
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

// Written settings take effect, and a fast charge that has reached its SOC ends.
void House::Impl::obey_locked() {
  if (obeys_at && integrated >= *obeys_at) {
    obeyed = settings;
    obeys_at.reset();
  }
  constexpr auto on = inverter::row(inverter::Block::settings_arm19, "fast_charging").address;
  constexpr auto soc = inverter::row(inverter::Block::settings_arm19, "fast_charging_soc").address;
  if (!fast_charging_locked() || soc_bp_locked() < in_force(soc) * 100) return;
  settings[on - settings_first] = 0;
  obeyed[on - settings_first] = 0;
}

void House::Impl::advance_locked(UtcTime to) {
  if (to <= now) return;
  const auto end = floor<seconds>(to);
  while (integrated < end) {
    obey_locked();
    const LocalTime wall = wall_locked(integrated);
    const auto to_minute = floor<seconds>(floor<minutes>(wall) + minutes(1) - wall);
    const auto to_utc_minute = floor<seconds>(floor<minutes>(integrated) + minutes(1) - integrated);
    seconds step = std::max(seconds(1), std::min({end - integrated, to_minute, to_utc_minute}));
    if (obeys_at) step = std::min(step, *obeys_at - integrated);
    Flow during = flow_locked(integrated, step.count(), true);
    const std::int64_t ramp = options.profile.ramp.count();
    if (ramp > 0 && step > seconds(1) && std::abs(during.battery - battery_now) > ramp) {
      step = seconds(1);
      during = flow_locked(integrated, 1, true);
    }
    integrate_locked(during, step.count());
    integrated += step;
    const auto today = floor<std::chrono::days>(wall_locked(integrated));
    if (today != day) {
      day = today;
      at_midnight = total;
    }
  }
  now = to;
  obey_locked();
  settle_locked();
}

// As for a whole step: what is left in the cells for a part of one is not shown as a power that
// flickers.
void House::Impl::settle_locked() {
  flow = flow_locked(now, step_max_s, false);
  if (options.profile.ramp.count() == 0) battery_now = flow.battery;
  forget_pages_locked();
}

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

Powers House::powers() const {
  const std::lock_guard lock(impl_->mutex);
  const Flow& flow = impl_->flow;
  return {Watts(flow.pv), Watts(flow.load), Watts(flow.backup), Watts(flow.battery),
          Watts(flow.grid)};
}

bool House::in_forced_mode() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->active_group_locked(impl_->now).has_value() || impl_->fast_charging_locked();
}

void House::set_fault(HouseFault fault, bool on) {
  const std::lock_guard lock(impl_->mutex);
  Impl& impl = *impl_;
  if (on == impl.has(fault)) return;
  if (fault == HouseFault::clock_drift) {
    // What a clock has gained stays when it goes right again.
    if (!on) impl.shift += floor<seconds>((impl.integrated - impl.drifts_since) / drift_divisor);
    impl.drifts_since = impl.integrated;
  }
  if (fault == HouseFault::counter_wrap)
    impl.wrapping = on ? std::optional(impl.total) : std::nullopt;
  if (fault == HouseFault::frozen_values && on)
    for (const inverter::Block block : impl.blocks()) (void)impl.page_locked(block);
  if (on)
    impl.faults.insert(fault);
  else
    impl.faults.erase(fault);
  impl.settle_locked();
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
