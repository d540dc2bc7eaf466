#include "projections/fold/score_rows.hpp"

#include <algorithm>
#include <utility>

#include "projections/fold/series.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::fold {
namespace {

std::optional<Watts> believed(std::int64_t watts) {
  if (watts < 0 || watts > scored_power_max_w) return std::nullopt;
  return Watts(watts);
}

// No slots where the series cannot be one of power.
PowerSeries power_of(const fb::Series& series) {
  PowerSeries power;
  if (series.values() == nullptr || series.step_s() < slot_step_min_s ||
      series.step_s() > slot_step_max_s || series.start_us() < 0 || series.start_us() > time_max_us)
    return power;
  power.start = utc_from_us(series.start_us());
  power.step = std::chrono::seconds(series.step_s());
  const std::vector<bool> absent = marked(series.absent());
  for (flatbuffers::uoffset_t i = 0; i < series.values()->size(); ++i) {
    const bool known = !(i < absent.size() && absent[i]);
    power.watts.push_back(known ? believed(series.values()->Get(i)) : std::nullopt);
  }
  return power;
}

template <class Fact>
void issue(ScoreBoard& board, const Fact& forecast, UtcTime at) {
  if (forecast.power_w() == nullptr) return;
  const std::string source = forecast.provider() == nullptr ? "" : forecast.provider()->str();
  for (const fb::Series* series : *forecast.power_w()) board.issue(source, at, power_of(*series));
}

void judge(Scored of, QuarterMeter& meter, ScoreBoard& board, UtcTime at,
           std::optional<Watts> power, std::vector<ScoreRow>& rows) {
  for (const auto& mean : meter.add(at, power)) {
    if (!mean) continue;
    for (Judged& each : board.came(mean->quarter, mean->power)) {
      ScoreRow row{of, std::move(each.source), each.horizon, {}};
      row.score.add(each.forecast, each.actual);
      rows.push_back(std::move(row));
    }
  }
}

std::optional<Watts> power_of(const flatbuffers::Optional<std::int32_t>& watts, bool plausible) {
  return watts && plausible ? believed(*watts) : std::nullopt;
}

}  // namespace

std::vector<ScoreRow> judge(ScoresMemory& memory, const fb::ReadingRecorded& reading, UtcTime at) {
  const bool plausible = reading.quality() != fb::Quality::implausible;
  std::vector<ScoreRow> rows;
  judge(Scored::pv, memory.pv_meter, memory.pv, at, power_of(reading.pv_power_w(), plausible),
        rows);
  judge(Scored::load, memory.load_meter, memory.load, at,
        power_of(reading.load_power_w(), plausible), rows);
  return rows;
}

void remember(ScoresMemory& memory, const fb::PvForecastIssued& forecast, UtcTime at) {
  issue(memory.pv, forecast, at);
}

void remember(ScoresMemory& memory, const fb::LoadForecastIssued& forecast, UtcTime at) {
  issue(memory.load, forecast, at);
}

void begin_anew(ScoresMemory& memory) {
  for (auto [meter, board] :
       {std::pair{&memory.pv_meter, &memory.pv}, std::pair{&memory.load_meter, &memory.load}}) {
    board->forget_before(meter->quarter);
    const UtcTime last = meter->last_at;
    const Quarter quarter = meter->quarter;
    *meter = QuarterMeter{};
    meter->quarter = quarter;
    meter->last_at = last;
  }
}

void set_clock(ScoresMemory& memory) { memory.pv_meter = memory.load_meter = QuarterMeter{}; }

}  // namespace wattledger::fold
