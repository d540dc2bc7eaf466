#include "coordinator/control/health_json.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "coordinator/control/time_json.hpp"

namespace wattledger::control {
namespace {

using Json = nlohmann::ordered_json;
using health::Health;
using health::Measured;

constexpr auto measures =
    std::to_array<std::pair<const char*, std::optional<std::uint64_t> Measured::*>>({
        {"resident_bytes", &Measured::resident_bytes},
        {"anonymous_bytes", &Measured::anonymous_bytes},
        {"cpu_ms", &Measured::cpu_ms},
        {"bytes_written", &Measured::bytes_written},
        {"disk_free_bytes", &Measured::disk_free_bytes},
        {"log_bytes", &Measured::log_bytes},
        {"commit_p50_us", &Measured::commit_p50_us},
        {"commit_p99_us", &Measured::commit_p99_us},
        {"poll_p99_ms", &Measured::poll_p99_ms},
        {"register_writes_today", &Measured::register_writes_today},
        {"uptime_s", &Measured::uptime_s},
    });

Json or_null(const std::optional<std::uint64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json measured_json(const std::optional<Measured>& measured, const ZoneOffsets& zone) {
  if (!measured) return nullptr;
  Json json = {{"at", offset_time_text(measured->at, zone)}};
  for (const auto& [name, member] : measures) json[name] = or_null((*measured).*member);
  return json;
}

Json figures_json(const health::HealthFigures& figures, const ZoneOffsets& zone) {
  Json json = {{"uptime_pct", nullptr}, {"uptime_s", nullptr}, {"uptime_of_s", nullptr}};
  if (figures.up && figures.span && figures.span->count() > 0) {
    const auto hundredths = figures.up->count() * 10'000 / figures.span->count();
    json["uptime_pct"] = static_cast<double>(hundredths) / 100;
    json["uptime_s"] = figures.up->count();
    json["uptime_of_s"] = figures.span->count();
  }
  json["backups"] = figures.backups;
  json["backups_ok"] = figures.backups_ok;
  json["measured"] = measured_json(figures.measured, zone);
  return json;
}

std::optional<Health> health_of(const std::string& name) {
  for (const Health each : {Health::ok, Health::degraded, Health::failed})
    if (name == health::health_name(each)) return each;
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(const Json& json, const char* name) {
  if (!json.is_object() || !json.contains(name) || !json[name].is_number_unsigned())
    return std::nullopt;
  return json[name].get<std::uint64_t>();
}

std::string text_of(const Json& json, const char* name) {
  return json.is_object() && json.contains(name) && json[name].is_string()
             ? json[name].get<std::string>()
             : std::string();
}

Result<UtcTime> time_of(const Json& json) { return parse_time(text_of(json, "at"), ZoneOffsets()); }

health::HealthFigures figures_of(const Json& json) {
  health::HealthFigures figures;
  if (const auto up = number_of(json, "uptime_s")) figures.up = std::chrono::seconds(*up);
  if (const auto span = number_of(json, "uptime_of_s")) figures.span = std::chrono::seconds(*span);
  figures.backups = number_of(json, "backups").value_or(0);
  figures.backups_ok = number_of(json, "backups_ok").value_or(0);
  if (!json.is_object() || !json.contains("measured")) return figures;
  const auto at = time_of(json["measured"]);
  if (!at) return figures;
  figures.measured.emplace();
  figures.measured->at = *at;
  for (const auto& [name, member] : measures)
    (*figures.measured).*member = number_of(json["measured"], name);
  return figures;
}

}  // namespace

std::string health_json(const health::HealthReport& report, const ZoneOffsets& zone,
                        std::optional<std::chrono::seconds> every) {
  Json json = {{"at", offset_time_text(report.at, zone)},
               {"overall", health::health_name(report.overall)},
               {"every_s", every ? Json(every->count()) : Json(nullptr)},
               {"items", Json::array()}};
  for (const health::HealthItem& item : report.items)
    json["items"].push_back({{"name", item.name},
                             {"state", health::health_name(item.state)},
                             {"detail", item.detail},
                             {"remedy", item.remedy}});
  json["figures"] = figures_json(report.figures, zone);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ReadHealth> read_health(const std::string& text) {
  const Failure corrupt =
      fail(ErrorKind::corrupt, "the health report is not one that is understood",
           "use the tool of the daemon's own version");
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto overall = health_of(text_of(json, "overall"));
  const auto at = time_of(json);
  if (!overall || !at || !json.contains("items") || !json["items"].is_array()) return corrupt;
  ReadHealth read;
  read.report.at = *at;
  read.report.overall = *overall;
  for (const Json& each : json["items"]) {
    const auto state = health_of(text_of(each, "state"));
    if (!state) return corrupt;
    read.report.items.push_back(
        {text_of(each, "name"), *state, text_of(each, "detail"), text_of(each, "remedy")});
  }
  if (json.contains("figures")) read.report.figures = figures_of(json["figures"]);
  if (const auto every = number_of(json, "every_s")) read.every = std::chrono::seconds(*every);
  return read;
}

}  // namespace wattledger::control
