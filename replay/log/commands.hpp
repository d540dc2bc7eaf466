// wattledger log …: looks at the log itself. Read-only but for archive and compact. Taking archived
// records out of the log is its owner's act, which main() hands in; log checkpoint, which writes,
// is in house/.
#pragma once

#include "replay/change/change.hpp"
#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

void add_log_check_proof(CLI::App& log, Invocation& invocation);
void add_log_key(CLI::App& log, Invocation& invocation);
void add_log_prove(CLI::App& log, Invocation& invocation);
void add_log_stat(CLI::App& log, Invocation& invocation);
// What log stat says with --format json.
[[nodiscard]] Result<std::string> log_stat_json(const OpenLog& open);
void add_log_cat(CLI::App& log, Invocation& invocation);
void add_log_tail(CLI::App& log, Invocation& invocation);
// Appends an event, by the daemon or under the writer lock, as JSON of the verb `append`.
using Recorder = std::function<Result<Sequence>(const Place&, const std::string& event_json)>;
void add_log_verify(CLI::App& log, Invocation& invocation, Recorder record);
void add_log_archive(CLI::App& log, Invocation& invocation, Retirer retirer, ChangeHouse house);
// What log archive does, up to a record, once it is agreed to.
Exit archive_up_to(const Invocation& invocation, const Place& place, Sequence last,
                   const Retirer& retirer);
void add_log_compact(CLI::App& log, Invocation& invocation, ChangeHouse house);
void add_log_salvage(CLI::App& log, Invocation& invocation);

}  // namespace wattledger::tool
