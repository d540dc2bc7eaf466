// The charts of a report: savings per day, and price, charge, power and decisions on one time axis.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "replay/audit/chart.hpp"
#include "replay/audit/report_parts.hpp"

namespace wattledger::tool {
namespace {

constexpr std::int32_t week_days = 7;
// How long a decision is drawn on where no other follows.
constexpr auto drawn_on = in_force_max / quarter_length;

// What all charts of the month share: their scales and the decisions' letters.
struct Drawn {
  double price_low = 0, price_high = 0, power_kw = 0.1;
  std::string marks;
};

char letter(fb::Action action) {
  switch (action) {
    case fb::Action::charge:
      return 'C';
    case fb::Action::hold:
      return 'H';
    case fb::Action::self_use:
      return 'U';
    case fb::Action::sell:
      return 'S';
    case fb::Action::stop:
      return 'X';
  }
  return ' ';
}

Drawn drawn_of(const Report& report) {
  Drawn drawn;
  char mark = ' ';
  std::int64_t left = 0;
  for (const ReportQuarter& each : report.quarters) {
    if (each.price) {
      drawn.price_low = std::min(drawn.price_low, *each.price);
      drawn.price_high = std::max(drawn.price_high, *each.price);
    }
    if (each.battery_w) drawn.power_kw = std::max(drawn.power_kw, std::abs(*each.battery_w) / 1e3);
    if (each.action) {
      mark = letter(*each.action);
      left = drawn_on;
    }
    drawn.marks += left-- > 0 ? mark : ' ';
  }
  return drawn;
}

std::size_t quarter_of_day(const Report& report, std::int32_t day) {
  const UtcTime at = report.zone.to_utc(LocalTime(std::chrono::days(day)));
  const auto index = std::max<std::int64_t>((at - report.period.from) / quarter_length, 0);
  return std::min(static_cast<std::size_t>(index), report.quarters.size());
}

ChartSeries series(std::string_view name, std::string unit, ChartSeries::Form form, int decimals) {
  ChartSeries made;
  made.name = std::string(name);
  made.unit = std::move(unit);
  made.form = form;
  made.decimals = decimals;
  return made;
}

// Local days [first, behind); nothing where nothing is known of them.
std::optional<Chart> chart_of_days(const Report& report, const ReportWords& words,
                                   const Drawn& drawn, std::int32_t first, std::int32_t behind) {
  using Form = ChartSeries::Form;
  const std::size_t begin = quarter_of_day(report, first), end = quarter_of_day(report, behind);
  ChartSeries price = series(words(Say::price_axis), report.currency + "/kWh", Form::steps, 2);
  ChartSeries soc = series(words(Say::soc_axis), "%", Form::line, 0);
  ChartSeries power = series(words(Say::power_axis), "kW", Form::bars, 1);
  price.low = drawn.price_low;
  price.high = drawn.price_high;
  soc.low = 0;
  soc.high = 100;
  power.low = -drawn.power_kw;
  power.high = drawn.power_kw;
  bool any = false;
  for (std::size_t i = begin; i < end; ++i) {
    const ReportQuarter& each = report.quarters[i];
    price.values.push_back(each.price);
    soc.values.push_back(each.soc_pct);
    power.values.push_back(each.battery_w ? std::optional(*each.battery_w / 1e3) : std::nullopt);
    any = any || each.readings > 0 || each.soc_pct || each.action;
  }
  if (!any) return std::nullopt;
  Chart chart;
  chart.start = report.period.from + quarter_length * static_cast<std::int64_t>(begin);
  chart.step = quarter_length;
  if (drawn.price_high > drawn.price_low) chart.series.push_back(std::move(price));
  chart.series.push_back(std::move(soc));
  chart.series.push_back(std::move(power));
  chart.marks = drawn.marks.substr(begin, end - begin);
  return chart;
}

SvgForm form_of(const ReportWords& words) {
  SvgForm form;
  form.in_page = true;
  form.decimal_point = words.language() == fold::Language::polish ? ',' : '.';
  form.strip = words(Say::strip);
  form.classes = {{'C', "charge"}, {'H', "hold"}, {'U', "serve"}, {'S', "sell"}, {'X', "halt"}};
  return form;
}

std::string key(const char* css, std::string_view name) {
  return fmt::format("<span><i class=\"{}\"></i>{}</span>\n", css, name);
}

std::string legend(const ReportWords& words) {
  return "<p class=\"legend\">" + key("k-in", words(Say::legend_in)) +
         key("k-out", words(Say::legend_out)) + "</p>\n<p class=\"legend\">" +
         fmt::format("<span>{}:</span>\n", words(Say::strip)) +
         key("k-charge", words(Say::act_charge)) + key("k-sell", words(Say::act_sell)) +
         key("k-hold", words(Say::act_hold)) + key("k-serve", words(Say::act_self_use)) +
         key("k-halt", words(Say::act_stop)) + "</p>\n";
}

// Bars of the days, their scale in the currency.
class SavingsChart {
 public:
  SavingsChart(const Report& report, const ReportWords& words) : report_(report), words_(words) {
    for (const ReportDay& day : report.days) {
      const auto saved = day.saved_e8();
      values_.push_back(saved ? std::optional(static_cast<double>(*saved) / 1e8) : std::nullopt);
      low_ = std::min(low_, values_.back().value_or(0));
      high_ = std::max(high_, values_.back().value_or(0));
    }
    if (high_ - low_ < 0.01) high_ = low_ + 0.01;
  }
  [[nodiscard]] std::string svg() const {
    std::string svg =
        fmt::format(R"(<svg class="chart" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">)",
                    width + 10, bottom + 20, words_(Say::daily));
    svg += fmt::format(R"(<text x="{:.0f}" y="12">{} ({})</text>)", left, words_(Say::daily_axis),
                       escaped(report_.currency));
    svg += line(high_) + line(0);
    if (low_ < 0) svg += line(low_);
    for (std::size_t i = 0; i < values_.size(); ++i) svg += bar(i);
    return svg + "</svg>\n";
  }

 private:
  static constexpr double width = 800, left = 60, top = 22, bottom = 172;

  [[nodiscard]] double y(double value) const {
    return bottom - (bottom - top) * (value - low_) / (high_ - low_);
  }
  [[nodiscard]] std::string line(double value) const {
    const bool label = value == 0 || std::abs(y(value) - y(0)) > 10;
    return fmt::format(R"(<path class="grid" d="M{:.0f} {:.1f}H{:.0f}"/>)", left, y(value), width) +
           (label ? fmt::format(R"(<text class="end" x="{:.0f}" y="{:.1f}">{}</text>)", left - 6,
                                y(value) + 4, words_.number(value, 2))
                  : "");
  }
  [[nodiscard]] std::string bar(std::size_t i) const {
    const double step = (width - left) / static_cast<double>(values_.size());
    const double x = left + step * static_cast<double>(i);
    std::string svg;
    if (values_[i])
      svg = fmt::format(
          R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {} {}</title></rect>)",
          *values_[i] < 0 ? "lost" : "saved", x + step * 0.12, std::min(y(*values_[i]), y(0)),
          step * 0.76, std::abs(y(*values_[i]) - y(0)),
          day_text(report_.month.first() + static_cast<std::int32_t>(i)),
          words_.number(*values_[i], 2), escaped(report_.currency));
    return svg + fmt::format(R"(<text class="middle" x="{:.1f}" y="{:.0f}">{}</text>)",
                             x + step / 2, bottom + 15, i + 1);
  }

  const Report& report_;
  const ReportWords& words_;
  std::vector<std::optional<double>> values_;
  double low_ = 0, high_ = 0;
};

std::string day_summary(const Report& report, const ReportWords& words, std::int32_t day) {
  const ReportDay& sums = report.days[static_cast<std::size_t>(day - report.month.first())];
  std::string text = "<b>" + words.short_day(day) + "</b>";
  if (const auto paid = sums.paid_e8())
    text += " <small>" +
            escaped(words.say(Say::day_sum, words.money(*paid), words.money(*sums.saved_e8()),
                              report.currency)) +
            "</small>";
  return text;
}

}  // namespace

std::string daily_savings(const Report& report, const ReportWords& words) {
  const bool any = std::any_of(report.days.begin(), report.days.end(),
                               [](const ReportDay& day) { return day.saved_e8().has_value(); });
  if (!any) return paragraph(words.say(Say::daily_none));
  return "<div class=\"wide\">" + SavingsChart(report, words).svg() +
         "</div>\n<p class=\"legend\">" + key("k-saved", words(Say::daily_legend_saved)) +
         key("k-lost", words(Say::daily_legend_lost)) + "</p>\n" +
         paragraph(words.say(Say::daily_note), "note");
}

std::string week_charts(const Report& report, const ReportWords& words) {
  const Drawn drawn = drawn_of(report);
  std::string rows;
  for (std::int32_t day = report.month.first(); day < report.month.behind(); day += week_days) {
    const std::int32_t behind = std::min(day + week_days, report.month.behind());
    const auto chart = chart_of_days(report, words, drawn, day, behind);
    if (!chart) continue;
    SvgForm form = form_of(words);
    form.panel = 64;
    // Every day as wide as in the other weeks.
    form.width = 60 + 740.0 * (behind - day) / week_days;
    form.says = fmt::format("{}: {} – {}", words(Say::charts), day_text(day), day_text(behind - 1));
    for (std::int32_t each = day; each < behind; ++each) form.days.push_back(words.short_day(each));
    rows +=
        fmt::format("<div class=\"wide week\" style=\"--part:{:.3f}\">", (form.width + 10) / 810) +
        chart_svg(*chart, report.zone, form) + "</div>\n";
  }
  if (rows.empty()) return "";
  return paragraph(words.say(Say::charts_note), "note") + legend(words) + rows;
}

std::string day_charts(const Report& report, const ReportWords& words) {
  const Drawn drawn = drawn_of(report);
  std::string days;
  for (std::int32_t day = report.month.first(); day < report.month.behind(); ++day) {
    const auto chart = chart_of_days(report, words, drawn, day, day + 1);
    if (!chart) continue;
    SvgForm form = form_of(words);
    form.width = 400;
    form.says = day_text(day);
    days += "<details><summary>" + day_summary(report, words, day) + "</summary>\n" +
            chart_svg(*chart, report.zone, form) + "</details>\n";
  }
  return days.empty() ? "" : "<div class=\"days\">\n" + days + "</div>\n";
}

std::string report_chart_style() {
  // Blue and orange differ to every eye, and in lightness; what stands on a strip differs in height
  // or outline as well.
  return chart_style() +
         "\n:root{--in:#0072b2;--out:#d55e00;--mute:#8a8a8a}"
         "@media(prefers-color-scheme:dark){:root{--in:#56b4e9;--out:#e69f00;--mute:#9a9a9a}}\n"
         ".chart .in,.chart .saved,.chart .charge{fill:var(--in)}"
         ".chart .out,.chart .lost,.chart .sell{fill:var(--out)}"
         ".chart .hold{fill:var(--mute)}.chart .serve{fill:var(--mute);opacity:.25}"
         ".chart .halt{fill:none;stroke:currentColor}\n"
         ".legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.3rem 0;font-size:.85rem}"
         ".legend i{display:inline-block;width:.9rem;height:.7rem;margin-right:.4rem}"
         ".k-in,.k-saved,.k-charge{background:var(--in)}"
         ".k-out,.k-lost,.k-sell{background:var(--out)}.k-hold{background:var(--mute)}"
         ".k-serve{background:var(--mute);opacity:.3}.k-halt{border:1px solid currentColor}"
         "\n.days .chart{max-width:30rem}";
}

}  // namespace wattledger::tool
