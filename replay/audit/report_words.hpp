// What a report says, in both languages, and how it writes numbers and days.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "events/time.hpp"
#include "projections/fold/language.hpp"
#include "replay/audit/report.hpp"

namespace wattledger::tool {

// Each has one row in report_table.cpp; {0}, {1} stand for what say() is given.
enum class Say {
  // clang-format off
  title, house, house_unnamed, month, currency, control, policy, made_from, made_from_empty, control_on, control_advise, control_off,
  measured, measured_hours, demo, corrected, used, mean_price,
  empty, in_progress, begins_late, days_missing, no_prices, some_prices, imported,
  figure_paid, figure_saved, figure_through, figure_cycles,
  came_to, bought, bought_unpriced, sold, sold_unpriced, paid, earned, saved_none, cost_none, saved_self, cost_self, self_unknown, battery, cycles,
  modes, daily, daily_axis, daily_legend_saved, daily_legend_lost, daily_note, daily_none,
  charts, charts_note, price_axis, soc_axis, power_axis, strip, act_charge, act_hold, act_self_use, act_sell, act_stop, legend_in, legend_out,
  day_by_day, day_sum, day_numbers, day, kwh_used, kwh_sun, kwh_bought, kwh_sold, kwh_in, kwh_out, col_paid, col_saved, col_decisions, total,
  ways, ways_none, ways_verdict_less, ways_verdict_more, ways_verdict_same, ways_band, way, col_cost, col_against_none, col_cycles, col_modes,
  way_recorded, way_model, way_self_use, way_no_battery, way_foresight, ways_days, ways_days_parts, ways_days_left, ways_battery, ways_battery_fitted, ways_battery_policy,
  ways_error, ways_cost, ways_past, ways_known, ways_foresight, ways_no_foresight,
  sessions, sessions_none, session_charge, session_sale, session_kind, session_when, session_soc, session_battery, session_grid, session_money,
  session_price, session_end, end_completed, end_cancelled, end_failed, sessions_note,
  sessions_all, session_count, session_charges, session_sales,
  forecasts, forecasts_none, forecasts_note, forecast_of, forecast_pv, forecast_load, forecast_source, forecast_ahead, forecast_quarters,
  forecast_error, forecast_bias,
  happenings, happenings_none, happening_when, happening_what, happening_detail, record, untold,
  fault_raised, fault_cleared, alert_raised, alert_ended, override_requested, override_ended, correction, source_failed, foreign_change,
  rules, rules_none, rule, col_confirmed, col_failed, rules_note,
  integrity, remade_none, remade_all, remade_differs, remade_other, remade_imported, remade_stopped, log_intact, log_broken, log_root,
  checkpoint, checkpoint_none, signature_valid, signature_unchecked, range, range_roots, range_none, proof, proof_none, proof_how, proof_text,
  reading, read_money, read_battery, read_power, read_tables, read_numbers,
  // clang-format on
};

struct ReportText {
  Say id;
  const char* english;
  const char* polish;
};
[[nodiscard]] std::span<const ReportText> report_texts();

struct RuleName {
  fb::Rule rule;
  const char* english;
  const char* polish;
};
[[nodiscard]] std::span<const RuleName> rule_names();

// Pure but for its language.
class ReportWords {
 public:
  explicit ReportWords(fold::Language language) : language_(language) {}
  [[nodiscard]] fold::Language language() const { return language_; }
  [[nodiscard]] std::string_view operator()(Say id) const;
  // With texts and whole numbers in the places of {0}, {1}, …
  template <class... Args>
  [[nodiscard]] std::string say(Say id, const Args&... args) const {
    return filled(id, {text_of(args)...});
  }
  [[nodiscard]] std::string filled(Say id, const std::vector<std::string>& values) const;
  [[nodiscard]] std::string rule(fb::Rule rule) const;
  [[nodiscard]] std::string action(fb::Action action) const;
  [[nodiscard]] std::string happening(HappeningKind kind) const;
  // "1234.50", "1234,50"; a minus sign, none before a nothing.
  [[nodiscard]] std::string number(double value, int decimals) const;
  [[nodiscard]] std::string kwh(std::int64_t mwh) const { return number(double(mwh) / 1e6, 1); }
  [[nodiscard]] std::string money(std::int64_t e8) const { return number(double(e8) / 1e8, 2); }
  // "November 2025"
  [[nodiscard]] std::string month(const Month& month) const;
  // "Mon 3"
  [[nodiscard]] std::string short_day(std::int32_t day) const;

 private:
  static std::string text_of(std::string_view text) { return std::string(text); }
  static std::string text_of(std::uint64_t count) { return std::to_string(count); }

  fold::Language language_;
};

// "2025-11-03", from local days since 1970
[[nodiscard]] std::string day_text(std::int32_t day);
// "2025-11-03 14:05", local
[[nodiscard]] std::string minute_text(UtcTime at, const ZoneOffsets& zone);

}  // namespace wattledger::tool
