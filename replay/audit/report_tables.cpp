// The tables of a report.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "replay/audit/chart.hpp"
#include "replay/audit/report_parts.hpp"

namespace wattledger::tool {
namespace {

// Rows as they come; the first `words_first` columns are words, the others numbers.
class Table {
 public:
  explicit Table(std::size_t words_first) : words_first_(words_first) {}
  void head(const std::vector<std::string>& names) {
    html_ += "<thead><tr>";
    for (std::size_t i = 0; i < names.size(); ++i)
      html_ += fmt::format("<th{}>{}</th>", number_class(i), escaped(names[i]));
    html_ += "</tr></thead>\n<tbody>\n";
  }
  // Cells are HTML already.
  void row(const std::vector<std::string>& cells, const char* css = "") {
    html_ += *css == '\0' ? "<tr>" : fmt::format("<tr class=\"{}\">", css);
    for (std::size_t i = 0; i < cells.size(); ++i)
      html_ += fmt::format("<td{}>{}</td>", number_class(i), cells[i]);
    html_ += "</tr>\n";
  }
  [[nodiscard]] std::string html() const {
    return "<div class=\"wide\"><table>\n" + html_ + "</tbody></table></div>\n";
  }

 private:
  [[nodiscard]] const char* number_class(std::size_t column) const {
    return column < words_first_ ? "" : " class=\"n\"";
  }
  std::size_t words_first_;
  std::string html_;
};

std::string with(const ReportWords& words, Say id, const std::string& what) {
  return words.say(id, what);
}

std::string money_or_dash(const ReportWords& words, std::optional<std::int64_t> e8) {
  return e8 ? words.money(*e8) : unknown_text;
}

std::string kwh_or_dash(const ReportWords& words, std::optional<std::int64_t> mwh) {
  return mwh ? words.kwh(*mwh) : unknown_text;
}

// Per kWh; unknown of no energy.
std::string price_or_dash(const ReportWords& words, std::int64_t e8, std::int64_t mwh) {
  if (mwh <= 0) return unknown_text;
  return words.number(static_cast<double>(e8) / 1e2 / static_cast<double>(mwh), 3);
}

std::string untold(const ReportWords& words, std::uint64_t count) {
  return count == 0 ? "" : paragraph(words.say(Say::untold, count), "note");
}

std::vector<std::string> day_cells(const ReportWords& words, const std::string& name,
                                   const ReportDay& day) {
  const fold::EnergySums& sums = day.sums;
  const auto kwh = [&](std::int64_t mwh) {
    return sums.covered_s == 0 ? std::string(unknown_text) : words.kwh(mwh);
  };
  return {name,
          kwh(sums.load_mwh),
          kwh(sums.pv_mwh),
          kwh(sums.import_mwh),
          kwh(sums.export_mwh),
          kwh(sums.charge_mwh),
          kwh(sums.discharge_mwh),
          money_or_dash(words, day.paid_e8()),
          money_or_dash(words, day.saved_e8()),
          std::to_string(day.decisions)};
}

std::string way_name(const ReportWords& words, const Way& way) {
  switch (way.kind) {
    case WayKind::recorded:
      return words.say(Say::way_recorded);
    case WayKind::model:
      return words.say(Say::way_model);
    case WayKind::self_use:
      return words.say(Say::way_self_use);
    case WayKind::no_battery:
      return words.say(Say::way_no_battery);
    case WayKind::foresight:
      return words.say(Say::way_foresight);
    case WayKind::policy:
      break;
  }
  return way.name;
}

std::vector<const Way*> ways_in_order(const WhatIf& what_if) {
  std::vector<const Way*> ways;
  for (const WayKind kind : {WayKind::recorded, WayKind::model, WayKind::policy, WayKind::self_use,
                             WayKind::no_battery, WayKind::foresight})
    for (const Way& each : what_if.ways)
      if (each.kind == kind) ways.push_back(&each);
  return ways;
}

double less_than_none(const WhatIf& what_if, const Way& way) {
  return what_if.cost(what_if.way(WayKind::no_battery)->total) - what_if.cost(way.total);
}

std::string ways_table(const WhatIf& what_if, const ReportWords& words) {
  const std::string& currency = what_if.house.currency;
  const auto ways = ways_in_order(what_if);
  double most = 0.01;
  for (const Way* way : ways) most = std::max(most, std::abs(less_than_none(what_if, *way)));
  Table table(1);
  table.head({words.say(Say::way), with(words, Say::col_cost, currency),
              words.say(Say::col_against_none), "", words.say(Say::kwh_bought),
              words.say(Say::kwh_sold), words.say(Say::kwh_in), words.say(Say::col_cycles),
              words.say(Say::col_modes)});
  for (const Way* way : ways) {
    const DaySums& sums = way->total;
    const double less = less_than_none(what_if, *way);
    const auto modes = what_if.modes_a_day(*way);
    table.row(
        {escaped(way_name(words, *way)), words.number(what_if.cost(sums), 2), words.number(less, 2),
         fmt::format("<i class=\"bar {}\" style=\"width:{:.1f}%\"></i>",
                     less < 0 ? "k-lost" : "k-saved", 100 * std::abs(less) / most),
         words.number(sums.flows.bought / 1e3, 1), words.number(sums.flows.sold / 1e3, 1),
         words.number(sums.flows.charged / 1e3, 1),
         words.number(sums.flows.taken_out / what_if.battery.model.capacity_wh, 1),
         modes ? words.number(*modes, 1) : unknown_text},
        way->kind == WayKind::recorded ? "strong" : "");
  }
  return table.html();
}

std::string verdict(const WhatIf& what_if, const ReportWords& words) {
  const Way &other = what_if.ways[what_if.other], &base = what_if.ways[what_if.base];
  const double more = what_if.cost(other.total) - what_if.cost(base.total);
  const double band = day_error(what_if).band;
  const std::string& currency = what_if.house.currency;
  const std::string name = way_name(words, other);
  if (std::abs(more) < 0.005) return words.say(Say::ways_verdict_same, name);
  std::string text = words.say(more < 0 ? Say::ways_verdict_less : Say::ways_verdict_more, name,
                               words.number(std::abs(more), 2), currency);
  if (std::abs(more) <= band)
    text += " " + words.say(Say::ways_band, words.number(band, 2), currency);
  return text;
}

std::vector<std::string> assumptions(const WhatIf& what_if, const ReportWords& words) {
  const BatteryModel& model = what_if.battery.model;
  const DayError error = day_error(what_if);
  const std::string& currency = what_if.house.currency;
  std::vector<std::string> lines;
  lines.push_back(
      words.say(Say::ways_battery, words.number(model.capacity_wh / 1e3, 1),
                words.number(100 * model.charge_efficiency * model.discharge_efficiency, 1),
                words.number(model.charge_max_w / 1e3, 1),
                words.number(model.discharge_max_w / 1e3, 1), words.number(100 * model.floor, 0)));
  lines.back() +=
      " " + (what_if.battery.fitted ? words.say(Say::ways_battery_fitted, what_if.battery.windows)
                                    : words.say(Say::ways_battery_policy));
  lines.push_back(words.say(Say::ways_error, words.number(error.cost_rms, 2), currency,
                            words.number(error.band, 2)));
  lines.push_back(words.say(Say::ways_cost, words.number(per_kwh(what_if.house.wear), 2), currency,
                            words.number(what_if.stored_value, 4)));
  lines.push_back(words.say(Say::ways_past));
  lines.push_back(words.say(Say::ways_known));
  lines.push_back(
      words.say(what_if.foresight_missing ? Say::ways_no_foresight : Say::ways_foresight));
  return lines;
}

Say end_of(fb::SessionChange change) {
  if (change == fb::SessionChange::completed) return Say::end_completed;
  return change == fb::SessionChange::cancelled ? Say::end_cancelled : Say::end_failed;
}

std::string session_times(const Report& report, const ReportSession& each) {
  const std::string from =
      each.started ? minute_text(*each.started, report.zone) : std::string(unknown_text);
  if (!each.ended) return from;
  const std::string to = minute_text(*each.ended, report.zone);
  return from + " – " + (to.substr(0, 10) == from.substr(0, 10) ? to.substr(11) : to);
}

std::vector<std::string> session_cells(const Report& report, const ReportWords& words,
                                       const ReportSession& each) {
  const auto percent = [&](std::optional<std::int64_t> bp) {
    return bp ? words.number(static_cast<double>(*bp) / 100, 0) : std::string(unknown_text);
  };
  return {words.say(each.is_sale ? Say::session_sale : Say::session_charge),
          session_times(report, each),
          words.say(end_of(each.change)) +
              (each.reason.empty() ? "" : " <small>" + escaped(each.reason) + "</small>"),
          percent(each.soc_from_bp) + " → " + percent(each.soc_to_bp),
          kwh_or_dash(words, each.battery_mwh),
          kwh_or_dash(words, each.grid_mwh),
          money_or_dash(words, each.money_e8),
          price_or_dash(words, each.money_e8.value_or(0),
                        each.money_e8 ? each.grid_mwh.value_or(0) : 0),
          std::to_string(each.sequence.value)};
}

std::vector<std::string> session_sum_cells(const ReportWords& words, bool is_sale,
                                           const SessionSums& sums) {
  return {words.say(is_sale ? Say::session_sales : Say::session_charges),
          std::to_string(sums.count),
          kwh_or_dash(words, sums.battery_mwh),
          kwh_or_dash(words, sums.grid_mwh),
          money_or_dash(words, sums.money_e8),
          price_or_dash(words, sums.priced_e8, sums.priced_mwh)};
}

// "0–1", "24–48"
std::string hours_ahead(std::size_t horizon) {
  const int from = horizon == 0 ? 0 : fold::horizon_ends_h[horizon - 1];
  return fmt::format("{}–{}", from, fold::horizon_ends_h[horizon]);
}

}  // namespace

std::string days_table(const Report& report, const ReportWords& words) {
  Table table(1);
  table.head({words.say(Say::day), words.say(Say::kwh_used), words.say(Say::kwh_sun),
              words.say(Say::kwh_bought), words.say(Say::kwh_sold), words.say(Say::kwh_in),
              words.say(Say::kwh_out), with(words, Say::col_paid, report.currency),
              with(words, Say::col_saved, report.currency), words.say(Say::col_decisions)});
  for (std::size_t i = 0; i < report.days.size(); ++i)
    table.row(day_cells(words, words.short_day(report.month.first() + static_cast<int>(i)),
                        report.days[i]));
  table.row(day_cells(words, words.say(Say::total), report.total()), "strong");
  return table.html();
}

std::string ways_part(const Report& report, const ReportWords& words) {
  if (!report.what_if)
    return report.what_if_missing.empty()
               ? ""
               : paragraph(words.say(Say::ways_none, report.what_if_missing));
  const WhatIf& what_if = *report.what_if;
  const std::size_t left = what_if.days.size() - what_if.days_kept();
  const std::size_t parts = what_if.days_kept() - what_if.whole_days();
  std::string days =
      words.say(Say::ways_days, what_if.whole_days(), minute_text(what_if.from, what_if.zone),
                minute_text(what_if.to, what_if.zone));
  if (parts > 0) days += " " + words.say(Say::ways_days_parts, parts);
  if (left > 0) days += " " + words.say(Say::ways_days_left, left);
  std::string lines;
  for (const std::string& each : assumptions(what_if, words))
    lines += "<li>" + escaped(each) + "</li>\n";
  return paragraph(verdict(what_if, words)) + paragraph(days, "note") + ways_table(what_if, words) +
         "<ul class=\"note\">\n" + lines + "</ul>\n";
}

std::string sessions_table(const Report& report, const ReportWords& words) {
  if (report.sessions.empty()) return paragraph(words.say(Say::sessions_none));
  Table sums(1);
  sums.head({words.say(Say::session_kind), words.say(Say::session_count),
             words.say(Say::session_battery), words.say(Say::session_grid),
             with(words, Say::session_money, report.currency),
             with(words, Say::session_price, report.currency)});
  if (report.charges.count > 0) sums.row(session_sum_cells(words, false, report.charges));
  if (report.sales.count > 0) sums.row(session_sum_cells(words, true, report.sales));
  Table table(3);
  table.head({words.say(Say::session_kind), words.say(Say::session_when),
              words.say(Say::session_end), words.say(Say::session_soc),
              words.say(Say::session_battery), words.say(Say::session_grid),
              with(words, Say::session_money, report.currency),
              with(words, Say::session_price, report.currency), words.say(Say::record)});
  for (const ReportSession& each : report.sessions) table.row(session_cells(report, words, each));
  return sums.html() + paragraph(words.say(Say::sessions_note), "note") +
         "<details class=\"sessions\"><summary>" +
         words.say(Say::sessions_all, report.charges.count + report.sales.count) + "</summary>\n" +
         table.html() + untold(words, report.sessions_untold) + "</details>\n";
}

std::string forecasts_table(const Report& report, const ReportWords& words) {
  if (report.forecasts.empty()) return paragraph(words.say(Say::forecasts_none));
  Table table(2);
  table.head({words.say(Say::forecast_of), words.say(Say::forecast_source),
              words.say(Say::forecast_ahead), words.say(Say::forecast_quarters),
              words.say(Say::forecast_error), words.say(Say::forecast_bias)});
  const auto watts = [&](std::optional<Watts> value) {
    return value ? words.number(static_cast<double>(value->count()), 0) : unknown_text;
  };
  for (const ForecastScore& each : report.forecasts)
    table.row({words.say(each.of == fold::Scored::pv ? Say::forecast_pv : Say::forecast_load),
               escaped(each.source), hours_ahead(each.horizon), std::to_string(each.score.count),
               watts(each.score.mean_absolute_error()), watts(each.score.bias())});
  return table.html() + paragraph(words.say(Say::forecasts_note), "note");
}

std::string happenings_table(const Report& report, const ReportWords& words) {
  if (report.happenings.empty()) return paragraph(words.say(Say::happenings_none));
  Table table(3);
  table.head({words.say(Say::happening_when), words.say(Say::happening_what),
              words.say(Say::happening_detail), words.say(Say::record)});
  for (const Happening& each : report.happenings)
    table.row(
        {minute_text(each.at, report.zone),
         escaped(words.happening(each.kind)) + (each.what.empty() ? "" : ": " + escaped(each.what)),
         escaped(each.detail), std::to_string(each.sequence.value)});
  return table.html() + untold(words, report.happenings_untold);
}

std::string rules_table(const Report& report, const ReportWords& words) {
  if (report.rules.empty()) return paragraph(words.say(Say::rules_none));
  std::vector<std::pair<fb::Rule, RuleCount>> rules(report.rules.begin(), report.rules.end());
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) {
    return a.second.decisions > b.second.decisions;
  });
  Table table(1);
  table.head({words.say(Say::rule), words.say(Say::col_decisions), words.say(Say::col_confirmed),
              words.say(Say::col_failed), with(words, Say::col_paid, report.currency),
              with(words, Say::col_saved, report.currency)});
  for (const auto& each : rules) {
    const RuleCount& count = each.second;
    const bool priced = count.priced > 0;
    table.row({escaped(words.rule(each.first)), std::to_string(count.decisions),
               std::to_string(count.confirmed), std::to_string(count.failed),
               priced ? words.money(count.paid_e8) : unknown_text,
               priced ? words.money(count.saved_e8) : unknown_text});
  }
  return table.html() + paragraph(words.say(Say::rules_note), "note");
}

}  // namespace wattledger::tool
