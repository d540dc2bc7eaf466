// wattledger rollout preflight | verify | backup: before, after, and what a way back rests on.
#include <memory>

#include "replay/rollout/commands.hpp"

namespace wattledger::tool {

void add_rollout_preflight(CLI::App& rollout, Invocation& invocation, Owner owner) {
  CLI::App* command = add_command(
      rollout, "preflight",
      "Check what a rollout needs: directories by writing to them, disk, configuration, daemon, "
      "schema, rows, newest times, integrity, write-ahead log, freshness, the text log. Exit code "
      "1 where something fails.",
      "wattledger --config house.yaml rollout preflight");
  on_call(*command, invocation, [&invocation, owner = std::move(owner)] {
    const auto place = find_place(invocation);
    if (!place) return cannot(place.error());
    const CheckResults findings = preflight(invocation, *place, owner);
    tell_findings(invocation, "preflight", findings);
    return exit_of(findings);
  });
}

void add_rollout_verify(CLI::App& rollout, Invocation& invocation, Owner owner) {
  CLI::App* command = add_command(
      rollout, "verify",
      "Check that what the configuration asks for is there: each projection fed and how far "
      "behind, schema, rows, newest times, integrity, files, freshness, the text log. Exit code 1 "
      "where something fails.",
      "wattledger --config house.yaml rollout verify");
  on_call(*command, invocation, [&invocation, owner = std::move(owner)] {
    const auto place = find_place(invocation);
    if (!place) return cannot(place.error());
    const CheckResults findings = verify_rollout(*place, owner);
    tell_findings(invocation, "verify", findings);
    return exit_of(findings);
  });
}

void add_rollout_backup(CLI::App& rollout, Invocation& invocation, RolloutHouse house) {
  CLI::App* command = add_command(
      rollout, "backup",
      "Take a verified backup of the log, as wattledger backup create does: tables and files are "
      "made from it. Writes the backup and one event.",
      "wattledger --config house.yaml rollout backup");
  on_call(*command, invocation,
          [&invocation, house = std::move(house)] { return house.create_backup(invocation); });
}

}  // namespace wattledger::tool
