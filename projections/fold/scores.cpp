#include "projections/fold/scores.hpp"

#include <algorithm>

namespace wattledger::fold {
namespace {

std::size_t place(Quarter quarter, std::size_t size) {
  return static_cast<std::size_t>(quarter.time_since_epoch().count()) % size;
}

std::optional<Watts> mean(std::int64_t sum, std::uint64_t count) {
  if (count == 0) return std::nullopt;
  const auto half = static_cast<std::int64_t>(count / 2);
  return Watts((sum + (sum < 0 ? -half : half)) / static_cast<std::int64_t>(count));
}

}  // namespace

std::optional<Watts> Score::mean_absolute_error() const { return mean(absolute_sum_w, count); }

std::optional<Watts> Score::bias() const { return mean(error_sum_w, count); }

void Score::add(Watts forecast, Watts actual) {
  const std::int64_t error = (forecast - actual).count();
  ++count;
  error_sum_w += error;
  absolute_sum_w += error < 0 ? -error : error;
}

Score& Score::operator+=(const Score& other) {
  count += other.count;
  error_sum_w += other.error_sum_w;
  absolute_sum_w += other.absolute_sum_w;
  return *this;
}

bool ScoreBoard::issue(std::string_view source, UtcTime issued_at, const PowerSeries& power) {
  auto found =
      std::lower_bound(sources.begin(), sources.end(), source,
                       [](const Source& each, std::string_view name) { return each.name < name; });
  if (found == sources.end() || found->name != source) {
    if (sources.size() >= most_sources) return false;
    found = sources.emplace(found);
    found->name = source;
  }
  if (power.step.count() <= 0) return true;
  const UtcTime end =
      std::min(issued_at + std::chrono::hours(48),
               power.start + power.step * static_cast<std::int64_t>(power.watts.size()));
  Quarter quarter = std::chrono::ceil<Quarters>(std::max(issued_at, power.start));
  for (; quarter < end; quarter += Quarters(1)) {
    const auto horizon = horizon_class(quarter - issued_at);
    const auto watts = mean_over(power, quarter, quarter + Quarters(1));
    if (!horizon || !watts) continue;
    auto& said = found->said[*horizon][place(quarter, longest)];
    if (said.quarter != quarter) said = {quarter, watts->count()};
  }
  return true;
}

std::vector<Judged> ScoreBoard::came(Quarter quarter, Watts power) {
  std::vector<Judged> judged;
  for (Source& source : sources) {
    for (std::size_t horizon = 0; horizon < source.said.size(); ++horizon) {
      Said& said = source.said[horizon][place(quarter, longest)];
      if (said.quarter != quarter || quarter == Quarter()) continue;
      judged.push_back({source.name, horizon, Watts(said.watts), power});
      said = {};
    }
  }
  return judged;
}

void ScoreBoard::forget_before(Quarter quarter) {
  for (Source& source : sources)
    for (auto& row : source.said)
      for (Said& said : row)
        if (said.quarter < quarter) said = {};
}

}  // namespace wattledger::fold
