// What a receiver is told: one alert, raised or ended. Values only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "coordinator/alerts/history.hpp"
#include "coordinator/config/config.hpp"

namespace wattledger::alerts {

struct Message {
  Raised raised;
  std::optional<Ended> ended;
  std::string house;
  bool test = false;  // nothing happened: somebody tries the receiver

  // Of the event that it tells.
  [[nodiscard]] Sequence sequence() const { return ended ? ended->sequence : raised.sequence; }
  [[nodiscard]] UtcTime at() const { return ended ? ended->at : raised.at; }
};

// A time as a person there wrote it: "2025-10-01T02:00:08+02:00".
[[nodiscard]] std::string local_time_text(UtcTime at, std::chrono::seconds utc_offset);

// {"alert", "state": "raised" | "ended", "severity", "detail", "since", "at", "house", "sequence",
// "test"} and, where there are any, "measured", "limit", "unit".
[[nodiscard]] std::string message_json(const Message& message);

// WATTLEDGER_ALERT, _STATE, _SEVERITY, _DETAIL, _SINCE, and _TEST=1 of a test.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> message_variables(
    const Message& message);

// Whether a receiver wants to know, by the condition's name and the severity it was raised with.
[[nodiscard]] bool wants(const config::AlertReceiver& receiver, const Raised& raised);

}  // namespace wattledger::alerts
