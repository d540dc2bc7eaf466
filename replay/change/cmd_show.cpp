// wattledger change show ID: one change, how it ended, and what the log got meanwhile.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "replay/change/commands.hpp"
#include "replay/change/history.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;
using Counts = std::map<std::string, std::uint64_t>;

// By kind, between the two events; up to the log's end where it has none.
Result<Counts> events_between(const log::Snapshot& snapshot, const PastChange& change) {
  Counts counts;
  const Sequence last = change.finished ? Sequence{change.finished->value - 1} : snapshot.head();
  if (last <= change.started) return counts;
  WATTLEDGER_TRY(snapshot.scan(change.started.next(), last,
                               [&](const log::RecordView& record) -> Result<bool> {
                                 ++counts[std::string(kind_name(record.event.kind()))];
                                 return true;
                               }));
  return counts;
}

Json to_json(const PastChange& change, const Counts& counts, bool at_work) {
  Json json = {
      {"id", change.id.empty() ? Json(nullptr) : Json(change.id)},
      {"verb", change.verb},
      {"arguments", change.arguments},
      {"by", change.by},
      {"result", change.outcome(at_work)},
      {"detail", change.detail},
      {"started", change.started.value},
      {"started_at", utc_text(change.started_at)},
      {"finished", change.finished ? Json(change.finished->value) : Json(nullptr)},
      {"finished_at", change.finished_at ? Json(utc_text(*change.finished_at)) : Json(nullptr)},
      {"took_ms", nullptr},
      {"events", Json::object()}};
  if (change.finished_at)
    json["took_ms"] =
        std::chrono::floor<std::chrono::milliseconds>(*change.finished_at - change.started_at)
            .count();
  for (const auto& [kind, count] : counts) json["events"][kind] = count;
  return json;
}

void print(const PastChange& change, const Counts& counts, bool at_work, const ZoneOffsets& zone) {
  const auto line = [](const char* name, const std::string& value) {
    if (!value.empty()) say(fmt::format("{:<11}{}", name, value));
  };
  line("change", change.id.empty() ? change.name() : change.id);
  line("verb", change.verb);
  line("arguments", change.arguments);
  line("by", change.by);
  line("started",
       fmt::format("{}, record {}", local_text(change.started_at, zone), change.started.value));
  if (change.finished)
    line("finished", fmt::format("{}, record {}", local_text(*change.finished_at, zone),
                                 change.finished->value));
  if (change.finished_at)
    line("took",
         fmt::format(
             "{:.1f} s",
             std::chrono::duration<double>(*change.finished_at - change.started_at).count()));
  line("result", change.outcome(at_work));
  line("detail", change.detail);
  std::string between;
  for (const auto& [kind, count] : counts)
    between += fmt::format("{}{} {}", between.empty() ? "" : ", ", count, kind);
  line("meanwhile", between.empty() ? "nothing was recorded" : between);
}

Exit run(const Invocation& invocation, const std::string& id) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto change = find_change(open->snapshot, id);
  if (!change) return cannot(change.error());
  const auto counts = events_between(open->snapshot, *change);
  if (!counts) return cannot(counts.error());
  const bool at_work = log::writer_lock_holder(place->data / change_lock_directory).has_value();
  if (invocation.format == Format::json)
    say(to_json(*change, *counts, at_work).dump(-1, ' ', false, Json::error_handler_t::replace));
  else
    print(*change, *counts, at_work, house_zone(open->snapshot));
  return Exit::done;
}

}  // namespace

void add_change_show(CLI::App& change, Invocation& invocation) {
  CLI::App* command = add_command(
      change, "show",
      "Show one change: its verb and arguments, when it began and ended, how, and what the log got "
      "meanwhile. Read-only.",
      "wattledger change show 1f9c02ab");
  const auto id = std::make_shared<std::string>();
  add_text(*command, "id", *id, "The beginning of its id, or #RECORD; see change list")
      .type_name("ID")
      .required();
  on_call(*command, invocation, [&invocation, id] { return run(invocation, *id); });
}

}  // namespace wattledger::tool
