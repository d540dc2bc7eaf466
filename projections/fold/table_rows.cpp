#include "projections/fold/table_rows.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "projections/fold/legacy_current_data.hpp"
#include "projections/fold/legacy_field.hpp"
#include "projections/fold/power_series.hpp"
#include "projections/fold/python_json.hpp"
#include "projections/fold/series.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::seconds;

// No home's roof gives more.
constexpr std::int64_t pv_power_max_w = 10'000'000;
// A repeated hour has so much of it; what overlaps beyond is not counted.
constexpr std::int64_t hour_length_max_s = 7'200;

std::string text(const flatbuffers::String* value) { return value == nullptr ? "" : value->str(); }

std::optional<UtcTime> time(const flatbuffers::Optional<std::int64_t>& us) {
  if (!us || *us < 0 || *us > time_max_us) return std::nullopt;
  return utc_from_us(*us);
}

std::optional<std::string> local_text(const State& state, const std::optional<UtcTime>& at) {
  if (!at) return std::nullopt;
  return iso_text(state.site.zone.to_local(*at));
}

// What both kinds of session have.
template <class Fact>
SessionRow common(const State& state, const Fact& fact, UtcTime at) {
  SessionRow row;
  row.session_id = valid_utf8(text(fact.session()));
  row.start_at = time(fact.started_us());
  row.started_at = local_text(state, row.start_at);
  if (!row.start_at) row.start_at = time(fact.planned_start_us());
  row.start_time = local_text(state, row.start_at);
  row.end_at = time(fact.ended_us());
  row.completed_at = local_text(state, row.end_at);
  if (!row.end_at) row.end_at = time(fact.planned_end_us());
  row.end_time = local_text(state, row.end_at);
  row.start_soc_bp = whole(fact.start_soc_bp());
  row.end_soc_bp = whole(fact.end_soc_bp());
  row.capacity_mwh =
      (state.policy ? state.policy->settings : PolicySettings()).battery_capacity.count();
  row.told_at = iso_text(state.site.zone.to_local(at));
  row.average_price = divided(fact.average_price_e8(), 1e8);
  row.status = status_word(fact.change());
  return row;
}

// Means by hour of the wall clock, weighted by time; cut at quarter hours, where every zone's hours
// begin.
class HourlyMeans {
 public:
  explicit HourlyMeans(const ZoneOffsets& zone) : zone_(zone) {}

  // Values beyond ±`limit` are not believed.
  void add(const fb::Series& series, std::int64_t limit) {
    if (series.values() == nullptr || series.step_s() < slot_step_min_s ||
        series.step_s() > slot_step_max_s || series.start_us() < 0 ||
        series.start_us() > time_max_us)
      return;
    const seconds step(series.step_s());
    const std::vector<bool> absent = marked(series.absent());
    for (std::uint32_t i = 0; i < series.values()->size() && hours_.size() <= forecast_hours_max;
         ++i) {
      if (i < absent.size() && absent[i]) continue;
      const std::int64_t value = series.values()->Get(i);
      if (value < -limit || value > limit) continue;
      const UtcTime start = utc_from_us(series.start_us()) + step * static_cast<std::int64_t>(i);
      add(start, start + step, value);
    }
  }

  // Each row as `like`, with its hour and value / divisor.
  [[nodiscard]] std::vector<ForecastRow> rows(const ForecastRow& like, double divisor) const {
    std::vector<ForecastRow> rows;
    for (const auto& [hour, mean] : hours_) {
      if (rows.size() == forecast_hours_max) break;
      if (mean.length_s == 0) continue;  // less than a second of it
      ForecastRow row = like;
      row.hour = hour;
      row.value = static_cast<double>(mean.sum) / static_cast<double>(mean.length_s) / divisor;
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  struct Mean {
    std::int64_t sum = 0;  // value × seconds
    std::int64_t length_s = 0;
  };
  void add(UtcTime from, UtcTime to, std::int64_t value) {
    while (from < to && hours_.size() <= forecast_hours_max) {
      const LocalTime local = zone_.to_local(from);
      const UtcTime cut =
          std::min(to, from + (std::chrono::floor<Quarters>(local) + Quarters(1) - local));
      Mean& mean = hours_[std::chrono::floor<hours>(local)];
      const std::int64_t length =
          std::min(duration_cast<seconds>(cut - from).count(), hour_length_max_s - mean.length_s);
      mean.sum += value * length;
      mean.length_s += length;
      from = cut;
    }
  }
  const ZoneOffsets& zone_;
  std::map<LocalTime, Mean> hours_;
};

}  // namespace

std::optional<SessionRow> session_row(const State& state, const fb::ChargingSessionChanged& fact,
                                      UtcTime at) {
  SessionRow row = common(state, fact, at);
  if (row.session_id.empty()) return std::nullopt;
  if (const auto target = fact.target_soc_bp()) row.target_soc = (*target + 50) / 100;
  row.energy_kwh = divided(fact.energy_mwh(), 1e6);
  row.amount = divided(fact.cost_e8(), 1e8);
  return row;
}

std::optional<SessionRow> session_row(const State& state, const fb::SellingSessionChanged& fact,
                                      UtcTime at) {
  SessionRow row = common(state, fact, at);
  if (row.session_id.empty()) return std::nullopt;
  row.selling = true;
  row.energy_kwh = divided(fact.exported_mwh(), 1e6);
  row.amount = divided(fact.revenue_e8(), 1e8);
  row.power_w = whole(fact.power_w());
  return row;
}

std::optional<DailyPlanRow> daily_plan_row(const State& state, const fb::DailyPlanChanged& fact,
                                           UtcTime at) {
  constexpr std::int32_t day_max = time_max_us / 86'400'000'000;
  if (fact.day() < 0 || fact.day() > day_max) return std::nullopt;
  DailyPlanRow row;
  row.day = std::chrono::local_days(std::chrono::days(fact.day()));
  row.created_at = iso_text(state.site.zone.to_local(at));
  row.status = status_word(fact.change());
  if (fact.sessions() == nullptr) return row;
  for (const fb::PlannedSession* each : *fact.sessions()) {
    if (row.sessions.size() == planned_sessions_max) break;
    const auto start = time(each->start_us());
    const auto end = time(each->end_us());
    if (!start || !end || *end < *start) continue;
    PlannedSessionRow session;
    session.session_id = valid_utf8(text(each->session()));
    session.start_time = iso_text(state.site.zone.to_local(*start));
    session.end_time = iso_text(state.site.zone.to_local(*end));
    session.duration_hours = static_cast<double>((*end - *start).count()) / 3.6e9;
    session.energy_kwh = divided(each->energy_mwh(), 1e6);
    session.cost = divided(each->cost_e8(), 1e8);
    session.savings = divided(each->saving_e8(), 1e8);
    session.priority = each->priority();
    session.status = status_word(each->change());
    row.sessions.push_back(std::move(session));
  }
  return row;
}

WeatherRow weather_row(const State& state, const fb::WeatherObserved& fact, UtcTime at) {
  const UtcTime observed = time(fact.observed_at_us()).value_or(at);
  LocalTime local = state.site.zone.to_local(observed);
  if (state.site.zone.to_local(observed - hours(1)) == local) local += std::chrono::microseconds(1);
  WeatherRow row;
  row.timestamp = iso_text(local);
  row.source = text(fact.provider());
  row.temperature_c = divided(fact.temperature_mc(), 1e3);
  row.humidity_percent = divided(fact.humidity_bp(), 1e2);
  row.pressure_hpa = divided(fact.pressure_pa(), 1e2);
  row.wind_speed_m_s = divided(fact.wind_speed_mm_s(), 1e3);
  row.wind_direction_deg = divided(fact.wind_direction_deg(), 1.0);
  row.cloud_cover_percent = divided(fact.cloud_cover_bp(), 1e2);
  row.solar_irradiance_w_m2 = divided(fact.solar_irradiance_mw_m2(), 1e3);
  row.precipitation_mm = divided(fact.precipitation_um(), 1e3);
  return row;
}

std::vector<ForecastRow> forecast_rows(const State& state, const fb::PricesPublished& fact,
                                       UtcTime at) {
  if (fact.kind() != fb::PriceKind::day_ahead || fact.prices_e8() == nullptr) return {};
  HourlyMeans means(state.site.zone);
  for (const fb::Series* series : *fact.prices_e8()) means.add(*series, market_price_max);
  ForecastRow like;
  like.issued = iso_text(state.site.zone.to_local(time(fact.issued_at_us()).value_or(at)));
  like.source = text(fact.provider());
  return means.rows(like, 1e8);
}

std::vector<ForecastRow> forecast_rows(const State& state, const fb::PvForecastIssued& fact,
                                       UtcTime at) {
  if (fact.power_w() == nullptr) return {};
  HourlyMeans means(state.site.zone);
  for (const fb::Series* series : *fact.power_w()) means.add(*series, pv_power_max_w);
  ForecastRow like;
  like.of = ForecastRow::Of::pv;
  like.issued = iso_text(state.site.zone.to_local(time(fact.issued_at_us()).value_or(at)));
  like.source = text(fact.provider());
  return means.rows(like, 1.0);
}

}  // namespace wattledger::fold
