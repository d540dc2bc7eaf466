#include "replay/house/override_request.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "events/near_match.hpp"
#include "replay/display.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

constexpr std::int64_t power_w_min = 100;
constexpr std::int64_t power_w_max = 1'000'000;
constexpr std::chrono::hours charge_default{1};

struct Override {
  nlohmann::ordered_json event;
  std::string remark;
};

Failure refuse(std::string what, std::string remedy) {
  return fail(ErrorKind::invalid_input, std::move(what), std::move(remedy));
}

// What can be judged without the log.
Result<void> check(const OverrideWish& wish) {
  const std::vector<std::string> known = {"charge", "hold", "sell", "auto"};
  if (std::find(known.begin(), known.end(), wish.action) == known.end())
    return refuse("there is no override \"" + wish.action + "\"",
                  near_match_remedy(wish.action, known));
  const bool runs = wish.action == "charge" || wish.action == "sell";
  if (wish.action == "auto" && (!wish.until.empty() || wish.soc || wish.power))
    return refuse("override auto gives control back at once",
                  "leave out --until, --soc and --power");
  if (!runs && (wish.soc || wish.power))
    return refuse("override hold keeps the charge it finds",
                  "leave out --soc and --power, or use charge or sell");
  if (wish.soc && !(*wish.soc >= 0 && *wish.soc <= 100))
    return refuse(fmt::format("--soc {} is no state of charge", *wish.soc),
                  "write percent, 0 to 100");
  return wish.power ? check_watts(*wish.power) : Result<void>();
}

// The end that was asked for, or the default of a charge; absent: until `override auto`.
Result<std::optional<UtcTime>> end_of(const OverrideWish& wish, const ZoneOffsets& zone,
                                      UtcTime now) {
  if (wish.until.empty())
    return wish.action == "charge" ? std::optional(now + charge_default) : std::nullopt;
  auto until = time_argument(wish.until, zone, now);
  // "06:00" said in the evening is tomorrow's.
  if (until && *until <= now && wish.until.size() == 5)
    until = time_argument(wish.until, zone, zone.next_day_start(now));
  if (!until) return Failure(until.error());
  if (*until <= now)
    return refuse("--until " + wish.until + " is over: it is " + local_text(now, zone),
                  "name a time to come, or +90m, +2h");
  return std::optional(*until);
}

Result<Override> make(const OverrideWish& wish, const ZoneOffsets& zone, UtcTime now) {
  Override made;
  made.event["type"] = "OverrideRequested";
  made.event["action"] = wish.action == "auto" ? "self_use" : wish.action;
  made.event["automatic"] = wish.action == "auto";
  if (!wish.reason.empty()) made.event["reason"] = wish.reason;
  made.remark = wish.action == "auto" ? "wattledger decides again" : "override " + wish.action;
  if (wish.action == "auto") return made;

  const auto until = end_of(wish, zone, now);
  if (!until) return Failure(until.error());
  if (wish.power) {
    made.event["power_w"] = *wish.power;
    made.remark += fmt::format(" at {} W", *wish.power);
  }
  if (wish.soc) {
    made.event["target_soc_bp"] = std::lround(*wish.soc * 100);
    made.remark += fmt::format(" {} {} %", wish.action == "charge" ? "to" : "down to", *wish.soc);
  } else if (wish.action != "hold") {
    made.remark += wish.action == "charge" ? " to 100 %" : " down to battery.min_soc_pct";
  }
  if (*until) {
    made.event["until_us"] = to_us(**until);
    const bool tomorrow = zone.day_start(**until) == zone.next_day_start(now);
    made.remark += (tomorrow ? " until tomorrow, " : " until ") + local_text(**until, zone);
    if (wish.until.empty()) made.remark += " (one hour, as no --until was given)";
  } else {
    made.remark += " until you say wattledger override auto";
  }
  return made;
}

// Who says "charge" and sees the battery idle must know why. Empty where nothing needs saying.
std::string why_nothing_moves(const Place& place) {
  const auto answer = ask_daemon(place, "status", "{}");
  if (!answer || !*answer) return "";
  const auto status = nlohmann::json::parse(**answer, nullptr, /*allow_exceptions=*/false);
  if (!status.is_object() || !status.contains("control_mode")) return "";
  const auto& mode = status["control_mode"];
  if (mode != "advise" && mode != "off") return "";
  if (status.contains("warnings") && status["warnings"].is_array())
    for (const auto& warning : status["warnings"])
      if (warning.is_string() && warning.get_ref<const std::string&>().starts_with("safe mode"))
        return warning.get<std::string>() +
               "; until it ends, or you say override auto, the wish is kept and then obeyed";
  return "control is " + mode.get<std::string>() +
         ": nothing is written to the inverter; for that, set control.mode to on and say "
         "wattledger reload";
}

}  // namespace

Result<void> check_watts(std::int64_t power) {
  if (power < 1 || power > power_w_max)
    return refuse(fmt::format("--power {} is no power", power), "write watts, without a sign");
  if (power < power_w_min)
    return refuse(
        fmt::format("--power is in watts, and {} W is too little to charge or sell by", power),
        fmt::format("for {} kW write --power {}000", power, power));
  return {};
}

Exit request_override(const Invocation& invocation, const OverrideWish& wish) {
  if (const auto good = check(wish); !good) return usage(good.error().what, good.error().remedy);
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  ZoneOffsets zone;
  UtcTime now;
  {
    const auto open = open_log(*place);
    if (!open) return cannot(open.error());
    zone = house_zone(open->snapshot);
    now = house_now(open->snapshot);
  }
  const auto made = make(wish, zone, now);
  if (!made) return usage(made.error().what, made.error().remedy);
  const std::string remark = wish.action == "auto" ? "" : why_nothing_moves(*place);
  const auto submitted =
      submit(*place, made->event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  const Exit exit = report(invocation, submitted, made->remark);
  if (submitted && !remark.empty()) note(remark);
  return exit;
}

}  // namespace wattledger::tool
