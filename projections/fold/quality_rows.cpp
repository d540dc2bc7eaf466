#include "projections/fold/quality_rows.hpp"

#include <algorithm>
#include <cstdlib>

#include "projections/fold/counter_step.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t whole_bp = 10'000;

// Physics, with room: beyond these an instrument is wrong, not a house.
constexpr std::int64_t phase_voltage_max_mv = 500'000;
constexpr std::int64_t battery_voltage_max_mv = 1'000'000;
constexpr std::int64_t string_voltage_max_mv = 1'500'000;
constexpr std::int64_t frequency_min_mhz = 40'000, frequency_max_mhz = 70'000;
constexpr std::int64_t temperature_min_mc = -50'000, temperature_max_mc = 150'000;

const PolicySettings& settings_of(const State& state) {
  static const PolicySettings defaults;
  return state.policy ? state.policy->settings : defaults;
}

template <class T>
std::optional<std::int64_t> known(const flatbuffers::Optional<T>& value) {
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

template <class T>
bool is_outside(const flatbuffers::Optional<T>& value, std::int64_t least, std::int64_t most) {
  return value &&
         (static_cast<std::int64_t>(*value) < least || static_cast<std::int64_t>(*value) > most);
}

// Twice the inverter's rated power: its panels may be larger than it, and its battery feeds a
// backup load beside.
std::int64_t inverter_power_max(const State& state) {
  if (!state.site.rated_power || state.site.rated_power->count() <= 0) return power_max_w;
  return std::min(2 * state.site.rated_power->count(), power_max_w);
}

// A quarter above: a fuse bears that for a while.
std::int64_t connection_max(Watts limit) {
  return std::min(limit.count() + limit.count() / 4, power_max_w);
}

bool count_impossible(DayQuality& day, const State& state, const fb::ReadingRecorded& r) {
  const PolicySettings& settings = settings_of(state);
  const std::int64_t inverter = inverter_power_max(state);
  const bool soc = is_outside(r.battery_soc_bp(), 0, whole_bp);
  const bool power = is_outside(r.pv_power_w(), 0, inverter) ||
                     is_outside(r.load_power_w(), 0, power_max_w) ||
                     is_outside(r.battery_power_w(), -inverter, inverter) ||
                     is_outside(r.grid_power_w(), -connection_max(settings.import_max),
                                connection_max(settings.export_max));
  const auto is_odd_phase = [](const auto& mv) { return is_outside(mv, 0, phase_voltage_max_mv); };
  const auto is_odd_string = [](const auto& mv) {
    return is_outside(mv, 0, string_voltage_max_mv);
  };
  const auto frequency = r.grid_frequency_mhz();
  const bool electrical =
      is_odd_phase(r.grid_l1_voltage_mv()) || is_odd_phase(r.grid_l2_voltage_mv()) ||
      is_odd_phase(r.grid_l3_voltage_mv()) || is_odd_string(r.pv1_voltage_mv()) ||
      is_odd_string(r.pv2_voltage_mv()) ||
      is_outside(r.battery_voltage_mv(), 0, battery_voltage_max_mv) ||
      is_outside(r.battery_temperature_mc(), temperature_min_mc, temperature_max_mc) ||
      is_outside(r.inverter_temperature_mc(), temperature_min_mc, temperature_max_mc) ||
      (frequency && *frequency != 0 && is_outside(frequency, frequency_min_mhz, frequency_max_mhz));
  day[Figure::impossible_soc] += soc ? 1 : 0;
  day[Figure::impossible_power] += power ? 1 : 0;
  day[Figure::impossible_electrical] += electrical ? 1 : 0;
  return soc || power || electrical;
}

// FNV-1a over all that is measured: equal numbers for equal readings. nullopt where nothing is told
// that always moves, and standing still says nothing.
class Values {
 public:
  template <class T>
  void add(const flatbuffers::Optional<T>& value) {
    mix(value ? 1 : 0);
    mix(value ? static_cast<std::uint64_t>(static_cast<std::int64_t>(*value)) : 0);
  }
  void mix(std::uint64_t word) { hash_ = (hash_ ^ word) * 1'099'511'628'211U; }
  [[nodiscard]] std::uint64_t number() const { return hash_; }

 private:
  std::uint64_t hash_ = 14'695'981'039'346'656'037U;
};

std::optional<std::uint64_t> values_of(const fb::ReadingRecorded& r, bool plausible) {
  if (!r.grid_l1_voltage_mv() && !r.grid_frequency_mhz()) return std::nullopt;
  Values values;
  values.mix(r.device());
  values.mix(plausible ? 1 : 0);
  const auto add = [&](const auto&... each) { (values.add(each), ...); };
  add(r.battery_soc_bp(), r.battery_power_w(), r.battery_voltage_mv(), r.battery_current_ma(),
      r.battery_temperature_mc(), r.pv_power_w(), r.pv1_voltage_mv(), r.pv1_current_ma(),
      r.pv2_voltage_mv(), r.pv2_current_ma(), r.grid_power_w(), r.grid_l1_power_w(),
      r.grid_l2_power_w(), r.grid_l3_power_w(), r.grid_l1_voltage_mv(), r.grid_l2_voltage_mv(),
      r.grid_l3_voltage_mv(), r.grid_l1_current_ma(), r.grid_frequency_mhz(), r.load_power_w(),
      r.inverter_power_w(), r.inverter_temperature_mc(), r.pv_total_mwh(), r.load_total_mwh(),
      r.export_total_mwh(), r.import_total_mwh(), r.battery_charge_total_mwh(),
      r.battery_discharge_total_mwh());
  return values.number();
}

struct Meters {
  std::array<std::optional<std::int64_t>, meters> mwh;    // counters
  std::array<std::optional<std::int64_t>, meters> power;  // in each one's direction, not negative
};

Meters meters_of(const Metered& m) {
  const auto part = [](const std::optional<std::int64_t>& power, int sign) {
    return power ? std::optional(std::max<std::int64_t>(
                       sign * std::clamp(*power, -power_max_w, power_max_w), 0))
                 : std::nullopt;
  };
  return {{m.pv_mwh, m.load_mwh, m.import_mwh, m.export_mwh, m.charge_mwh, m.discharge_mwh},
          {part(m.pv_w, 1), part(m.load_w, 1), part(m.grid_w, -1), part(m.grid_w, 1),
           part(m.battery_w, -1), part(m.battery_w, 1)}};
}

// A counter of 16 or 32 bits in steps of 0.1 kWh that went past its end.
bool has_wrapped(std::int64_t before, std::int64_t after, milliseconds gap) {
  constexpr std::int64_t step_mwh = 100'000;
  if (after < 0 || after >= before) return false;
  for (const std::int64_t end : {std::int64_t{1} << 16U, std::int64_t{1} << 32U})
    if (before < end * step_mwh && counter_step(before, after + end * step_mwh, gap)) return true;
  return false;
}

class Judge {
 public:
  Judge(QualityMemory& memory, const State& state, UtcTime at)
      : memory_(memory), state_(state), at_(at), stale_(settings_of(state).reading_stale_after) {}

  void take(const fb::ReadingRecorded& reading) {
    if (memory_.seen_to && at_ <= *memory_.seen_to) return;
    const bool plausible = reading.quality() != fb::Quality::implausible;
    const bool possible = !count_impossible(day_of(at_), state_, reading);
    const bool frozen = count_frozen(reading, plausible && possible);
    if (memory_.seen_to) {
      by_day(*memory_.seen_to, at_, [](DayQuality& day, UtcTime, std::int64_t length_s) {
        day[Figure::expected_s] += length_s;
      });
      count_slots(*memory_.seen_to);
    }
    memory_.seen_to = at_;
    if (plausible && possible && !frozen) believe(reading);
  }

 private:
  DayQuality& day_of(UtcTime at) {
    const LocalTime day(std::chrono::floor<std::chrono::days>(state_.site.zone.to_local(at)));
    for (QualityMemory::Part& each : memory_.pending)
      if (each.day == day) return each.part;
    return memory_.pending.emplace_back(QualityMemory::Part{day, {}}).part;
  }

  template <class Each>
  void by_day(UtcTime from, UtcTime to, const Each& each) {
    for (UtcTime begin = std::max<UtcTime>(from, to - silence_max); begin < to;) {
      const UtcTime midnight = state_.site.zone.next_day_start(begin);
      // A wall clock that leaps over midnight has none.
      const UtcTime end = std::min(to, midnight > begin ? midnight : begin + Quarters(1));
      const auto length = std::chrono::floor<seconds>(end) - std::chrono::floor<seconds>(begin);
      each(day_of(begin), begin, static_cast<std::int64_t>(length.count()));
      begin = end;
    }
  }

  // Whether all values have been the same for too long: then what was covered since was not.
  bool count_frozen(const fb::ReadingRecorded& reading, bool believable) {
    const auto values = values_of(reading, believable);
    std::optional<std::int64_t> shows;
    if (const auto offset = known(reading.inverter_clock_offset_s()))
      shows = std::chrono::floor<seconds>(at_).time_since_epoch().count() + *offset;
    const bool clock_went = shows && memory_.clock_s && *shows != *memory_.clock_s;
    const bool goes_on = values && memory_.same > 0 && *values == memory_.values &&
                         memory_.seen_to && at_ - *memory_.seen_to <= stale_ &&
                         (memory_.same == 1 || clock_went == memory_.clock_goes);
    memory_.clock_s = shows;
    memory_.clock_goes = clock_went;
    if (!goes_on) {
      memory_.values = values.value_or(0);
      memory_.same_since = at_;
      memory_.same = values ? 1 : 0;
      return false;
    }
    const bool was = is_frozen(*memory_.seen_to);
    ++memory_.same;
    if (!is_frozen(at_)) return false;
    by_day(
        was ? *memory_.seen_to : memory_.same_since, at_,
        [](DayQuality& day, UtcTime, std::int64_t length_s) { day[Figure::frozen_s] += length_s; });
    if (!was && believable) {
      by_day(memory_.same_since, *memory_.seen_to,
             [](DayQuality& day, UtcTime, std::int64_t length_s) {
               day[Figure::covered_s] -= length_s;
             });
      memory_.covered_to = memory_.same_since;
      memory_.believed.reset();
    }
    return true;
  }
  [[nodiscard]] bool is_frozen(UtcTime at) const {
    const seconds least =
        memory_.clock_goes ? std::max<seconds>(stale_, frozen_while_clock_goes) : stale_;
    return memory_.same >= frozen_readings && at - memory_.same_since > least;
  }

  // The quarters that began since `from`: whether a price and forecasts of them are known.
  void count_slots(UtcTime from) {
    const UtcTime since = std::max<UtcTime>(from, at_ - silence_max);
    for (Quarter quarter = quarter_of(since) + Quarters(1); quarter <= at_;
         quarter += Quarters(1)) {
      DayQuality& day = day_of(quarter);
      if (!state_.prices.empty()) {
        ++day[Figure::price_slots];
        day[Figure::price_slots_missing] += price_at(state_, quarter) == nullptr ? 1 : 0;
      }
      for (const auto* forecast : {&state_.pv_forecast, &state_.load_forecast}) {
        if (!*forecast) continue;
        ++day[Figure::forecast_slots];
        day[Figure::forecast_slots_missing] += tells(**forecast, quarter) ? 0 : 1;
      }
    }
  }
  [[nodiscard]] static bool tells(const PowerForecast& forecast, UtcTime at) {
    if (forecast.step.count() <= 0 || at < forecast.start) return false;
    const auto slot = static_cast<std::size_t>((at - forecast.start) / forecast.step);
    return slot < forecast.power_w.size() && forecast.power_w[slot].has_value();
  }

  void believe(const fb::ReadingRecorded& reading) {
    if (memory_.covered_to && at_ - *memory_.covered_to <= stale_)
      by_day(*memory_.covered_to, at_, [](DayQuality& day, UtcTime, std::int64_t length_s) {
        day[Figure::covered_s] += length_s;
      });
    else if (memory_.covered_to)
      by_day(*memory_.covered_to, at_, [](DayQuality& day, UtcTime begin, std::int64_t length_s) {
        day.add_gap(begin, length_s);
      });
    memory_.covered_to = at_;
    const Metered now = metered(reading, at_);
    const auto soc = known(reading.battery_soc_bp());
    count_balance(now);
    std::array<std::int64_t, meters> flowed{};
    if (memory_.believed && memory_.believed->device == now.device &&
        at_ - memory_.believed->at <= stale_)
      flowed = count_energy(*memory_.believed, now, soc);
    watch_counters(now, flowed);
    memory_.believed = now;
    memory_.believed_soc_bp = soc;
  }

  void count_balance(const Metered& now) {
    if (!now.pv_w || !now.load_w || !now.grid_w || !now.battery_w) return;
    const Meters m = meters_of(now);
    DayQuality& day = day_of(at_);
    day[Figure::balance_apart_w] +=
        std::abs(*now.pv_w + *now.battery_w - *now.grid_w - *now.load_w);
    for (const Meter in : {Meter::pv, Meter::import, Meter::discharge})
      day[Figure::balance_flow_w] += m.power[static_cast<std::size_t>(in)].value_or(0);
  }

  // Gives what flowed by the powers where it is enough for a counter to see.
  std::array<std::int64_t, meters> count_energy(const Metered& before, const Metered& now,
                                                const std::optional<std::int64_t>& soc) {
    const auto gap = duration_cast<milliseconds>(now.at - before.at);
    const Meters from = meters_of(before), to = meters_of(now);
    DayQuality& day = day_of(at_);
    std::array<std::int64_t, meters> flowed{};
    std::array<std::optional<std::int64_t>, meters> energy;
    for (std::size_t i = 0; i < meters; ++i) {
      std::optional<std::int64_t> by_power, by_counter;
      if (from.power[i] && to.power[i]) {
        by_power = (*from.power[i] + *to.power[i]) * gap.count() / (2 * ms_per_mwh_w);
        if (std::min(*from.power[i], *to.power[i]) >= flowing_w) flowed[i] = *by_power;
      }
      if (from.mwh[i] && to.mwh[i]) by_counter = counter_step(*from.mwh[i], *to.mwh[i], gap);
      if (by_power && by_counter) {
        day.power(static_cast<Meter>(i)) += *by_power;
        day.counter(static_cast<Meter>(i)) += *by_counter;
      }
      energy[i] = by_counter ? by_counter : by_power;
    }
    count_battery(day, soc, energy[static_cast<std::size_t>(Meter::charge)],
                  energy[static_cast<std::size_t>(Meter::discharge)]);
    return flowed;
  }

  void count_battery(DayQuality& day, const std::optional<std::int64_t>& soc,
                     const std::optional<std::int64_t>& charged,
                     const std::optional<std::int64_t>& discharged) {
    const PolicySettings& settings = settings_of(state_);
    const std::int64_t capacity = settings.battery_capacity.count();
    const std::int64_t kept = settings.charge_efficiency.count();
    const std::int64_t given = settings.discharge_efficiency.count();
    if (!soc || !memory_.believed_soc_bp || !charged || !discharged || given <= 0) return;
    day[Figure::soc_mwh] +=
        *soc * capacity / whole_bp - *memory_.believed_soc_bp * capacity / whole_bp;
    day[Figure::battery_mwh] += *charged * kept / whole_bp - *discharged * whole_bp / given;
    day[Figure::capacity_mwh] = std::max(day[Figure::capacity_mwh], capacity);
  }

  void watch_counters(const Metered& now, const std::array<std::int64_t, meters>& flowed) {
    if (memory_.believed && memory_.believed->device != now.device) memory_.counters = {};
    const Meters m = meters_of(now);
    DayQuality& day = day_of(at_);
    for (std::size_t i = 0; i < meters; ++i) {
      CounterWatch& watch = memory_.counters[i];
      if (!m.mwh[i]) continue;
      if (watch.mwh && *m.mwh[i] == *watch.mwh) {
        watch.flowed_mwh += flowed[i];
        if (!watch.stands && watch.flowed_mwh > standing_mwh) {
          watch.stands = true;
          ++day[Figure::counters_stood];
        }
      } else {
        if (watch.mwh) count_jump(day, watch, *m.mwh[i]);
        watch.flowed_mwh = 0;
        watch.stands = false;
      }
      watch.mwh = m.mwh[i];
      watch.at = at_;
    }
  }
  void count_jump(DayQuality& day, const CounterWatch& watch, std::int64_t now) const {
    const auto gap = duration_cast<milliseconds>(
        std::min<std::chrono::microseconds>(at_ - watch.at, silence_max));
    if (counter_step(*watch.mwh, now, gap)) return;
    ++day[has_wrapped(*watch.mwh, now, gap) ? Figure::counter_wraps : Figure::counter_jumps];
  }

  QualityMemory& memory_;
  const State& state_;
  UtcTime at_;
  seconds stale_;
};

}  // namespace

std::vector<DayQualityRow> judge(QualityMemory& memory, const State& state,
                                 const fb::ReadingRecorded& reading, UtcTime at) {
  Judge(memory, state, at).take(reading);
  std::vector<DayQualityRow> rows;
  if (quarter_of(at) == memory.quarter) return rows;
  memory.quarter = quarter_of(at);
  for (const QualityMemory::Part& each : memory.pending)
    if (each.part != DayQuality{})
      rows.push_back({std::chrono::floor<std::chrono::days>(each.day), each.part});
  memory.pending.clear();
  return rows;
}

void set_clock(QualityMemory& memory) {
  QualityMemory kept;
  kept.quarter = memory.quarter;
  kept.pending = std::move(memory.pending);
  memory = std::move(kept);
}

}  // namespace wattledger::fold
