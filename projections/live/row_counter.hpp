// What a rebuild derived, counted as a target of the same pass, to hold the finished files against.
// Inside this part only.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "events/catalogue.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/json_projector.hpp"
#include "projections/projector.hpp"
#include "projections/sqlite/sqlite_imported_rows.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "projections/sqlite/sqlite_rows.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::projections {

// Rows that retention cuts in the end need not be written, nor have their texts, when it is known
// before the pass which ones: that is most of a long log's work.
struct Foresight {
  UtcTime states_from = UtcTime::min();
  UtcTime files_from = UtcTime::min();
};

// How many different keys there were, in little memory when they come in order.
template <class Key>
class Distinct {
 public:
  void add(const Key& key) {
    if (keys_.empty() || keys_.back() != key) keys_.push_back(key);
  }
  [[nodiscard]] std::uint64_t count() const {
    std::vector<Key> sorted = keys_;
    std::sort(sorted.begin(), sorted.end());
    return static_cast<std::uint64_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
  }

 private:
  std::vector<Key> keys_;
};

template <class Group, class Key>
std::uint64_t counted(const std::map<Group, Distinct<Key>>& groups) {
  std::uint64_t all = 0;
  for (const auto& [group, keys] : groups) all += keys.count();
  return all;
}

class Counter final : public Projector {
 public:
  Counter(const Foresight& foresight, bool keep_all) : foresight_(foresight), keep_all_(keep_all) {}
  [[nodiscard]] std::string_view name() const override { return "count"; }
  [[nodiscard]] std::uint32_t version() const override { return 1; }
  [[nodiscard]] fold::RowTexts texts() const override { return {UtcTime::max(), UtcTime::max()}; }
  [[nodiscard]] Result<std::optional<Checkpoint>> checkpoint() override { return checkpoint_; }
  Result<void> apply(const std::optional<Checkpoint>& /*before*/, const Checkpoint& after,
                     std::span<const fold::LegacyRow> rows) override {
    for (const fold::LegacyRow& row : rows) count(row);
    derived += rows.size();
    checkpoint_ = after;
    return {};
  }
  Result<void> settle() override { return {}; }
  Result<void> adopt(const std::filesystem::path& /*staged*/,
                     const std::filesystem::path& /*before*/) override {
    return fail(ErrorKind::unsupported, "counts are not adopted");
  }

  // Wall-clock times that go back (a clock set back, another zone, an import) may give
  // energy_data's key twice, and the later row takes the place of the earlier: there are then at
  // most as many.
  [[nodiscard]] bool exact(const std::string& table) const {
    return table != "energy_data" || energy_ordered_;
  }
  // Rows of each table that retention leaves.
  [[nodiscard]] std::map<std::string, std::uint64_t> expected(std::uint32_t schema) const {
    std::uint64_t states = 0;
    for (auto day = states_.lower_bound(state_cut()); day != states_.end(); ++day)
      states += day->second;
    std::map<std::string, std::uint64_t> rows{
        {"energy_data", energy_},
        {"system_state", states + imported_states_.count()},
        {"coordinator_decisions", decisions_ + imported_decisions_.size()},
        {"charging_sessions", charges_.size() + unnamed_charges_},
        {"battery_selling_sessions", sales_.size() + unnamed_sales_},
        {"weather_data", weather_.size()},
        {"price_forecasts", counted(price_hours_) + unkeyed_prices_},
        {"pv_forecasts", counted(pv_hours_) + unkeyed_pv_}};
    if (schema < sqlite::schema_with_ours) return rows;
    using Does = fold::OperationRow::Does;
    rows.insert({{"hourly_stats", hours_.count()},
                 {"market_prices", counted(prices_)},
                 {"decision_audit", decisions_},
                 {"commands", told(Does::issue_command)},
                 {"faults", told(Does::raise_fault)},
                 {"alerts", told(Does::raise_alert)},
                 {"source_outages", told(Does::fail_source)},
                 {"policies", told(Does::adopt_policy)},
                 {"reports", told(Does::make_report)},
                 {"sessions_measured", sessions_.size()},
                 {"changes", told(Does::start_change)},
                 {"backups", told(Does::take_backup) + drilled_elsewhere_},
                 {"system_stats", told(Does::measure_system)},
                 {"data_quality", quality_days_.count()},
                 {"forecast_scores", scores_.size()}});
    return rows;
  }
  // Whether retention cuts all that was not written.
  [[nodiscard]] bool foreseen() const {
    return (!unwritten_state_ ||
            iso_text(*unwritten_state_) <
                sqlite::retention_cut(newest_state_, SqliteOptions{}.system_state_days)) &&
           (unwritten_day_.empty() || unwritten_day_ < earlier_day(newest_day_, json_days_kept));
  }
  [[nodiscard]] Digest root() const { return checkpoint_ ? checkpoint_->root : Digest{}; }
  std::uint64_t derived = 0;

 private:
  void count(const fold::LegacyRow& row) {
    if (in_day_files(row)) {
      const std::string& day = day_.of(row.local);
      newest_day_ = std::max(newest_day_, day);
      if (row.at < foresight_.files_from) unwritten_day_ = std::max(unwritten_day_, day);
    }
    std::visit(
        Overloaded{
            [&](const fold::EnergyRow& energy) { count_energy(energy.timestamp); },
            [&](const fold::ImportedRow& imported) {
              if (imported.record.form == fb::LegacyForm::row) count(row, imported);
            },
            [&](const fold::SystemStateRow& state) {
              if (row.at < foresight_.states_from) {
                unwritten_state_ = std::max(unwritten_state_.value_or(row.local), row.local);
                return;
              }
              ++states_[day_.of(row.local)];
              newest_state_ = std::max(newest_state_, state.timestamp);
            },
            [&](const fold::DecisionRow&) { ++decisions_; },
            [&](const fold::SessionRow& session) {
              (session.selling ? sales_ : charges_).insert(session.session_id);
            },
            [&](const fold::DailyPlanRow&) {}, [&](const fold::FileRow&) {},
            [&](const fold::WeatherRow& weather) { weather_.insert(weather.timestamp); },
            [&](const fold::ForecastRow& hour) {
              (hour.of == fold::ForecastRow::Of::price ? price_hours_ : pv_hours_)[hour.source].add(
                  hour.hour);
            },
            [&](const fold::EnergyHourRow& hour) { hours_.add(hour.start); },
            [&](const fold::MarketPriceRow& price) { prices_[price.kind].add(price.start); },
            [&](const fold::DecisionAuditRow&) {},
            [&](const fold::OperationRow& operation) { count(operation); },
            [&](const fold::QualityRow& reading) { quality_days_.add(reading.day); },
            [&](const fold::DayQualityRow& part) { quality_days_.add(part.day); },
            [&](const fold::ScoreRow& score) {
              scores_.insert({score.of, score.source, score.horizon});
            },
            [&](const fold::ClockSetRow&) { set_clock(day_.of(row.local)); }},
        row.row);
  }
  void count_energy(const std::string& timestamp) {
    ++energy_;
    energy_ordered_ = energy_ordered_ && timestamp > newest_energy_;
    newest_energy_ = std::max(newest_energy_, timestamp);
  }
  void count(const fold::LegacyRow& row, const fold::ImportedRow& imported) {
    const fold::LegacyRecord& record = imported.record;
    const auto text = [&](std::string_view column) {
      return sqlite::imported_text(record, column).value_or("");
    };
    const auto id = [&] {
      return sqlite::imported_integer(record, "id")
          .value_or(sqlite::born_ids_from + static_cast<std::int64_t>(row.sequence.value));
    };
    if (record.place == "energy_data") {
      count_energy(text("timestamp"));
    } else if (record.place == "system_state") {
      imported_states_.add(id());
    } else if (record.place == "coordinator_decisions") {
      imported_decisions_.insert(id());
      if (imported.replaces)
        imported_decisions_.erase(sqlite::born_ids_from +
                                  static_cast<std::int64_t>(imported.replaces->value));
    } else if (record.place == "charging_sessions") {
      count_session(record, charges_, unnamed_charges_);
    } else if (record.place == "battery_selling_sessions") {
      count_session(record, sales_, unnamed_sales_);
    } else if (record.place == "weather_data") {
      weather_.insert(text("timestamp"));
    } else {
      const bool price = record.place == "price_forecasts";
      count_forecast(record, price ? price_hours_ : pv_hours_,
                     price ? unkeyed_prices_ : unkeyed_pv_);
    }
  }
  // A key with NULL in it is never twice the same.
  static void count_session(const fold::LegacyRecord& record, std::set<std::string>& sessions,
                            std::uint64_t& unnamed) {
    if (auto session = sqlite::imported_text(record, "session_id")) {
      sessions.insert(*std::move(session));
    } else {
      ++unnamed;
    }
  }
  void count_forecast(const fold::LegacyRecord& record,
                      std::map<std::string, Distinct<LocalTime>>& hours, std::uint64_t& unkeyed) {
    const auto source = sqlite::imported_text(record, "source");
    const auto hour = sqlite::imported_integer(record, "hour");
    const auto date = sqlite::imported_text(record, "forecast_date");
    const auto day = parse_time(date.value_or(""), {});
    const bool keyed = source && hour && date;
    if (keyed && day && date->size() == 10 && *hour >= 0 && *hour <= 23) {
      hours[*source].add(LocalTime(day->time_since_epoch() + std::chrono::hours(*hour)));
      return;
    }
    // A key that no forecast of ours has.
    const bool fresh =
        !keyed ||
        odd_forecasts_.insert({record.place, *date, std::to_string(*hour), *source}).second;
    unkeyed += fresh ? 1U : 0U;
  }
  [[nodiscard]] std::string state_cut() const {
    return keep_all_ ? std::string()
                     : sqlite::retention_cut(newest_state_, SqliteOptions{}.system_state_days);
  }
  // As the two targets do it.
  void set_clock(const std::string& day) {
    if (keep_all_) return;
    newest_day_ = std::min(newest_day_, day);
    states_.erase(states_.begin(), states_.lower_bound(state_cut()));
    states_.erase(states_.upper_bound(day), states_.end());
    newest_state_ = states_.empty() ? std::string() : states_.rbegin()->first;
  }
  void count(const fold::OperationRow& row) {
    ++operations_[row.does];
    if (row.does == fold::OperationRow::Does::tell_session)
      sessions_.insert({row.cells.at(0), row.cells.at(1)});
    if (row.does == fold::OperationRow::Does::take_backup) backups_.insert(row.cells.at(0));
    if (row.does == fold::OperationRow::Does::drill_backup)
      drilled_elsewhere_ += backups_.insert(row.cells.at(0)).second ? 1U : 0U;
  }
  [[nodiscard]] std::uint64_t told(fold::OperationRow::Does what) const {
    const auto found = operations_.find(what);
    return found == operations_.end() ? 0 : found->second;
  }
  Foresight foresight_;
  bool keep_all_;
  std::optional<Checkpoint> checkpoint_;
  std::uint64_t energy_ = 0;
  std::string newest_energy_;
  bool energy_ordered_ = true;
  std::uint64_t decisions_ = 0;
  std::set<std::string> charges_, sales_, weather_;
  std::map<std::string, Distinct<LocalTime>> price_hours_, pv_hours_;
  std::uint64_t unkeyed_prices_ = 0, unkeyed_pv_ = 0, unnamed_charges_ = 0, unnamed_sales_ = 0;
  std::set<std::array<std::string, 4>> odd_forecasts_;
  Distinct<std::int64_t> imported_states_;
  std::set<std::int64_t> imported_decisions_;
  std::map<std::string, std::uint64_t> states_;  // by day
  std::string newest_state_, newest_day_;
  std::optional<LocalTime> unwritten_state_;  // the newest of what was not written
  std::string unwritten_day_;                 // and its day, of files
  DayText day_;
  Distinct<UtcTime> hours_;
  std::map<fold::OperationRow::Does, std::uint64_t> operations_;
  std::set<std::pair<fold::Cell, fold::Cell>> sessions_;
  std::set<fold::Cell> backups_;
  std::uint64_t drilled_elsewhere_ = 0;
  Distinct<std::chrono::local_days> quality_days_;
  std::map<fb::PriceKind, Distinct<UtcTime>> prices_;
  std::set<std::tuple<fold::Scored, std::string, std::size_t>> scores_;
};

}  // namespace wattledger::projections
