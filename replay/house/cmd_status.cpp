// wattledger status: the house on one screen. Asks the daemon; without one, folds the log.

#include <nlohmann/json.hpp>

#include "coordinator/control/status.hpp"
#include "log/room.hpp"
#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/health_here.hpp"
#include "replay/house/projections_here.hpp"
#include "replay/house/screen.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

Result<std::string> from_log(const Place& place, fold::Language language,
                             const std::string& holder) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto state = fold_all(place.data, open->snapshot);
  if (!state) return Failure(state.error());
  const log::Meta& meta = open->snapshot.meta();

  control::StatusExtras extras;
  extras.version = version();
  extras.holder = holder;
  extras.language = language;
  extras.data = place.data.string();
  extras.demo = meta.demo;
  extras.log = meta.uuid;
  extras.head = meta.head;
  extras.projections = projection_status(place, meta);
  if (const auto room = log::room_of(open->log))
    for (log::RoomWarning& warning : log::room_warnings(*room))
      extras.warnings.push_back(std::move(warning.line));
  extras.health = control::health_json(judge_from_log(place, *open, *state, holder),
                                       state->site.zone, std::nullopt);
  control::StatusRecords records;
  std::optional<log::RecordView> record;
  control::take_records(
      *state,
      [&](Sequence sequence) -> const EventView* {
        auto found = open->snapshot.at(sequence);
        if (!found) return nullptr;
        record.emplace(*std::move(found));
        return &record->event;
      },
      records, extras);
  return control::status_json(*state, house_now(open->snapshot), extras);
}

Result<std::string> ask_or_fold(const Place& place, fold::Language language) {
  const nlohmann::json args{{"language", fold::language_code(language)}};
  auto answer = ask_daemon(place, "status", args.dump());
  if (answer && *answer) return **std::move(answer);
  if (!answer) note(answer.error().line());
  return from_log(place, language, log::writer_lock_holder(place.log()).value_or(""));
}

Exit run(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto status = ask_or_fold(*place, invocation.language);
  if (!status) return cannot(status.error());
  if (invocation.format == Format::json) {
    say(*status);
    return Exit::done;
  }
  const auto screen = status_screen(*status);
  if (!screen) return cannot(screen.error());
  say(*screen);
  return Exit::done;
}

}  // namespace

void add_status(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(app, "status",
                                  "The house on one screen: charge, powers, price, what is being "
                                  "done and why, faults. Asks the daemon; "
                                  "without one it shows what the log knows. Read-only.",
                                  "wattledger status");
  on_call(*command, invocation, [&invocation] { return run(invocation); });
}

}  // namespace wattledger::tool
