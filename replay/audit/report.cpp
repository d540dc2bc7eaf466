#include "replay/audit/report.hpp"

#include <fmt/format.h>

#include <charconv>

#include "log/prove.hpp"
#include "replay/audit/remake_ranges.hpp"
#include "replay/audit/report_forecasts.hpp"
#include "replay/audit/report_month.hpp"
#include "replay/audit/state_at.hpp"
#include "replay/audit/witness.hpp"
#include "replay/decision_words.hpp"
#include "replay/place.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

// The meter's reading before the month's first, and prices told while it was young.
constexpr std::chrono::hours lead{1};

std::chrono::year_month of(const Month& month) {
  return std::chrono::year(month.year) / std::chrono::month(month.month);
}

std::int32_t day_number(std::chrono::year_month_day date) {
  return static_cast<std::int32_t>(std::chrono::local_days(date).time_since_epoch().count());
}

Result<void> read_month(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                        Report& report) {
  const UtcTime from = report.period.from - lead;
  const auto first = snapshot.first_recorded_at_or_after(from);
  if (!first) return Failure(first.error());
  auto state = state_at(snapshot, cache, Sequence{first->value - 1});
  if (!state) return Failure(state.error());
  MonthReader reader(report, *std::move(state));
  WATTLEDGER_TRY(scan_occurred_on(snapshot, from, report.period.to + in_force_max,
                                  [&](const log::RecordView& record) -> Result<bool> {
                                    if (record.sequence <= report.head) reader.record(record);
                                    return true;
                                  }));
  reader.finish();
  return {};
}

Result<void> find_ends(const log::Snapshot& snapshot, Report& report) {
  report.demo = snapshot.meta().demo;
  // That an earlier report was made is no news of the house: the page stays the same.
  for (report.head = snapshot.head(); report.head >= snapshot.first(); --report.head.value) {
    if (report.head.value == 0) return {};
    const auto last = snapshot.at(report.head);
    if (!last && !is_damage(last.error())) return Failure(last.error());
    if (!last) break;
    report.head_at = last->recorded_at;
    if (last->event.kind() != Kind::ReportMade) break;
  }
  if (const auto root = log::root_at(snapshot, report.head.value)) report.root = *root;
  // An archive whose segment is elsewhere has no first record here.
  if (const auto first = snapshot.at(snapshot.first()))
    report.log_begins = first->event.occurred_at();
  return {};
}

void find_roots(const log::Snapshot& snapshot, RecordRange& range) {
  if (range.records == 0) return;
  if (range.first.value > 1)
    if (const auto root = log::root_at(snapshot, range.first.value - 1)) range.before = *root;
  if (const auto root = log::root_at(snapshot, range.last.value)) range.upto = *root;
}

// The newest decision of the month that a signed checkpoint covers.
Result<std::optional<DecisionProof>> prove_last(const log::Snapshot& snapshot,
                                                const Report& report) {
  if (!report.integrity.newest || report.range.records == 0) return std::nullopt;
  Sequence found;
  WATTLEDGER_TRY(scan_occurred_on(snapshot, report.period.from, report.period.to,
                                  [&](const log::RecordView& record) -> Result<bool> {
                                    const bool covered =
                                        record.sequence.value <= report.integrity.newest->size;
                                    if (covered && record.event.kind() == Kind::DecisionMade)
                                      found = record.sequence;
                                    return covered;
                                  }));
  if (found.value == 0) return std::nullopt;
  const auto record = snapshot.at(found);
  if (!record) return Failure(record.error());
  const auto words = decision_words(*record);
  const auto proof = log::prove_inclusion(snapshot, found, std::nullopt);
  if (!words || !proof) return std::nullopt;  // what keeps it from being proven is found by verify
  return DecisionProof{found, *words + log::proof_text(*proof)};
}

}  // namespace

Result<Month> parse_month(const std::string& text) {
  Month month;
  const char* begin = text.data();
  const bool shaped = text.size() == 7 && text[4] == '-';
  if (shaped) {
    const auto year = std::from_chars(begin, begin + 4, month.year);
    const auto number = std::from_chars(begin + 5, begin + 7, month.month);
    if (year.ptr == begin + 4 && number.ptr == begin + 7 && month.year >= 1970 && of(month).ok())
      return month;
  }
  return fail(ErrorKind::invalid_input, "\"" + text + "\" is no month", "write it as 2025-11");
}

std::string Month::text() const { return fmt::format("{:04}-{:02}", year, month); }

std::int32_t Month::first() const { return day_number(of(*this) / 1); }

std::int32_t Month::behind() const { return day_number((of(*this) + std::chrono::months(1)) / 1); }

Period Month::period(const ZoneOffsets& zone) const {
  const auto at = [&](std::int32_t day) { return zone.to_utc(LocalTime(std::chrono::days(day))); };
  return {at(first()), at(behind())};
}

std::optional<std::int64_t> ReportDay::paid_e8() const {
  if (sums.priced_s == 0) return std::nullopt;
  return sums.import_cost_e8 - sums.export_revenue_e8;
}

std::optional<std::int64_t> ReportDay::saved_e8() const {
  if (sums.priced_s == 0) return std::nullopt;
  return without_battery_e8 - *paid_e8();
}

void SessionSums::add(const ReportSession& session) {
  ++count;
  const auto take = [](std::optional<std::int64_t>& sum, std::optional<std::int64_t> more) {
    if (more) sum = sum.value_or(0) + *more;
  };
  take(battery_mwh, session.battery_mwh);
  take(grid_mwh, session.grid_mwh);
  take(money_e8, session.money_e8);
  if (!session.money_e8 || !session.grid_mwh) return;
  priced_mwh += *session.grid_mwh;
  priced_e8 += *session.money_e8;
}

ReportDay Report::total() const {
  ReportDay sum;
  for (const ReportDay& day : days) {
    sum.sums += day.sums;
    sum.without_battery_e8 += day.without_battery_e8;
    sum.decisions += day.decisions;
  }
  return sum;
}

std::uint64_t Report::decisions() const {
  std::uint64_t count = imported_decisions;
  for (const std::uint64_t each : by_mode) count += each;
  return count;
}

Result<Report> make_report(const log::Log& log, const log::Snapshot& snapshot,
                           const projections::FoldCache& cache, const ReportWish& wish,
                           const std::function<void(Sequence, Sequence)>& progress) {
  Report report;
  report.month = wish.month;
  report.zone = house_zone(snapshot);
  report.period = wish.month.period(report.zone);
  report.days.resize(static_cast<std::size_t>(wish.month.behind() - wish.month.first()));
  report.quarters.resize(
      static_cast<std::size_t>((report.period.to - report.period.from) / quarter_length));
  WATTLEDGER_TRY(find_ends(snapshot, report));
  WATTLEDGER_TRY(read_month(snapshot, cache, report));
  WATTLEDGER_TRY(judge_forecasts(snapshot, report));
  if (report.readings > report.imported_readings) {
    auto lived = what_if(log, cache, report.period, wish.other, std::nullopt, progress);
    if (lived)
      report.what_if = *std::move(lived);
    else if (lived.error().kind == ErrorKind::not_found)
      report.what_if_missing = lived.error().what;
    else
      return Failure(lived.error());
  }
  const auto place = place_of(snapshot, report.period);
  if (!place) return Failure(place.error());
  auto witnessed = witnessed_start(snapshot, cache, wish.key, place->before);
  if (!witnessed) return Failure(witnessed.error());
  RangesOptions ranges;
  ranges.jobs = wish.jobs;
  ranges.start = std::move(witnessed->start);
  ranges.to = place->to;
  const auto remade = remake_in_ranges(
      log, snapshot, report.period, ranges, [](const Remade&) {},
      [&](Sequence done) { progress(done, snapshot.head()); });
  if (!remade) return Failure(remade.error());
  report.remade = *remade;
  IntegrityOptions integrity;
  integrity.threads = wish.jobs;
  integrity.key = wish.key;
  auto checked = check_integrity(snapshot, integrity);
  if (!checked) return Failure(checked.error());
  report.integrity = *std::move(checked);
  find_roots(snapshot, report.range);
  auto proof = prove_last(snapshot, report);
  if (!proof) return Failure(proof.error());
  report.proof = *std::move(proof);
  return report;
}

}  // namespace wattledger::tool
