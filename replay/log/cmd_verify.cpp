// wattledger log verify: reads every record and says what is wrong; exit code 1 with findings.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "log/verification.hpp"
#include "replay/log/commands.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

void print_json(const log::Verification& verification) {
  Json result = {{"records", verification.records},
                 {"root", verification.root.hex()},
                 {"complete", verification.complete},
                 {"findings", Json::array()}};
  for (const log::Finding& finding : verification.findings)
    result["findings"].push_back({{"kind", log::finding_name(finding.kind)},
                                  {"sequence", finding.sequence.value},
                                  {"what", finding.what},
                                  {"remedy", finding.remedy}});
  say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_text(const log::Verification& verification) {
  for (const log::Finding& finding : verification.findings)
    say(fmt::format("{:>8}  {:<15}  {}{}{}", finding.sequence.value,
                    log::finding_name(finding.kind), finding.what,
                    finding.remedy.empty() ? "" : "; ", finding.remedy));
  if (!verification.complete)
    say(fmt::format("stopped looking after {} findings", verification.findings.size()));
  const std::string found = verification.findings.empty() ? "no findings"
                            : verification.findings.size() == 1
                                ? "1 finding"
                                : fmt::format("{} findings", verification.findings.size());
  say(fmt::format("{} records read, root {}, {}", verification.records, verification.root.hex(),
                  found));
}

Exit run(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto verification = log::verify(open->snapshot);
  if (!verification) return cannot(verification.error());
  if (invocation.format == Format::json)
    print_json(*verification);
  else
    print_text(*verification);
  return verification->findings.empty() ? Exit::done : Exit::findings;
}

}  // namespace

void add_log_verify(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(log, "verify",
                                  "Read every record and check it: bytes, order, times, Merkle "
                                  "tree. Exit code 1 with findings. "
                                  "Repairs nothing. Read-only.",
                                  "wattledger log verify && echo sound");
  command->callback([&invocation] { invocation.run = [&invocation] { return run(invocation); }; });
}

}  // namespace wattledger::tool
