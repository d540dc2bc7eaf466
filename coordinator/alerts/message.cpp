#include "coordinator/alerts/message.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wattledger::alerts {
namespace {

const char* state_of(const Message& message) { return message.ended ? "ended" : "raised"; }

const std::string& detail_of(const Message& message) {
  return message.ended ? message.ended->detail : message.raised.detail;
}

}  // namespace

std::string local_time_text(UtcTime at, std::chrono::seconds utc_offset) {
  const auto whole = std::chrono::floor<seconds>(at);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(utc_offset).count();
  const auto two = [](std::int64_t number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  const std::int64_t away = minutes < 0 ? -minutes : minutes;
  return iso_text(LocalTime(whole.time_since_epoch() + utc_offset)).substr(0, 19) +
         (minutes < 0 ? "-" : "+") + two(away / 60) + ":" + two(away % 60);
}

std::string message_json(const Message& message) {
  using Json = nlohmann::ordered_json;
  const Raised& raised = message.raised;
  const auto offset = message.ended ? message.ended->utc_offset : raised.utc_offset;
  Json json{{"alert", raised.alert},
            {"state", state_of(message)},
            {"severity", fb::EnumNameSeverity(raised.severity)},
            {"detail", detail_of(message)},
            {"since", local_time_text(raised.at, raised.utc_offset)},
            {"at", local_time_text(message.at(), offset)},
            {"house", message.house},
            {"sequence", message.sequence().value},
            {"test", message.test}};
  if (raised.measured) json["measured"] = *raised.measured;
  if (raised.limit) json["limit"] = *raised.limit;
  const Named* known = condition_of(raised.alert);
  if (known != nullptr && !known->unit.empty() && (raised.measured || raised.limit))
    json["unit"] = known->unit;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::pair<std::string, std::string>> message_variables(const Message& message) {
  const Raised& raised = message.raised;
  std::vector<std::pair<std::string, std::string>> variables{
      {"WATTLEDGER_ALERT", raised.alert},
      {"WATTLEDGER_STATE", state_of(message)},
      {"WATTLEDGER_SEVERITY", fb::EnumNameSeverity(raised.severity)},
      {"WATTLEDGER_DETAIL", detail_of(message)},
      {"WATTLEDGER_SINCE", local_time_text(raised.at, raised.utc_offset)}};
  if (message.test) variables.emplace_back("WATTLEDGER_TEST", "1");
  return variables;
}

bool wants(const config::AlertReceiver& receiver, const Raised& raised) {
  const auto& named = receiver.conditions;
  return raised.severity >= receiver.least &&
         (named.empty() || std::find(named.begin(), named.end(), raised.alert) != named.end());
}

}  // namespace wattledger::alerts
