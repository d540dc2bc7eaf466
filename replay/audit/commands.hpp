// wattledger audit …: what was decided, why, and whether it can be re-made. Read-only, but for the
// event that a report was made, which main.cpp hands on to the house; links neither inverter nor
// network, so that an audit cannot touch them even by mistake.
#pragma once

#include <functional>
#include <string>

#include "replay/command.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

// Appends the event of a report that was made, {"type": "ReportMade", …}: a seam, as owner.hpp's.
using ReportRecorder = std::function<Result<Sequence>(const Place&, const std::string& event_json)>;

void add_audit_list(CLI::App& audit, Invocation& invocation);
void add_audit_explain(CLI::App& audit, Invocation& invocation);
void add_audit_what_if(CLI::App& audit, Invocation& invocation);
void add_audit_verify(CLI::App& audit, Invocation& invocation);
void add_audit_prove(CLI::App& audit, Invocation& invocation);
void add_audit_report(CLI::App& audit, Invocation& invocation, ReportRecorder record);

}  // namespace wattledger::tool
