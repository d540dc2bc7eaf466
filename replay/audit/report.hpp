// A month of a house as plain values: what the meter counted, what was decided, what happened, what
// other ways of running the battery would have cost, and whether the log it all stands in holds.
// Gathered here; told by report_html(). The same log, month, policy and program give the same.
//
// The log is streamed; kept are sums per day, one point per quarter of an hour, and at most
// report_rows_max rows of each table.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "projections/fold/language.hpp"
#include "projections/fold/score_rows.hpp"
#include "projections/fold_cache.hpp"
#include "replay/audit/integrity.hpp"
#include "replay/audit/outcome.hpp"
#include "replay/audit/period.hpp"
#include "replay/audit/remake.hpp"
#include "replay/audit/what_if.hpp"

namespace wattledger::tool {

inline constexpr std::size_t report_rows_max = 300;
inline constexpr std::chrono::minutes quarter_length{15};

// A local calendar month. parse_month() reads "2025-11"; invalid_input, saying how it is written.
struct Month {
  int year = 0;
  unsigned month = 0;
  [[nodiscard]] std::string text() const;     // "2025-11"
  [[nodiscard]] std::int32_t first() const;   // local day since 1970
  [[nodiscard]] std::int32_t behind() const;  // the first day of the next
  [[nodiscard]] Period period(const ZoneOffsets& zone) const;
};
[[nodiscard]] Result<Month> parse_month(const std::string& text);

struct ReportDay {
  fold::EnergySums sums;
  std::int64_t without_battery_e8 = 0;
  std::uint32_t decisions = 0;
  // Nothing where no price of the day is known.
  [[nodiscard]] std::optional<std::int64_t> paid_e8() const;
  [[nodiscard]] std::optional<std::int64_t> saved_e8() const;
};

struct ReportQuarter {
  std::optional<double> price;  // final, per kWh
  std::optional<double> soc_pct;
  std::optional<double> battery_w;  // mean of the readings; + is discharge
  double power_sum = 0;
  std::uint32_t readings = 0;
  std::optional<fb::Action> action;  // the last one decided in it
};

struct RuleCount {
  std::uint64_t decisions = 0, confirmed = 0, failed = 0;
  std::uint64_t priced = 0;  // of them, with a known price
  std::int64_t paid_e8 = 0, saved_e8 = 0;
};

struct ReportSession {
  bool is_sale = false;
  fb::SessionChange change = fb::SessionChange::completed;
  Sequence sequence;
  std::string name, reason;
  std::optional<UtcTime> started, ended;
  std::optional<std::int64_t> soc_from_bp, soc_to_bp, battery_mwh, grid_mwh, money_e8;
  std::uint32_t unmetered_s = 0, unpriced_s = 0;
};

// Of all charges or all sales, what is known of any. The price rests on those that tell both.
struct SessionSums {
  std::uint64_t count = 0;
  std::optional<std::int64_t> battery_mwh, grid_mwh, money_e8;
  std::int64_t priced_mwh = 0, priced_e8 = 0;
  void add(const ReportSession& session);
};

enum class HappeningKind {
  fault_raised,
  fault_cleared,
  alert_raised,
  alert_ended,
  override_requested,
  override_ended,
  correction,
  source_failed,
  foreign_change
};

struct Happening {
  HappeningKind kind = HappeningKind::fault_raised;
  Sequence sequence;
  UtcTime at;
  std::string what, detail;
};

// Which records the month's facts are, and the trees they stand between.
struct RecordRange {
  Sequence first, last;
  std::uint64_t records = 0;           // of the month
  std::optional<Digest> before, upto;  // roots of the log's first `first`-1 and `last` records
};

// How far a source's forecasts of one class of horizons were from what came in the month.
struct ForecastScore {
  fold::Scored of = fold::Scored::pv;
  std::string source;
  std::size_t horizon = 0;  // fold::horizon_ends_h
  fold::Score score;
};

struct DecisionProof {
  Sequence decision;
  std::string text;  // as audit prove writes it
};

struct Report {
  Month month;
  Period period;
  ZoneOffsets zone;
  std::string site, currency, policy;
  // Of the log it was made from; reports that were made since change nothing.
  Sequence head;
  UtcTime head_at;
  std::optional<Digest> root;  // of the tree up to it
  bool demo = false;           // a demo's or a simulation's log
  std::optional<UtcTime> log_begins, last_reading;
  std::vector<ReportDay> days;  // of the month, by day
  std::vector<ReportQuarter> quarters;
  std::array<std::uint64_t, 3> by_mode{};  // decisions by fb::ControlMode
  std::uint64_t imported_decisions = 0, imported_readings = 0, readings = 0;
  std::map<fb::Rule, RuleCount> rules;
  std::vector<ReportSession> sessions;
  SessionSums charges, sales;  // untold ones too
  std::vector<Happening> happenings;
  std::uint64_t sessions_untold = 0, happenings_untold = 0;
  std::uint64_t mode_changes = 0;
  std::uint64_t corrections = 0;
  std::vector<ForecastScore> forecasts;  // by kind, source and horizon
  std::optional<std::int64_t> capacity_mwh;
  std::optional<WhatIf> what_if;
  std::string what_if_missing;  // why, where there is none
  RemakeReport remade;
  Integrity integrity;
  RecordRange range;
  std::optional<DecisionProof> proof;

  [[nodiscard]] ReportDay total() const;
  [[nodiscard]] std::uint64_t decisions() const;
};

struct ReportWish {
  Month month;
  WayAsked other;
  std::optional<log::VerifierKey> key;  // the log's own, where it can be read
  unsigned jobs = 1;
};

// `progress`: done and all, of several passes. Errors are those of reading the log.
[[nodiscard]] Result<Report> make_report(const log::Log& log, const log::Snapshot& snapshot,
                                         const projections::FoldCache& cache,
                                         const ReportWish& wish,
                                         const std::function<void(Sequence, Sequence)>& progress);

[[nodiscard]] std::string report_html(const Report& report, fold::Language language);
// Stands in every page: which month it is of.
[[nodiscard]] std::string report_mark(const Month& month);

}  // namespace wattledger::tool
