// A report as one page without scripts and without anything from elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "replay/audit/chart.hpp"
#include "replay/audit/report_parts.hpp"

namespace wattledger::tool {
namespace {

constexpr const char* page_style =
    ":root{color-scheme:light dark}*{box-sizing:border-box}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem 1rem "
    "4rem;"
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}"
    "h1{font-size:1.6rem;line-height:1.2;margin:0 0 1rem}"
    "h2{font-size:1.15rem;margin:2.5rem 0 .6rem;padding-top:.6rem;border-top:1px solid #8886}"
    "p{margin:.4rem 0}ul{padding-left:1.2rem;margin:.4rem 0}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}"
    "dt{opacity:.75}dd{margin:0}"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.8rem;"
    "margin:1.2rem 0}.figures div{border:1px solid #8886;border-radius:.4rem;padding:.6rem .8rem}"
    ".figures b{display:block;font-size:1.5rem;line-height:1.2}.figures span{font-size:.85rem}\n"
    ".warn{border-left:4px solid #d55e00;padding-left:.8rem}"
    ".note,small{font-size:.85rem;opacity:.85}.good{border-left:4px solid #0072b2;"
    "padding-left:.8rem}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "td:first-child{min-width:6rem}th{font-weight:600;vertical-align:bottom}td{vertical-align:top}"
    "td,th{text-align:left;padding:.25rem .9rem .25rem 0;border-bottom:1px solid #8884;"
    "overflow-wrap:normal}"
    ".n{text-align:right;white-space:nowrap;padding-right:0;padding-left:.9rem}"
    "th.n{white-space:normal}.strong td{font-weight:600}"
    ".bar{display:block;height:.8rem;margin-top:.3rem;min-width:1px}"
    "td.n:has(.bar){min-width:8rem}\n"
    ".wide{overflow-x:auto}.wide .chart{min-width:calc(44rem*var(--part,1));"
    "width:calc(100%*var(--part,1))}.week{margin:.8rem 0}"
    ".sessions td:nth-child(2){white-space:nowrap}"
    "summary{cursor:pointer;padding:.25rem 0}code,pre{font:12px/1.4 ui-monospace,monospace}"
    "pre{overflow-x:auto;border:1px solid #8886;padding:.6rem}\n"
    "@media(max-width:40rem){body{padding:1rem .8rem 3rem}"
    ".figures{grid-template-columns:1fr 1fr}dl{grid-template-columns:1fr}dd{margin-bottom:.3rem}}\n"
    "@media "
    "print{html{font-size:11px}body{font-size:1rem;max-width:none;padding:0}h2{break-after:avoid}"
    ".chart,tr,.figures,dl{break-inside:avoid}thead{display:table-header-group}"
    ".wide{overflow:visible}.wide .chart{min-width:0}details:not([open]){display:none}"
    "section:has(>.days:not(:has([open]))){display:none}"
    "rect,.legend i,.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    "a{color:inherit}@page{margin:15mm}}";

std::string fact(const ReportWords& words, Say name, const std::string& value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", words(name), escaped(value));
}

std::string control_text(const Report& report, const ReportWords& words) {
  constexpr Say says[] = {Say::control_off, Say::control_advise, Say::control_on};
  std::string text;
  for (std::size_t mode = std::size(says); mode-- > 0;)
    if (report.by_mode[mode] > 0)
      text += (text.empty() ? "" : ", ") + words.say(says[mode], report.by_mode[mode]);
  return text.empty() ? unknown_text : text;
}

// "719.0 of 745.0 hours": a month of a clock change has one hour more or less.
std::string measured_text(const Report& report, const ReportWords& words) {
  const auto whole =
      std::chrono::duration_cast<std::chrono::seconds>(report.period.to - report.period.from);
  const auto hours = [&](std::int64_t seconds) {
    return words.number(static_cast<double>(seconds) / 3'600, 1);
  };
  return words.say(Say::measured_hours, hours(report.total().sums.covered_s), hours(whole.count()));
}

std::string head(const Report& report, const ReportWords& words) {
  const std::string made = report.head.value == 0
                               ? words.say(Say::made_from_empty)
                               : fmt::format("{} {}, {}", words(Say::record), report.head.value,
                                             minute_text(report.head_at, report.zone));
  return "<h1>" + escaped(words.say(Say::title, words.month(report.month))) + "</h1>\n<dl>\n" +
         fact(words, Say::house,
              report.site.empty() ? words.say(Say::house_unnamed) : report.site) +
         fact(words, Say::month,
              day_text(report.month.first()) + " – " + day_text(report.month.behind() - 1)) +
         fact(words, Say::currency, report.currency.empty() ? unknown_text : report.currency) +
         fact(words, Say::policy, report.policy.empty() ? unknown_text : report.policy) +
         fact(words, Say::control, control_text(report, words)) +
         fact(words, Say::measured, measured_text(report, words)) +
         fact(words, Say::made_from, made) + "</dl>\n";
}

// Days of which an hour and more is missing, inside what is recorded; runs as "3–5".
std::string missing_days(const Report& report) {
  std::string text;
  std::optional<std::size_t> begin;
  const auto close = [&](std::size_t end) {
    if (!begin) return;
    text += (text.empty() ? "" : ", ") + std::to_string(*begin + 1);
    if (end - *begin > 1) text += "–" + std::to_string(end);
    begin.reset();
  };
  const auto covered = [&](std::size_t i) { return report.days[i].sums.covered_s; };
  std::size_t first = 0, last = report.days.size();
  while (first < last && covered(first) == 0) ++first;
  while (last > first && covered(last - 1) == 0) --last;
  for (std::size_t i = first; i < last; ++i) {
    const auto at = [&](std::size_t day) {
      return report.zone.to_utc(
          LocalTime(std::chrono::days(report.month.first() + static_cast<std::int32_t>(day))));
    };
    // What lies before the log's begin and behind its end is told elsewhere.
    const UtcTime from = std::max(at(i), report.log_begins.value_or(at(i)));
    const UtcTime to = std::min(at(i + 1), report.head_at);
    const auto known = std::chrono::seconds(covered(i));
    if (to - from - known >= std::chrono::hours(1)) {
      if (!begin) begin = i;
    } else {
      close(i);
    }
  }
  close(last);
  return text;
}

std::string warnings(const Report& report, const ReportWords& words) {
  std::string html;
  const auto warn = [&](const std::string& text) { html += paragraph(text, "warn"); };
  if (report.demo) warn(words.say(Say::demo));
  if (report.readings == 0 && report.decisions() == 0) {
    warn(words.say(Say::empty));
    return html;
  }
  const auto covered = std::find_if(report.days.begin(), report.days.end(),
                                    [](const auto& day) { return day.sums.covered_s > 0; });
  const auto first_day =
      report.month.first() + static_cast<std::int32_t>(covered - report.days.begin());
  if (covered != report.days.begin() && covered != report.days.end())
    warn(words.say(Say::begins_late, day_text(first_day)));
  if (report.head_at < report.period.to)
    warn(words.say(Say::in_progress, minute_text(report.head_at, report.zone)));
  if (const std::string missing = missing_days(report); !missing.empty())
    warn(words.say(Say::days_missing, missing));
  const fold::EnergySums sums = report.total().sums;
  if (sums.priced_s == 0)
    warn(words.say(Say::no_prices));
  else if (sums.covered_s - sums.priced_s > 3'600)
    warn(words.say(Say::some_prices, words.number(100.0 * static_cast<double>(sums.priced_s) /
                                                      static_cast<double>(sums.covered_s),
                                                  1)));
  if (report.imported_readings + report.imported_decisions > 0)
    warn(words.say(Say::imported, report.imported_readings, report.readings,
                   report.imported_decisions, report.decisions()));
  if (report.corrections > 0) warn(words.say(Say::corrected, report.corrections));
  return html;
}

std::string figure(const std::string& value, const std::string& unit, std::string_view name) {
  return fmt::format("<div><b>{} {}</b><span>{}</span></div>\n", value, escaped(unit), name);
}

std::optional<double> cycles_of(const Report& report) {
  if (report.capacity_mwh.value_or(0) <= 0) return std::nullopt;
  return static_cast<double>(report.total().sums.discharge_mwh) /
         static_cast<double>(*report.capacity_mwh);
}

std::string figures(const Report& report, const ReportWords& words) {
  const ReportDay total = report.total();
  std::string html;
  if (const auto paid = total.paid_e8()) {
    html += figure(words.money(*paid), report.currency, words(Say::figure_paid));
    html += figure(words.money(*total.saved_e8()), report.currency, words(Say::figure_saved));
  }
  html += figure(words.kwh(total.sums.discharge_mwh), "kWh", words(Say::figure_through));
  if (const auto cycles = cycles_of(report))
    html += figure(words.number(*cycles, 1), "", words(Say::figure_cycles));
  return "<div class=\"figures\">\n" + html + "</div>\n";
}

// Through the model, both: its errors fall out.
std::string against_self_use(const Report& report, const ReportWords& words) {
  if (!report.what_if)
    return report.what_if_missing.empty() ? ""
                                          : words.say(Say::self_unknown, report.what_if_missing);
  const WhatIf& what_if = *report.what_if;
  const double saved = what_if.cost(what_if.way(WayKind::self_use)->total) -
                       what_if.cost(what_if.way(WayKind::model)->total);
  std::string text = words.say(saved < 0 ? Say::cost_self : Say::saved_self,
                               words.number(std::abs(saved), 2), report.currency);
  if (const double band = day_error(what_if).band; std::abs(saved) <= band)
    text += " " + words.say(Say::ways_band, words.number(band, 2), report.currency);
  return text;
}

std::vector<std::string> money_sentences(const Report& report, const ReportWords& words) {
  const ReportDay total = report.total();
  const fold::EnergySums& sums = total.sums;
  std::vector<std::string> lines;
  if (sums.priced_s == 0)
    return {words.say(Say::bought_unpriced, words.kwh(sums.import_mwh)),
            words.say(Say::sold_unpriced, words.kwh(sums.export_mwh))};
  const double mean = sums.priced_import_mwh > 0 ? static_cast<double>(sums.import_cost_e8) / 1e2 /
                                                       static_cast<double>(sums.priced_import_mwh)
                                                 : 0;
  lines.push_back(words.say(Say::bought, words.kwh(sums.import_mwh),
                            words.money(sums.import_cost_e8), report.currency,
                            words.number(mean, 3)));
  lines.back() += " " + words.say(Say::mean_price,
                                  words.number(static_cast<double>(sums.price_seconds_e8) / 1e8 /
                                                   static_cast<double>(sums.priced_s),
                                               3),
                                  report.currency);
  lines.push_back(words.say(Say::sold, words.kwh(sums.export_mwh),
                            words.money(sums.export_revenue_e8), report.currency));
  const std::int64_t paid = *total.paid_e8(), saved = *total.saved_e8();
  lines.push_back(
      words.say(paid < 0 ? Say::earned : Say::paid, words.money(std::abs(paid)), report.currency));
  lines.push_back(words.say(saved < 0 ? Say::cost_none : Say::saved_none,
                            words.money(total.without_battery_e8), words.money(std::abs(saved)),
                            report.currency));
  if (std::string text = against_self_use(report, words); !text.empty())
    lines.push_back(std::move(text));
  return lines;
}

std::string came_to(const Report& report, const ReportWords& words) {
  const fold::EnergySums sums = report.total().sums;
  std::vector<std::string> lines{
      words.say(Say::used, words.kwh(sums.load_mwh), words.kwh(sums.pv_mwh))};
  for (std::string& each : money_sentences(report, words)) lines.push_back(std::move(each));
  std::string battery =
      words.say(Say::battery, words.kwh(sums.charge_mwh), words.kwh(sums.discharge_mwh));
  if (const auto cycles = cycles_of(report))
    battery +=
        " " + words.say(Say::cycles, words.number(*cycles, 1), words.kwh(*report.capacity_mwh));
  lines.push_back(std::move(battery));
  lines.push_back(words.say(Say::modes, report.decisions(), report.mode_changes));
  std::string html;
  for (const std::string& line : lines) html += paragraph(line);
  return html;
}

std::string code(const std::string& text) { return "<code>" + escaped(text) + "</code>"; }

std::string remade(const Report& report, const ReportWords& words) {
  const RemakeReport& remade = report.remade;
  if (remade.decisions == 0) return paragraph(words.say(Say::remade_none));
  std::string html = paragraph(words.say(Say::remade_all, remade.decisions, remade.identical),
                               remade.identical == remade.decisions ? "good" : "");
  if (remade.differs > 0) html += paragraph(words.say(Say::remade_differs, remade.differs), "warn");
  if (remade.other_revision > 0)
    html += paragraph(words.say(Say::remade_other, remade.other_revision));
  if (remade.not_reproducible > 0)
    html += paragraph(words.say(Say::remade_imported, remade.not_reproducible, remade.imported));
  if (remade.damage)
    html += paragraph(words.say(Say::remade_stopped, remade.through.value, remade.damage->line()),
                      "warn");
  return html;
}

std::string range_text(const Report& report, const ReportWords& words) {
  const RecordRange& range = report.range;
  if (range.records == 0) return paragraph(words.say(Say::range_none));
  std::string html =
      paragraph(words.say(Say::range, range.records, range.first.value, range.last.value));
  if (!range.upto) return html;
  std::string roots;
  if (range.before)
    roots += fmt::format("<li>{}: {}</li>\n", range.first.value - 1, code(range.before->hex()));
  roots += fmt::format("<li>{}: {}</li>\n", range.last.value, code(range.upto->hex()));
  return html + paragraph(words.say(Say::range_roots)) + "<ul>\n" + roots + "</ul>\n";
}

std::string integrity_part(const Report& report, const ReportWords& words) {
  const Integrity& integrity = report.integrity;
  std::string html = remade(report, words);
  if (integrity.intact())
    html += paragraph(words.say(Say::log_intact, report.head.value), "good");
  else
    html += paragraph(words.say(Say::log_broken, integrity.verification.records,
                                integrity.verification.findings.size() + integrity.broken.size()),
                      "warn");
  if (report.root)
    html += fmt::format("<p>{}: {}</p>\n", words.say(Say::log_root, report.head.value),
                        code(report.root->hex()));
  if (integrity.newest)
    html += paragraph(
        words.say(Say::checkpoint, integrity.newest->size, integrity.signer) + " " +
        words.say(integrity.signature_checked ? Say::signature_valid : Say::signature_unchecked));
  else
    html += paragraph(words.say(Say::checkpoint_none));
  html += range_text(report, words);
  if (!report.proof) return html + paragraph(words.say(Say::proof_none));
  return html + "<h3>" + words.say(Say::proof, report.proof->decision.value) + "</h3>\n" +
         paragraph(words.say(Say::proof_how), "note") + "<details class=\"proof\"><summary>" +
         words.say(Say::proof_text) + "</summary><pre id=\"proof\">" + escaped(report.proof->text) +
         "</pre></details>\n";
}

std::string reading_part(const ReportWords& words) {
  std::string lines;
  for (const Say each :
       {Say::read_money, Say::read_battery, Say::read_power, Say::read_tables, Say::read_numbers})
    lines += "<li>" + words.say(each) + "</li>\n";
  return "<ul class=\"note\">\n" + lines + "</ul>\n";
}

std::string parts(const Report& report, const ReportWords& words) {
  if (report.readings == 0 && report.decisions() == 0)
    return part(words, Say::integrity, integrity_part(report, words));
  return figures(report, words) + part(words, Say::came_to, came_to(report, words)) +
         part(words, Say::daily, daily_savings(report, words)) +
         part(words, Say::ways, ways_part(report, words)) +
         part(words, Say::charts, week_charts(report, words)) +
         part(words, Say::day_by_day, day_charts(report, words)) +
         part(words, Say::day_numbers, days_table(report, words)) +
         part(words, Say::sessions, sessions_table(report, words)) +
         part(words, Say::rules, rules_table(report, words)) +
         part(words, Say::forecasts, forecasts_table(report, words)) +
         part(words, Say::happenings, happenings_table(report, words)) +
         part(words, Say::integrity, integrity_part(report, words)) +
         part(words, Say::reading, reading_part(words));
}

}  // namespace

std::string part(const ReportWords& words, Say name, const std::string& content) {
  if (content.empty()) return "";
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", words(name), content);
}

std::string paragraph(const std::string& text, const char* css) {
  return (*css == '\0' ? std::string("<p>") : fmt::format("<p class=\"{}\">", css)) +
         escaped(text) + "</p>\n";
}

std::string report_mark(const Month& month) {
  return fmt::format(R"(<meta name="wattledger-report" content="{}"/>)", month.text());
}

std::string report_html(const Report& report, fold::Language language) {
  const ReportWords words(language);
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"/>\n{}\n"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n<title>{}"
             "</title>\n<style>\n",
             fold::language_code(language), report_mark(report.month),
             escaped(words.say(Say::title, words.month(report.month)) +
                     (report.site.empty() ? "" : ", " + report.site))) +
         page_style + "\n" + report_chart_style() + "\n</style></head><body>\n" +
         head(report, words) + warnings(report, words) + parts(report, words) + "</body></html>\n";
}

}  // namespace wattledger::tool
