// wattledger change list [--limit N]: what was changed here, newest first.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "replay/change/commands.hpp"
#include "replay/change/history.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t usual_limit = 20;

std::optional<std::chrono::seconds> took(const PastChange& change) {
  if (!change.finished_at) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*change.finished_at - change.started_at);
}

Json to_json(const PastChange& change, bool at_work) {
  return {{"id", change.id.empty() ? Json(nullptr) : Json(change.id)},
          {"sequence", change.started.value},
          {"started_at", utc_text(change.started_at)},
          {"finished_at", change.finished_at ? Json(utc_text(*change.finished_at)) : Json(nullptr)},
          {"verb", change.verb},
          {"arguments", change.arguments},
          {"by", change.by},
          {"result", change.outcome(at_work)},
          {"detail", change.detail}};
}

void print(const PastChange& change, bool at_work, const ZoneOffsets& zone) {
  const auto duration = took(change);
  say(fmt::format("{:<10} {}  {:<11} {:>8}  {} {}", change.name(),
                  local_text(change.started_at, zone), change.outcome(at_work),
                  duration ? duration_text(*duration) : "", change.verb, change.arguments));
}

Exit run(const Invocation& invocation, std::uint64_t limit) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto changes = past_changes(open->snapshot, limit);
  if (!changes) return cannot(changes.error());
  const bool locked = log::writer_lock_holder(place->data / change_lock_directory).has_value();
  const ZoneOffsets zone = house_zone(open->snapshot);
  for (const PastChange& each : *changes) {
    // One at a time: only the newest can be at work.
    const bool at_work = locked && &each == &changes->front();
    if (invocation.format == Format::json)
      say(to_json(each, at_work).dump(-1, ' ', false, Json::error_handler_t::replace));
    else
      print(each, at_work, zone);
  }
  if (changes->empty() && invocation.format == Format::text) say("nothing was ever changed");
  return Exit::done;
}

}  // namespace

void add_change_list(CLI::App& change, Invocation& invocation) {
  CLI::App* command = add_command(
      change, "list",
      "List what was changed in this data directory, newest first: replays, imports, archives, "
      "rollouts, the upkeep of the SQLite file. Read-only.",
      "wattledger change list --limit 5");
  const auto limit = std::make_shared<std::uint64_t>(usual_limit);
  add_count(*command, "--limit", *limit, "How many (default 20)");
  on_call(*command, invocation, [&invocation, limit] { return run(invocation, *limit); });
}

}  // namespace wattledger::tool
