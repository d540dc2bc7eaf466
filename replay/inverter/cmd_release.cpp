// wattledger inverter release [--yes]: puts back the settings that the daemon found before it first
// steered. Writes to the inverter, not to the log.
#include <memory>

#include "replay/display.hpp"
#include "replay/inverter/commands.hpp"
#include "replay/inverter/steered_unit.hpp"

namespace wattledger::tool {
namespace {

struct Kept {
  inverter::RegisterWords words;
  std::string serial;
  std::string since;  // local time
};

// The newest that the log has.
Result<Kept> kept_settings(const Place& place) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto state = fold_all(place.data, open->snapshot);
  if (!state) return Failure(state.error());
  const Sequence at = state->inverter.settings_found;
  if (at == Sequence{0})
    return fail(ErrorKind::not_found,
                "the log in " + place.log().string() + " has no settings to put back",
                "a daemon keeps them when it first reaches the inverter; what was steered since "
                "ends with inverter set mode general");
  const auto record = open->snapshot.at(at);
  if (!record) return Failure(record.error());
  const auto* found = record->event.as<fb::InverterSettingsFound>();
  Kept kept;
  if (found == nullptr || found->settings() == nullptr) return kept;
  if (found->serial() != nullptr) kept.serial = found->serial()->str();
  kept.since = local_text(record->recorded_at, house_zone(open->snapshot));
  for (const fb::RegisterWords* run : *found->settings()) {
    if (run->words() == nullptr) continue;
    kept.words.emplace_back(run->address(),
                            std::vector<std::uint16_t>(run->words()->begin(), run->words()->end()));
  }
  return kept;
}

Exit run(const Invocation& invocation, const UnitWish& wish) {
  const auto options = options_of(invocation, wish.address);
  if (!options) return refused(options.error());
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  // Whatever --host says: it is this log's inverter that is given back.
  if (!wish.direct && log::writer_lock_holder(place->log()))
    return cannot(daemon_polls("giving it back"));
  const auto kept = kept_settings(*place);
  if (!kept) return cannot(kept.error());

  SteeredUnit unit(*options);
  if (const auto looked = unit.look(); !looked) return cannot(looked.error());
  if (!kept->serial.empty() && kept->serial != unit.device().serial)
    return cannot({ErrorKind::foreign,
                   "the settings in this log are of inverter " + kept->serial + ", and " +
                       unit.device().serial + " is another",
                   "give the --config or --data of its own house"});
  const auto now = unit.settings();
  if (!now) return cannot(now.error());
  return unit.carry_out(invocation, inverter::writes_for_restore(kept->words, *now), wish.yes,
                        "put these settings back",
                        "the settings found " + kept->since +
                            " stand again; a daemon whose control is on steers anew");
}

}  // namespace

void add_inverter_release(CLI::App& parent, Invocation& invocation) {
  CLI::App* command = add_command(
      parent, "release",
      "Gives the inverter back: the settings found before the daemon first steered, from the log. "
      "Shows each register, asks, writes, reads back. No daemon may run.",
      "wattledger --config house.yaml inverter release");
  const auto wish = std::make_shared<UnitWish>();
  add_unit(*command, *wish);
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
