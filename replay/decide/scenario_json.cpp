// The scenario's file, member by member: everything in it is meant, so what is not known is refused
// with the nearest name. The first thing that is wrong ends it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "coordinator/config/check.hpp"
#include "coordinator/config/config.hpp"
#include "coordinator/sources/parse/decimal.hpp"
#include "events/near_match.hpp"
#include "replay/decide/json_text.hpp"
#include "replay/decide/scenario.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int depth_max = 12;
// The sections of the configuration that a decision reads; prices alone for its currency.
constexpr const char* sections[] = {"battery", "grid",   "load",    "policy", "selling",
                                    "tiered",  "safety", "cadence", "prices"};

// A number in a file: 10^-places of its unit, at least min and at most max of those.
struct Range {
  int places;
  std::int64_t min, max;
  bool whole = false;  // no fraction is rounded away
};
constexpr Range share_range{2, 0, 10'000};
constexpr Range sold_range{2, 0, 65'535};  // a day may sell a battery more than once
constexpr Range watts_range{0, -1'000'000, 1'000'000};
constexpr Range power_range{0, 0, 1'000'000};
constexpr Range millis_range{3, -1'000'000, 2'000'000};
constexpr Range price_range{8, -10'000'000'000, 10'000'000'000};  // 100 per kWh
constexpr Range minutes_range{0, 0, 44'640, true};
constexpr Range slot_range{0, 1, 1'440, true};

std::string number_text(const Json& value) {
  if (!value.is_number_float()) return value.dump();
  std::string text = fmt::format("{:.10f}", value.get<double>());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string indexed(const std::string& list, std::size_t i) {
  return list + "[" + std::to_string(i) + "]";
}

template <class Piece>
UtcTime end_of(const Piece& piece) {
  return piece.start + piece.length;
}

class Reader {
 public:
  explicit Reader(Scenario& scenario) : scenario_(scenario) {}

  Result<void> read(const Json& root, const std::string& policy) {
    if (known(root, "",
              {"now", "timezone", "reading", "prices", "peak_hours", "pv_forecast", "load_forecast",
               "state", "policy"})) {
      read_clock(root);
      if (!wrong_) read_policy(root, policy);
      if (!wrong_) read_reading(root);
      if (!wrong_) read_prices(root);
      if (!wrong_) read_peaks(root);
      if (!wrong_) read_forecast(root, "pv_forecast", scenario_.pv);
      if (!wrong_) read_forecast(root, "load_forecast", scenario_.load);
      if (!wrong_) read_before(root);
    }
    if (wrong_) return Failure(*wrong_);
    return {};
  }

 private:
  void refuse(const std::string& path, const std::string& what, std::string remedy) {
    if (wrong_) return;
    wrong_ = Error{ErrorKind::invalid_input, (path.empty() ? "" : path + ": ") + what,
                   std::move(remedy)};
  }

  // An object with no other members.
  bool known(const Json& value, const std::string& path, const std::vector<std::string>& names) {
    if (!value.is_object()) {
      refuse(path, "is no object", "write its members in { }");
      return false;
    }
    for (const auto& [name, member] : value.items()) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      refuse((path.empty() ? "" : path + ".") + shown(name), "is not a member of a scenario",
             near_match_remedy(name, names));
      return false;
    }
    return true;
  }

  // nullptr for one that is not given, or null.
  static const Json* member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }

  static std::string below(const std::string& path, const char* name) {
    return path.empty() ? name : path + "." + name;
  }

  std::optional<std::int64_t> number(const Json& object, const std::string& path, const char* name,
                                     const Range& range) {
    const Json* value = member(object, name);
    if (value == nullptr) return std::nullopt;
    const std::string remedy = "write a number from " +
                               sources::decimal_text(range.min, range.places) + " to " +
                               sources::decimal_text(range.max, range.places);
    if (!value->is_number()) {
      refuse(below(path, name), "is not a number", remedy);
      return std::nullopt;
    }
    const auto read =
        sources::parse_decimal(number_text(*value), range.places,
                               range.whole ? sources::Digits::exact : sources::Digits::rounded);
    if (read.trouble == sources::DecimalTrouble::too_many_digits && range.whole) {
      refuse(below(path, name), value->dump() + " is no whole number", remedy);
      return std::nullopt;
    }
    if (!read.trouble && read.count >= range.min && read.count <= range.max) return read.count;
    refuse(below(path, name), value->dump() + " is out of range", remedy);
    return std::nullopt;
  }

  template <class Unit>
  void take(std::optional<Unit>& into, const Json& object, const std::string& path,
            const char* name, const Range& range) {
    if (const auto value = number(object, path, name, range)) into = Unit(*value);
  }

  std::int64_t required(const Json& object, const std::string& path, const char* name,
                        const Range& range) {
    const auto value = number(object, path, name, range);
    if (!value) refuse(below(path, name), "is missing", "give it");
    return value.value_or(range.min);
  }

  bool flag(const Json& object, const std::string& path, const char* name) {
    const Json* value = member(object, name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) refuse(below(path, name), "is neither true nor false", "write one");
    return value->is_boolean() && value->get<bool>();
  }

  // The members of a list; none where it is not given.
  std::vector<const Json*> list(const Json& object, const std::string& path, const char* name,
                                std::size_t most) {
    const Json* value = member(object, name);
    std::vector<const Json*> members;
    if (value == nullptr) return members;
    if (!value->is_array()) {
      refuse(below(path, name), "is no list", "write its members in [ ]");
    } else if (value->size() > most) {
      refuse(below(path, name), "has " + std::to_string(value->size()) + " members",
             "give at most " + std::to_string(most));
    } else {
      for (const Json& each : *value) members.push_back(&each);
    }
    return members;
  }

  UtcTime time(const Json& object, const std::string& path, const char* name,
               const ZoneOffsets& zone) {
    const char* remedy = "write a time as 2025-10-01T14:00 or 2025-10-01T12:00:00Z";
    const Json* value = member(object, name);
    if (value == nullptr) {
      refuse(below(path, name), "is missing", remedy);
      return {};
    }
    const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
    const auto at = parse_time(text, zone);
    if (!value->is_string() || !at) {
      refuse(below(path, name), shown(text) + " is no time", remedy);
      return {};
    }
    look_at_clock(below(path, name), text, zone);
    return *at;
  }

  // Without an offset a time means two instants where the clocks go back, none where they go
  // forward. The first one of each kind is remarked on.
  void look_at_clock(const std::string& where, const std::string& text, const ZoneOffsets& zone) {
    const auto as_utc = parse_time(text, ZoneOffsets());
    if (!as_utc || text.find_first_of("Zz+-", std::size("2025-10-26") - 1) != std::string::npos)
      return;
    const LocalTime wall(as_utc->time_since_epoch());
    const UtcTime taken = zone.to_utc(wall);
    const auto remark = [&](bool& told, const std::string& what) {
      if (!std::exchange(told, true))
        scenario_.remarks.push_back(where + ": " + shown(text) + " " + what +
                                    "; write it with an offset to say which is meant");
    };
    if (zone.to_local(taken) != wall)
      remark(skipped_told_, "does not exist, for the clocks go forward then: " +
                                iso_text(zone.to_local(taken)) + " is taken");
    else if (zone.to_utc(wall, true) != taken)
      remark(repeated_told_, "comes twice, for the clocks go back then: the first one is taken");
  }

  UtcTime time_near(const Json& object, const std::string& path, const char* name) {
    const UtcTime at = time(object, path, name, scenario_.zone);
    if (!wrong_ && (at > scenario_.now + scenario_reach || at < scenario_.now - scenario_reach))
      refuse(below(path, name),
             "lies more than " + std::to_string(scenario_reach.count()) + " days from now",
             "leave it out");
    return at;
  }

  void read_clock(const Json& root) {
    constexpr UtcTime from = utc_from_us(315'532'800'000'000);     // 1980
    constexpr UtcTime until = utc_from_us(7'258'118'400'000'000);  // 2200
    const Json* zone = member(root, "timezone");
    if (zone != nullptr && !zone->is_string()) {
      refuse("timezone", "is no text", "write a name as \"Europe/Warsaw\"");
      return;
    }
    const UtcTime around = time(root, "", "now", ZoneOffsets());
    if (!wrong_ && (around < from || around >= until))
      refuse("now", "lies outside the years 1980 to 2199", "write a time in them");
    if (wrong_) return;
    auto data =
        config::load_zone(zone == nullptr ? "Europe/Warsaw" : zone->get<std::string>(), around);
    if (!data) {
      refuse("timezone", data.error().what, data.error().remedy);
      return;
    }
    scenario_.zone = std::move(data->zone);
    scenario_.now = time(root, "", "now", scenario_.zone);
  }

  // "battery.min_soc_pct" as a member of "battery", so that both ways of writing a key are one.
  bool nest(const Json& from, Json& into, const std::string& path) {
    for (const auto& [name, value] : from.items()) {
      const std::size_t dot = name.find('.');
      const std::string first = name.substr(0, dot);
      const std::string here = path.empty() ? first : path + "." + first;
      Json inner;
      if (dot != std::string::npos) {
        inner = Json::object({{name.substr(dot + 1), value}});
      } else {
        inner = value;
      }
      if (!inner.is_object()) {
        if (inner.is_string() && config::takes_number(here)) {
          refuse("policy." + here, shown(inner.get<std::string>()) + " is a text, not a number",
                 "write the number without quotes");
          return false;
        }
        if (into.contains(first)) {
          refuse("policy." + here, "is given twice", "keep one of the two");
          return false;
        }
        into[first] = inner.is_number() ? Json(number_text(inner)) : inner;
        continue;
      }
      Json& section = into[first];
      if (!section.is_null() && !section.is_object()) {
        refuse("policy." + here, "is given twice", "keep one of the two");
        return false;
      }
      if (section.is_null()) section = Json::object();
      if (!nest(inner, section, here)) return false;
    }
    return true;
  }

  // JSON is YAML: the configuration's own reader takes its keys, with its ranges and near matches.
  void read_policy(const Json& root, const std::string& policy) {
    Json keys = Json::object();
    const Json* given = member(root, "policy");
    if (given != nullptr && !given->is_object()) {
      refuse("policy", "is no object", "write keys of the configuration in { }");
      return;
    }
    if (given != nullptr && !nest(*given, keys, "")) return;
    if (keys.contains("policy") && !keys["policy"].is_object()) {
      refuse("policy.policy", "is a section, not a value", "write policy.name for the policy");
      return;
    }
    if (!policy.empty()) keys["policy"]["name"] = policy;
    constexpr const char* place = "policy:1: ";
    auto config = config::parse(keys.dump(), "policy");
    if (!config) {
      const std::string& what = config.error().what;
      const bool told = what.rfind(place, 0) == 0;
      refuse("", told ? "policy." + what.substr(std::string(place).size()) : "policy: " + what,
             config.error().remedy);
      return;
    }
    for (const auto& [section, value] : keys.items())
      if (std::none_of(std::begin(sections), std::end(sections),
                       [&, name = section](const char* each) { return name == each; }))
        refuse("policy." + section,
               section == "tariff" ? "means nothing here, for a scenario's prices are final"
                                   : "is nothing that a decision reads",
               "remove it");
    take_settings(std::move(config->policy));
  }

  // Final prices are market prices to which nothing is added.
  void take_settings(fold::PolicySettings settings) {
    settings.tariff = "none";
    settings.tariff_component = PriceE8(0);
    settings.tariff_components.clear();
    settings.tariff_zones.clear();
    settings.tariff_vat = BasisPoints(0);
    settings.holidays.clear();
    settings.feed_in = fold::FeedIn::market;
    scenario_.settings = std::move(settings);
  }

  void read_reading(const Json& root) {
    const Json* given = member(root, "reading");
    const std::string path = "reading";
    if (given == nullptr || !known(*given, path,
                                   {"age_s", "soc_pct", "pv_w", "load_w", "grid_w", "battery_w",
                                    "battery_temp_c", "battery_v", "grid_v"}))
      return;
    fold::Reading& reading = scenario_.reading.emplace();
    constexpr Range age_range{0, -86'400, 2'592'000};
    reading.sequence = Sequence{2};
    reading.at = scenario_.now - seconds(number(*given, path, "age_s", age_range).value_or(0));
    take(reading.soc, *given, path, "soc_pct", share_range);
    take(reading.pv_power, *given, path, "pv_w", power_range);
    take(reading.load_power, *given, path, "load_w", power_range);
    take(reading.grid_power, *given, path, "grid_w", watts_range);
    take(reading.battery_power, *given, path, "battery_w", watts_range);
    take(reading.battery_temperature, *given, path, "battery_temp_c", millis_range);
    take(reading.battery_voltage, *given, path, "battery_v", millis_range);
    take(reading.grid_voltage, *given, path, "grid_v", millis_range);
  }

  // In time order; the file's may be another.
  template <class Piece>
  void put_in_order(std::vector<Piece>& pieces, const std::string& path) {
    std::vector<std::size_t> order(pieces.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return pieces[a].start < pieces[b].start;
    });
    std::vector<Piece> sorted;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0 && pieces[order[i]].start < end_of(pieces[order[i - 1]]))
        refuse(indexed(path, order[i]) + ".start",
               "lies in " + indexed(path, order[i - 1]) + ", which has not ended",
               "let each begin where the one before ends, or later");
      sorted.push_back(pieces[order[i]]);
    }
    pieces = std::move(sorted);
  }

  void read_prices(const Json& root) {
    const auto members = list(root, "", "prices", fold::price_slots_max);
    for (std::size_t i = 0; i < members.size() && !wrong_; ++i) {
      const std::string path = indexed("prices", i);
      const Json& each = *members[i];
      if (!known(each, path, {"start", "minutes", "import", "export"})) return;
      fold::PriceSlot slot;
      slot.start = time_near(each, path, "start");
      slot.length = minutes(required(each, path, "minutes", slot_range));
      slot.market = PriceE8(required(each, path, "import", price_range));
      scenario_.prices.push_back(slot);
      slot.market = PriceE8(number(each, path, "export", price_range).value_or(0));
      scenario_.feed_in.push_back(slot);
    }
    put_in_order(scenario_.prices, "prices");
    put_in_order(scenario_.feed_in, "prices");
  }

  void read_peaks(const Json& root) {
    constexpr Range code_range{0, 0, 3, true};
    const auto members = list(root, "", "peak_hours", fold::peak_slots_max);
    for (std::size_t i = 0; i < members.size() && !wrong_; ++i) {
      const std::string path = indexed("peak_hours", i);
      if (!known(*members[i], path, {"start", "code"})) return;
      fold::PeakSlot slot;
      slot.start = time_near(*members[i], path, "start");
      slot.code = static_cast<std::uint32_t>(required(*members[i], path, "code", code_range));
      const LocalTime local = scenario_.zone.to_local(slot.start);
      slot.length = std::chrono::ceil<seconds>(std::chrono::floor<std::chrono::hours>(local) +
                                               std::chrono::hours(1) - local);
      scenario_.peaks.push_back(slot);
    }
    put_in_order(scenario_.peaks, "peak_hours");
  }

  void read_forecast(const Json& root, const char* name, std::vector<ForecastPiece>& into) {
    const auto members = list(root, "", name, fold::forecast_slots_max);
    for (std::size_t i = 0; i < members.size() && !wrong_; ++i) {
      const std::string path = indexed(name, i);
      if (!known(*members[i], path, {"start", "minutes", "watts"})) return;
      ForecastPiece piece;
      piece.start = time_near(*members[i], path, "start");
      piece.length = minutes(required(*members[i], path, "minutes", slot_range));
      piece.watts = static_cast<std::int32_t>(required(*members[i], path, "watts", power_range));
      into.push_back(piece);
    }
    put_in_order(into, name);
  }

  void read_before(const Json& root) {
    const Json* given = member(root, "state");
    const std::string path = "state";
    if (given == nullptr ||
        !known(*given, path,
               {"charging", "charging_since_min", "stopped_since_min", "selling", "session",
                "charge_sessions_today", "last_full_soc_pct", "sold_soc_pct_today", "faults"}))
      return;
    constexpr Range count_range{0, 0, 1'000, true};
    HouseBefore& before = scenario_.before;
    before.charging = flag(*given, path, "charging");
    before.selling = flag(*given, path, "selling");
    if (before.charging && before.selling)
      refuse("state.selling", "stands beside state.charging", "a battery does one of the two");
    take(before.charging_since, *given, path, "charging_since_min", minutes_range);
    take(before.stopped_since, *given, path, "stopped_since_min", minutes_range);
    before.charges_today = static_cast<std::uint32_t>(
        number(*given, path, "charge_sessions_today", count_range).value_or(0));
    take(before.last_full_soc, *given, path, "last_full_soc_pct", share_range);
    before.sold_today =
        BasisPoints(number(*given, path, "sold_soc_pct_today", sold_range).value_or(0));
    if (const Json* session = member(*given, "session")) read_session(*session);
    read_faults(*given);
  }

  void read_session(const Json& session) {
    const std::string path = "state.session";
    if (!known(session, path, {"open", "minutes", "start_soc_pct"})) return;
    HouseBefore& before = scenario_.before;
    before.session_open = flag(session, path, "open");
    before.session_length = minutes(number(session, path, "minutes", minutes_range).value_or(0));
    take(before.session_start_soc, session, path, "start_soc_pct", share_range);
  }

  void read_faults(const Json& state) {
    std::vector<std::string> names;
    for (const fb::Fault each : fb::EnumValuesFault())
      if (each != fb::Fault::unknown) names.emplace_back(fb::EnumNameFault(each));
    const auto members = list(state, "state", "faults", names.size());
    for (std::size_t i = 0; i < members.size() && !wrong_; ++i) {
      const std::string path = indexed("state.faults", i);
      const std::string name =
          members[i]->is_string() ? members[i]->get<std::string>() : members[i]->dump();
      const auto found = std::find(names.begin(), names.end(), name);
      if (found == names.end()) {
        refuse(path, shown(name) + " is no fault", near_match_remedy(name, names));
        return;
      }
      scenario_.before.faults.push_back(
          static_cast<fb::Fault>(1 + std::distance(names.begin(), found)));
    }
  }

  Scenario& scenario_;
  std::optional<Error> wrong_;
  bool repeated_told_ = false;
  bool skipped_told_ = false;
};

}  // namespace

Result<Scenario> read_scenario(std::string_view json, const std::string& policy) {
  WATTLEDGER_TRY(check_json_text(json, depth_max));
  const Json root = Json::parse(json);
  Scenario scenario;
  Reader reader(scenario);
  WATTLEDGER_TRY(reader.read(root, policy));
  return scenario;
}

}  // namespace wattledger::tool
