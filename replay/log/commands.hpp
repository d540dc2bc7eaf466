// wattledger log …: looks at the log itself. Read-only but for archive and compact. Taking archived
// records out of the log is its owner's act, which main() hands in.
#pragma once

#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

void add_log_stat(CLI::App& log, Invocation& invocation);
void add_log_cat(CLI::App& log, Invocation& invocation);
void add_log_tail(CLI::App& log, Invocation& invocation);
void add_log_verify(CLI::App& log, Invocation& invocation);
void add_log_archive(CLI::App& log, Invocation& invocation, Retirer retirer);
void add_log_compact(CLI::App& log, Invocation& invocation);

}  // namespace wattledger::tool
