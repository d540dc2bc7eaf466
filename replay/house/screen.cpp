#include "replay/house/screen.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "coordinator/control/health_json.hpp"
#include "projections/fold/state.hpp"
#include "replay/display.hpp"
#include "replay/house/plan_chart.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::json;

// The member, or null when it or what should hold it is not there.
const Json& at(const Json& json, const char* name) {
  static const Json null;
  if (!json.is_object()) return null;
  const auto found = json.find(name);
  return found == json.end() ? null : *found;
}

std::string text(const Json& json, const std::string& unknown = "unknown") {
  return json.is_string() ? json.get<std::string>() : unknown;
}

bool is_true(const Json& json) { return json.is_boolean() && json.get<bool>(); }

std::optional<double> real(const Json& json) {
  if (!json.is_number()) return std::nullopt;
  return json.get<double>();
}

std::string real_text(const Json& json, int decimals, const char* unit) {
  const auto value = real(json);
  return value ? fmt::format("{:.{}f}{}", *value, decimals, unit) : "unknown";
}

// "1250 W", or what it does: "charging 3000 W".
std::string flow(const Json& watts, const char* positive, const char* negative) {
  const auto value = real(watts);
  if (!value) return "power unknown";
  if (std::abs(*value) < 0.5) return "idle";
  return fmt::format("{} {:.0f} W", *value > 0 ? positive : negative, std::abs(*value));
}

std::string ago(const Json& seconds) {
  const auto value = real(seconds);
  return value ? duration_text(std::chrono::seconds(std::llround(*value))) + " ago" : "unknown";
}

class Screen {
 public:
  explicit Screen(const Json& status)
      : status_(status), today_(text(at(status, "now"), "").substr(0, 10)) {}
  std::string text_of_all();

 private:
  void line(const char* name, const std::string& value) {
    out_ += fmt::format("{:<13}{}\n", name, value);
  }
  void heading();
  void powers();
  void price();
  void decision();
  void plan();
  void forecasts();
  void inverter();
  void troubles();
  void health();
  void warnings();
  void truth();
  // "02:15" on the day of `now`, else "2025-10-25 02:15".
  [[nodiscard]] std::string when(const Json& time) const {
    std::string shown = text(time, "");
    if (shown.size() < 16) return "unknown";
    if (shown.compare(0, 10, today_) == 0) return shown.substr(11, 5);
    shown[10] = ' ';
    return shown.substr(0, 16);
  }

  const Json& status_;
  const std::string today_;
  std::string out_;
};

// What the control mode means for whoever wonders why nothing moves.
std::string control_text(const std::string& mode) {
  if (mode == "advise") return "advise (nothing is written to the inverter)";
  if (mode == "off") return "off (nothing is decided or written)";
  return mode;
}

void Screen::heading() {
  std::string now = text(at(status_, "now"));
  if (now.size() > 10) now[10] = ' ';
  const std::string site = text(at(status_, "site"), "");
  out_ += fmt::format("{}, control {}{}, {}\n", site.empty() ? "house without a name" : site,
                      control_text(text(at(status_, "control_mode"))),
                      is_true(at(status_, "demo")) ? ", demo" : "", now);
  const std::string data = text(at(status_, "data"));
  if (is_true(at(status_, "running")))
    out_ += fmt::format("wattledgerd {} is running on {}\n\n", text(at(status_, "version")), data);
  else if (const std::string holder = text(at(status_, "holder"), ""); !holder.empty())
    out_ += fmt::format(
        "{} holds the log and does not answer yet\n"
        "(a start may wait for the clock: its text log says so); this is what the log in {} "
        "knows\n\n",
        holder, data);
  else
    out_ += fmt::format("no daemon is running; this is what the log in {} knows\n\n", data);
}

void Screen::powers() {
  const Json& reading = at(status_, "last_reading");
  if (reading.is_null()) {
    line("Battery", "unknown: no reading yet");
    return;
  }
  std::string battery = real_text(at(reading, "soc_pct"), 1, " %") + ", " +
                        flow(at(reading, "battery_w"), "giving", "charging");
  if (!at(reading, "battery_temp_c").is_null())
    battery += ", " + real_text(at(reading, "battery_temp_c"), 1, " °C");
  line("Battery", battery);
  line("Sun", real_text(at(reading, "pv_w"), 0, " W"));
  line("House", real_text(at(reading, "load_w"), 0, " W"));
  line("Grid", flow(at(reading, "grid_w"), "exporting", "importing"));
  line("Reading", fmt::format("the last recorded one, of {}, {}", when(at(reading, "at")),
                              ago(at(reading, "age_s"))));
}

void Screen::price() {
  const Json& price = at(status_, "price");
  const std::string unit = " " + text(at(price, "currency"), "") + "/kWh";
  std::string shown =
      at(price, "now").is_null() ? "unknown" : real_text(at(price, "now"), 4, unit.c_str());
  if (const std::string zone = text(at(price, "zone"), ""); !zone.empty())
    shown += " (zone " + zone + ")";
  if (!at(price, "next").is_null())
    shown += fmt::format(", {} from {}", real_text(at(price, "next"), 4, ""),
                         when(at(price, "next_at")));
  line("Price", shown);
}

void Screen::decision() {
  const Json& decision = at(status_, "decision");
  if (decision.is_null()) {
    line("Decision", "none yet");
  } else {
    std::string shown = text(at(decision, "action"));
    if (!at(decision, "power_w").is_null())
      shown += " " + real_text(at(decision, "power_w"), 0, " W");
    if (!at(decision, "target_soc_pct").is_null())
      shown += " to " + real_text(at(decision, "target_soc_pct"), 1, " %");
    if (!at(decision, "until").is_null()) shown += " until " + when(at(decision, "until"));
    const std::string sequence = at(decision, "sequence").dump();
    line("Decision", fmt::format("{} ({}, {}, record {})", shown, text(at(decision, "rule")),
                                 when(at(decision, "at")), sequence));
    line("Why", text(at(decision, "reason")));
  }
  const Json& next = at(status_, "next_change");
  line("Next change",
       next.is_null() ? "none known" : when(at(next, "at")) + " " + text(at(next, "action")));
}

PlanHours hours_of(const Json& plan) {
  PlanHours hours;
  hours.step_s = std::llround(real(at(plan, "step_s")).value_or(0));
  for (const Json& each : at(plan, "at")) hours.at.push_back(text(each, ""));
  for (const Json& each : at(plan, "action")) hours.actions.push_back(text(each, ""));
  for (const Json& each : at(plan, "price")) hours.price.push_back(real(each));
  for (const Json& each : at(plan, "soc_pct")) hours.soc_pct.push_back(real(each));
  return hours;
}

void Screen::plan() {
  const Json& plan = at(status_, "plan");
  if (plan.is_null()) return;
  line("Plan", text(at(plan, "says")));
  out_ += plan_chart(hours_of(plan), text(at(at(status_, "price"), "currency"), ""));
}

// By whom and from what; without any, what is reckoned with instead.
std::string forecast_text(const Json& forecast, const std::string& otherwise) {
  if (forecast.is_null()) return otherwise;
  const std::string provider = text(at(forecast, "provider"));
  const std::string stands_on = text(at(forecast, "stands_on"), "");
  const bool own = provider == fold::own_forecast;
  if (stands_on.empty()) return "by " + provider;
  return "by " + (own ? stands_on : provider + " (" + stands_on + ")");
}

void Screen::forecasts() {
  const Json& forecasts = at(status_, "forecasts");
  if (forecasts.is_null()) return;
  line("Forecasts", "load " + forecast_text(at(forecasts, "load"),
                                            real_text(at(forecasts, "default_day_kwh"), 1, " kWh") +
                                                " a day, spread evenly: nothing is forecast yet"));
  line("", "sun " + forecast_text(at(forecasts, "pv"), "none: nothing is forecast"));
}

void Screen::inverter() {
  const Json& inverter = at(status_, "inverter");
  std::string shown = "mode " + text(at(inverter, "mode"));
  if (!at(inverter, "confirmed_at").is_null())
    shown += ", confirmed " + when(at(inverter, "confirmed_at"));
  if (!at(inverter, "until").is_null()) shown += ", ends by itself " + when(at(inverter, "until"));
  line("Inverter", shown);
  line("Contact", ago(at(status_, "last_contact_s")));
  const Json& wish = at(status_, "override");
  if (wish.is_null()) {
    line("Override", "none");
    return;
  }
  shown = text(at(wish, "action"));
  if (!at(wish, "power_w").is_null()) shown += " " + real_text(at(wish, "power_w"), 0, " W");
  if (!at(wish, "target_soc_pct").is_null())
    shown += " to " + real_text(at(wish, "target_soc_pct"), 1, " %");
  shown += at(wish, "until").is_null() ? " until you say override auto"
                                       : " until " + when(at(wish, "until"));
  line("Override", shown);
}

void Screen::troubles() {
  const Json& faults = at(status_, "faults");
  if (!faults.is_array() || faults.empty()) {
    line("Faults", faults.is_array() ? "none" : "unknown");
    return;
  }
  const char* name = "Faults";
  for (const Json& fault : faults) {
    line(name, fmt::format("{}{} since {}: {}", text(at(fault, "fault")),
                           is_true(at(fault, "latched")) ? " (latched)" : "", when(at(fault, "at")),
                           text(at(fault, "detail"), "")));
    name = "";
  }
}

// "ok", or the worst item; all of them are `wattledger health`'s to show.
void Screen::health() {
  const Json& health = at(status_, "health");
  if (health.is_null()) return;
  const auto read = control::read_health(health.dump());
  line("Health", read ? health::health_line(read->report) : "unknown");
}

void Screen::warnings() {
  const Json& warnings = at(status_, "warnings");
  if (!warnings.is_array()) return;
  for (const Json& each : warnings) line("Warning", text(each, ""));
}

void Screen::truth() {
  const char* name = "Projections";
  const Json& projections = at(status_, "projections");
  if (!projections.is_array() || projections.empty()) line(name, "none");
  if (projections.is_array())
    for (const Json& each : projections) {
      const auto lag = real(at(each, "lag")).value_or(0);
      const std::string behind = lag > 0 ? fmt::format(", {:.0f} records behind", lag) : "";
      const std::string message = text(at(each, "message"), "");
      line(name,
           fmt::format("{} {} at {}{}{}", text(at(each, "name")), text(at(each, "standing")),
                       at(each, "sequence").dump(), behind, message.empty() ? "" : ": " + message));
      name = "";
    }
  const Json& log = at(status_, "log");
  line("Log", fmt::format("{} records, {}", at(log, "head").dump(), text(at(log, "uuid"))));
}

std::string Screen::text_of_all() {
  heading();
  powers();
  price();
  out_ += "\n";
  decision();
  plan();
  forecasts();
  inverter();
  troubles();
  health();
  warnings();
  out_ += "\n";
  truth();
  out_.pop_back();
  return std::move(out_);
}

}  // namespace

Result<std::string> status_screen(const std::string& status_json) {
  const Json status = Json::parse(status_json, nullptr, /*allow_exceptions=*/false);
  if (!status.is_object())
    return fail(ErrorKind::corrupt, "the status is no JSON object",
                "use the daemon's own version of wattledger");
  return Screen(status).text_of_all();
}

}  // namespace wattledger::tool
