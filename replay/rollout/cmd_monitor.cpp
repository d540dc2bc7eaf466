// wattledger rollout monitor [--once] [--every SECONDS]: rates, sizes, lag, the last decision and
// error, and the triggers of a rollback with their thresholds. Read-only.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "replay/display.hpp"
#include "replay/rollout/commands.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t usual_every_s = 5;

struct Wish {
  bool once = false;
  std::uint64_t every_s = usual_every_s;
};

// A look, and what stands around it.
struct View {
  Look look;
  HouseState house;
  std::uint64_t files_bytes = 0;
  std::optional<std::uint64_t> free;
  CheckResults triggers;
};

Result<View> view_of(const Place& place, const Owner& owner) {
  auto look = look_at(place, live_tables(place, owner));
  if (!look) return Failure(look.error());
  View view;
  view.look = *std::move(look);
  view.house = house_state(place, owner);
  view.files_bytes = bytes_under(place.data / "out");
  view.free = disk_free(place.data);
  view.triggers = rollback_triggers(view.look, owner.wanted(place).sqlite);
  return view;
}

std::string rates(const LogFigures& log) {
  const auto of = [&](const char* kind) {
    const auto found = log.hour.find(kind);
    return found == log.hour.end() ? std::uint64_t{0} : found->second;
  };
  return fmt::format("{} events an hour: {} readings, {} decisions, {} commands", log.hour_all,
                     of("ReadingRecorded"), of("DecisionMade"), of("CommandIssued"));
}

std::string text_of(const View& view) {
  std::string text =
      fmt::format("{:<12}{}, {}\n", "rollout", local_text(view.look.at, view.look.zone),
                  view.house.running ? "the daemon answers" : "no daemon answers");
  const auto line = [&](const std::string& name, const std::string& value) {
    text += fmt::format("{:<12}{}\n", name, value);
  };
  line("rates", rates(view.look.log));
  std::string sizes = fmt::format(
      "log {} ({} records), tables {} and {} of write-ahead log, files {}",
      bytes_text(view.look.log.bytes), view.look.log.head.value, bytes_text(view.look.tables.bytes),
      bytes_text(view.look.tables.wal_bytes), bytes_text(view.files_bytes));
  if (view.free) sizes += ", free " + bytes_text(*view.free);
  line("sizes", sizes);
  for (const auto& [name, state] : view.house.projections)
    line(name, fmt::format("{}, {} records behind{}", state.standing, state.lag,
                           state.message.empty() ? "" : ": " + state.message));
  line("decision", view.look.log.last_decision
                       ? local_text(*view.look.log.last_decision, view.look.zone) + "  " +
                             view.look.log.decision
                       : std::string("none within a day"));
  line("error",
       view.look.text.last_error.empty() ? "none in the text log" : view.look.text.last_error);
  text += "rollback when\n";
  for (const CheckResult& each : view.triggers)
    text += fmt::format("  {:<6} {:<14} {}\n", each.level == Level::fail ? "[FAIL]" : "[OK]",
                        each.check, each.text);
  return text;
}

Json json_of(const View& view) {
  Json projections = Json::array(), triggers = Json::array();
  for (const auto& [name, state] : view.house.projections)
    projections.push_back({{"name", name}, {"standing", state.standing}, {"lag", state.lag}});
  for (const CheckResult& each : view.triggers)
    triggers.push_back(
        {{"trigger", each.check}, {"fires", each.level == Level::fail}, {"text", each.text}});
  return {
      {"at", utc_text(view.look.at)},
      {"running", view.house.running},
      {"events_last_hour", view.look.log.hour_all},
      {"head", view.look.log.head.value},
      {"log_bytes", view.look.log.bytes},
      {"table_bytes", view.look.tables.bytes},
      {"wal_bytes", view.look.tables.wal_bytes},
      {"file_bytes", view.files_bytes},
      {"disk_free_bytes", view.free ? Json(*view.free) : Json(nullptr)},
      {"projections", std::move(projections)},
      {"last_decision_at",
       view.look.log.last_decision ? Json(utc_text(*view.look.log.last_decision)) : Json(nullptr)},
      {"last_decision", view.look.log.decision},
      {"last_error", view.look.text.last_error},
      {"triggers", std::move(triggers)}};
}

Exit show(const Invocation& invocation, const Place& place, const Owner& owner, bool redraw) {
  const auto view = view_of(place, owner);
  if (!view) return cannot(view.error());
  if (redraw) std::fputs("\x1b[H\x1b[2J", stdout);
  if (invocation.format == Format::json) {
    say(json_of(*view).dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    std::string text = text_of(*view);
    text.pop_back();
    say(text);
  }
  std::fflush(stdout);
  return exit_of(view->triggers);
}

Exit run(const Invocation& invocation, const Wish& wish, const Owner& owner) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const bool redraw =
      !wish.once && invocation.format == Format::text && ::isatty(STDOUT_FILENO) == 1;
  while (true) {
    const Exit exit = show(invocation, *place, owner, redraw);
    if (wish.once || exit == Exit::cannot || std::ferror(stdout) != 0) return exit;
    std::this_thread::sleep_for(std::chrono::seconds(wish.every_s));
  }
}

}  // namespace

void add_rollout_monitor(CLI::App& rollout, Invocation& invocation, Owner owner) {
  CLI::App* command = add_command(
      rollout, "monitor",
      "Watch a rollout until Ctrl-C: events an hour, sizes, how far each projection is behind, the "
      "last decision and error, and when to go back. With --once one look for cron: exit code 1 "
      "when a trigger fires. Read-only.",
      "wattledger --config house.yaml rollout monitor\n  wattledger --config house.yaml rollout "
      "monitor --once");
  const auto wish = std::make_shared<Wish>();
  add_flag(*command, "--once", wish->once, "One look, then end");
  add_count(*command, "--every", wish->every_s, "Seconds between two looks (default 5)");
  on_call(*command, invocation,
          [&invocation, wish, owner = std::move(owner)] { return run(invocation, *wish, owner); });
}

}  // namespace wattledger::tool
