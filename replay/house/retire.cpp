#include "replay/house/retire.hpp"

#include <nlohmann/json.hpp>

#include "log/retire.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

// Some commits on a slow disk.
constexpr std::chrono::minutes answer_time_max{1};

// The daemon does some commits at a time, so that its answer comes in time. Nothing when there is
// no daemon.
Result<std::optional<std::string>> retire_by_daemon(const Place& place, Sequence last) {
  std::uint64_t first = 0;
  while (true) {
    const auto answer =
        ask_daemon(place, "retire", nlohmann::json{{"last", last.value}}.dump(), answer_time_max);
    if (!answer) return Failure(answer.error());
    if (!*answer) return std::optional<std::string>();
    const auto json = nlohmann::json::parse(**answer, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("done") || !json["done"].is_boolean() ||
        !json.contains("first") || !json["first"].is_number_unsigned())
      return fail(ErrorKind::corrupt,
                  "the daemon's answer does not say how far it came: " + **answer,
                  "look with wattledger log stat");
    if (json["done"].get<bool>()) return std::optional<std::string>("the daemon");
    const auto now = json["first"].get<std::uint64_t>();
    if (now <= first)
      return fail(ErrorKind::timed_out,
                  "the daemon does not get beyond record " + std::to_string(now),
                  "look at its log, then archive again");
    first = now;
  }
}

Result<std::string> retire_locked(const Place& place, Sequence last) {
  const auto lock = take_lock(place);
  if (!lock) return Failure(lock.error());
  auto log = log::Log::open(place.log());
  if (!log) return Failure(log.error());
  auto events = log::archived_events(*log, last);
  if (!events) return Failure(events.error());
  for (fb::EventT& event : *events)
    if (const auto appended = append_locked(*log, *lock, std::move(event)); !appended)
      return Failure(appended.error());
  if (const auto retired = log::retire(*log, *lock, last); !retired)
    return Failure(retired.error());
  return std::string("wattledger, as no daemon is running");
}

Result<std::string> retire(const Place& place, Sequence last) {
  auto done = retire_by_daemon(place, last);
  if (!done) return Failure(done.error());
  return *done ? Result<std::string>(**std::move(done)) : retire_locked(place, last);
}

}  // namespace

Retirer house_retirer() { return retire; }

}  // namespace wattledger::tool
