// DocumentsState as one line of JSON, for the manifest. One list of fields for both directions.
#include <nlohmann/json.hpp>

#include "projections/json/documents.hpp"

namespace wattledger::projections {
namespace {

using Json = nlohmann::json;

template <class T, class Visit>
void each_field(T& s, const Visit& visit) requires std::same_as<std::remove_const_t<T>, DaySums> {
  visit("day", s.day);
  visit("closed_at", s.closed_at);
  visit("charges", s.charges);
  visit("waits", s.waits);
  visit("sales", s.sales);
  visit("energy_mwh", s.energy_mwh);
  visit("cost_e8", s.cost_e8);
  visit("savings_e8", s.savings_e8);
  visit("sources", s.sources);
  visit("charged_mwh", s.charged_mwh);
  visit("prices", s.prices);
  visit("price_sum_e8", s.price_sum_e8);
  visit("price_min_e8", s.price_min_e8);
  visit("price_max_e8", s.price_max_e8);
  visit("readings", s.readings);
  visit("import_mwh", s.import_mwh);
  visit("sessions", s.sessions);
  visit("failed_sessions", s.failed_sessions);
  visit("sold_mwh", s.sold_mwh);
  visit("revenue_e8", s.revenue_e8);
  visit("peak_hour", s.peak_hour);
  visit("peak_revenue_e8", s.peak_revenue_e8);
  visit("capacity_mwh", s.capacity_mwh);
}

template <class T, class Visit>
void each_field(T& s,
                const Visit& visit) requires std::same_as<std::remove_const_t<T>, KnownSession> {
  visit("selling", s.row.selling);
  visit("session_id", s.row.session_id);
  visit("start_time", s.row.start_time);
  visit("end_time", s.row.end_time);
  visit("told_at", s.row.told_at);
  visit("target_soc", s.row.target_soc);
  visit("energy_kwh", s.row.energy_kwh);
  visit("amount", s.row.amount);
  visit("average_price", s.row.average_price);
  visit("status", s.row.status);
  visit("start_at", s.row.start_at);
  visit("end_at", s.row.end_at);
  visit("started_at", s.row.started_at);
  visit("completed_at", s.row.completed_at);
  visit("start_soc_bp", s.row.start_soc_bp);
  visit("end_soc_bp", s.row.end_soc_bp);
  visit("power_w", s.row.power_w);
  visit("capacity_mwh", s.row.capacity_mwh);
  visit("counted", s.counted);
}

template <class T, class Visit>
void each_field(T& s, const Visit& visit) requires
    std::same_as<std::remove_const_t<T>, fold::PlannedSessionRow> {
  visit("session_id", s.session_id);
  visit("start_time", s.start_time);
  visit("end_time", s.end_time);
  visit("duration_hours", s.duration_hours);
  visit("energy_kwh", s.energy_kwh);
  visit("cost", s.cost);
  visit("savings", s.savings);
  visit("priority", s.priority);
  visit("status", s.status);
}

template <class T, class Visit>
void each_field(
    T& s, const Visit& visit) requires std::same_as<std::remove_const_t<T>, fold::DailyPlanRow> {
  visit("day", s.day);
  visit("created_at", s.created_at);
  visit("status", s.status);
  visit("sessions", s.sessions);
}

template <class T, class Visit>
void each_field(T& s,
                const Visit& visit) requires std::same_as<std::remove_const_t<T>, DocumentsState> {
  visit("today", s.today);
  visit("month", s.month);
  visit("last_month", s.last_month);
  visit("import_mwh", s.import_mwh);
  visit("import_at", s.import_at);
  visit("sessions", s.sessions);
  visit("plans", s.plans);
  visit("soc_drops_bp", s.soc_drops_bp);
}

struct Nothing {
  template <class T>
  void operator()(const char*, T&) const {}
};
template <class T>
concept Struct = requires(T& value) {
  each_field(value, Nothing());
};

struct Writer {
  static Json of(const UtcTime& time) { return to_us(time); }
  static Json of(const std::chrono::local_days& day) { return day.time_since_epoch().count(); }
  template <class T>
  static Json of(const std::optional<T>& value) {
    return value ? of(*value) : Json(nullptr);
  }
  template <class T>
  static Json of(const std::vector<T>& list) {
    Json json = Json::array();
    for (const T& each : list) json.push_back(of(each));
    return json;
  }
  static Json of(const std::map<std::int64_t, std::int64_t>& map) {
    Json json = Json::array();
    for (const auto& [key, value] : map) json.push_back({key, value});
    return json;
  }
  template <class T>
  static Json of(const T& value) {
    if constexpr (Struct<const T>) {
      Json json = Json::object();
      each_field(value, [&](const char* name, const auto& field) { json[name] = of(field); });
      return json;
    } else {
      return value;
    }
  }
};

struct Reader {
  static void into(UtcTime& time, const Json& json) {
    time = utc_from_us(json.get<std::int64_t>());
  }
  static void into(std::chrono::local_days& day, const Json& json) {
    day = std::chrono::local_days(std::chrono::days(json.get<std::int32_t>()));
  }
  template <class T>
  static void into(std::optional<T>& value, const Json& json) {
    value.reset();
    if (!json.is_null()) into(value.emplace(), json);
  }
  template <class T>
  static void into(std::vector<T>& list, const Json& json) {
    list.clear();
    for (const Json& each : json) into(list.emplace_back(), each);
  }
  static void into(std::map<std::int64_t, std::int64_t>& map, const Json& json) {
    map.clear();
    for (const Json& each : json)
      map[each.at(0).get<std::int64_t>()] = each.at(1).get<std::int64_t>();
  }
  template <class T>
  static void into(T& value, const Json& json) {
    if constexpr (Struct<T>)
      each_field(value, [&](const char* name, auto& field) { into(field, json.at(name)); });
    else
      json.get_to(value);
  }
};

}  // namespace

std::string documents_text(const DocumentsState& state) {
  return Writer::of(state).dump(-1, ' ', false, Json::error_handler_t::replace);
}

DocumentsState read_documents(const std::string& text) {
  DocumentsState state;
  Reader::into(state, Json::parse(text));
  return state;
}

}  // namespace wattledger::projections
