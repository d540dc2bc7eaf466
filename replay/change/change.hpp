// One change of a data directory, guarded: nothing begins before what it needs is there, and the
// log says that it began and how it ended (ChangeStarted, ChangeFinished).
//
// What is needed, by the configuration's `environment`:
//   production   consent, no other change, one of changes.windows or --now; of the log itself also
//                no forced charge or sale, and a verified backup of the last changes.fresh_backup_h
//   development  no other change; of the log itself also no forced charge or sale
//   test         no other change
//   (without --config nobody says which it is: production's, but for windows and backup)
// The disk and the log's writer lock are checked by what the change does.
#pragma once

#include <functional>
#include <string>

#include "replay/place.hpp"

namespace wattledger::tool {

struct Change {
  std::string verb;         // "replay"
  std::string arguments;    // as they were given
  std::string will;         // "replaces sqlite by what the log gives": for whoever is asked
  std::string instead;      // another way, behind "add --yes"; may be empty
  bool of_the_log = false;  // a restore, an import, a downgrade too: no rebuild brings it back
  bool asked = false;       // consent was given by a verb around this one
  bool yes = false;         // --yes
  bool now = false;         // --now: whatever the hour
  // Of an act whose time is over: what has come into force already is taken back. While the act
  // goes on; may be empty. How it stands then, for the message.
  std::function<std::string()> undo;
};

// How the house records it. This part knows neither the socket nor the writer lock: main() joins
// them.
struct ChangeHouse {
  // By the daemon, else under the writer lock.
  std::function<Result<Sequence>(const Place&, const std::string& event_json)> record;
  // Whether one runs there.
  std::function<bool(const Place&)> daemon_runs;
};

// What came of it, for the log.
struct ChangeEnd {
  std::string detail;   // of one that failed what was told last, unless `failed` is set
  bool failed = false;  // although it ends with findings: taken back
};
// What went wrong it has told.
using Act = std::function<Exit(ChangeEnd& end)>;

// The act, if all that it needs is there; else what is missing was told and nothing was done. Where
// no log is yet (a restore, a first import), both events are written behind the act. An act that
// takes longer than changes.time_limit_min ends with the process, as a power cut would end it,
// after `undo`: nothing half done stays in force.
[[nodiscard]] Exit guarded(const Invocation& invocation, const Place& place, const Change& change,
                           const ChangeHouse& house, const Act& act);

// Whether the act could begin: what is missing, with the remedy. Asks for no consent.
[[nodiscard]] Result<void> require_for(const Place& place, const Change& change);

}  // namespace wattledger::tool
