#include "replay/rollout/house_state.hpp"

#include <nlohmann/json.hpp>

#include "replay/house/submit.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::json;

constexpr std::size_t health_bytes_max = 1U << 20U;

std::string text_of(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string()
             ? object[name].get<std::string>()
             : std::string();
}

}  // namespace

HouseState house_state(const Place& place, const Owner& owner) {
  HouseState state;
  const auto answer = ask_daemon(place, "status", "{}");
  if (!answer) state.trouble = answer.error().line();
  if (answer && *answer) {
    const Json status = Json::parse(**answer, nullptr, /*allow_exceptions=*/false);
    state.running = status.is_object();
    if (state.running && status.contains("projections"))
      for (const Json& each : status["projections"])
        state.projections[text_of(each, "name")] = {text_of(each, "standing"),
                                                    text_of(each, "message"),
                                                    each.value("lag", std::uint64_t{0})};
    return state;
  }
  if (const auto holder = log::writer_lock_holder(place.log())) state.holder = *holder;
  const auto open = open_log(place);
  if (!open) return state;
  for (const ProjectionHere& each : owner.here(place, open->snapshot.meta()))
    state.projections[each.name] = {
        each.standing, each.message,
        open->snapshot.head().value - std::min(each.sequence, open->snapshot.head()).value};
  return state;
}

std::optional<HealthFile> health_file(const Place& place) {
  const auto text = read_regular_file(place.data / "health.json", health_bytes_max);
  if (!text) return std::nullopt;
  const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  HealthFile health{text_of(json, "at"), text_of(json, "overall"), {}, {}, {}};
  std::error_code unknown;
  health.written = std::filesystem::last_write_time(place.data / "health.json", unknown);
  if (!json.contains("items") || !json["items"].is_array()) return health;
  for (const Json& item : json["items"]) {
    const std::string name = text_of(item, "name");
    health.states[name] = text_of(item, "state");
    if (health.states[name] != "ok") health.details[name] = text_of(item, "detail");
  }
  return health;
}

std::string newly_failed(const std::optional<HealthFile>& before, const HealthFile& now) {
  std::string names;
  for (const auto& [name, state] : now.states) {
    const bool known =
        before && before->states.contains(name) && before->states.at(name) == "failed";
    if (state != "failed" || known) continue;
    const auto detail = now.details.find(name);
    names += (names.empty() ? "" : ", ") + name +
             (detail == now.details.end() ? "" : " (" + detail->second + ")");
  }
  return names;
}

std::filesystem::path live_tables(const Place& place, const Owner& owner) {
  return owner.wanted(place).sqlite_file;
}

}  // namespace wattledger::tool
