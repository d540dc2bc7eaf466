#include "replay/audit/report_forecasts.hpp"

#include <tuple>

#include "projections/fold/imported.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

// A quarter may have been told two days ahead; its last reading comes within the next.
constexpr std::chrono::hours told_ahead{fold::horizon_ends_h.back()};
constexpr std::chrono::hours behind{1};

class Judge {
 public:
  explicit Judge(const Period& period) : period_(period) {}

  void record(const EventView& event) {
    if (fold::is_imported(event)) return;
    const UtcTime at = event.occurred_at();
    if (const auto* pv = event.as<fb::PvForecastIssued>())
      fold::remember(memory_, *pv, at);
    else if (const auto* load = event.as<fb::LoadForecastIssued>())
      fold::remember(memory_, *load, at);
    else if (event.kind() == Kind::ClockStepped)
      fold::set_clock(memory_);
    else if (event.kind() == Kind::CorrectionRecorded)
      fold::begin_anew(memory_);
    else if (const auto* reading = event.as<fb::ReadingRecorded>())
      read(*reading, at);
  }

  [[nodiscard]] std::vector<ForecastScore> scores() const {
    std::vector<ForecastScore> scores;
    for (const auto& each : sums_)
      scores.push_back(
          {std::get<0>(each.first), std::get<1>(each.first), std::get<2>(each.first), each.second});
    return scores;
  }

 private:
  void read(const fb::ReadingRecorded& reading, UtcTime at) {
    const bool of_month = period_.holds(memory_.pv_meter.quarter);
    for (const fold::ScoreRow& row : fold::judge(memory_, reading, at))
      if (of_month) sums_[{row.of, row.source, row.horizon}] += row.score;
  }

  Period period_;
  fold::ScoresMemory memory_;
  std::map<std::tuple<fold::Scored, std::string, std::size_t>, fold::Score> sums_;
};

}  // namespace

Result<void> judge_forecasts(const log::Snapshot& snapshot, Report& report) {
  Judge judge(report.period);
  WATTLEDGER_TRY(scan_occurred_on(snapshot, report.period.from - told_ahead,
                                  report.period.to + behind,
                                  [&](const log::RecordView& record) -> Result<bool> {
                                    judge.record(record.event);
                                    return true;
                                  }));
  report.forecasts = judge.scores();
  return {};
}

}  // namespace wattledger::tool
