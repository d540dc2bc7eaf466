// wattledger import verify [--db FILE] [--out DIR] [--state DIR]: whether a replay of the log gives
// the originals back. Builds aside; writes nothing that stays.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "replay/legacy_import/commands.hpp"
#include "replay/legacy_import/verify.hpp"

namespace wattledger::tool {
namespace {

void tell(const Invocation& invocation, const VerifyReport& report) {
  if (invocation.format == Format::json) {
    say(nlohmann::ordered_json({{"rows", report.rows},
                                {"files", report.files},
                                {"byte_equal", report.byte_equal},
                                {"differences", report.differences},
                                {"lines", report.lines},
                                {"left_aside", report.aside}})
            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  for (const std::string& line : report.lines) say(line);
  if (report.differences > report.lines.size())
    say(fmt::format("… and {} more", report.differences - report.lines.size()));
  for (const std::string& file : report.aside)
    say("left aside  " + file + ": nothing of the older system's");
  say(fmt::format("{} rows and {} files compared, {} of the files byte by byte the same; {}",
                  report.rows, report.files, report.byte_equal,
                  report.differences == 0   ? "no differences"
                  : report.differences == 1 ? "1 difference"
                                            : std::to_string(report.differences) + " differences"));
}

Exit run(const Invocation& invocation, const Originals& originals) {
  if (originals.empty())
    return usage("nothing to compare with was named",
                 "give --db FILE, --out DIR, --state DIR, or several");
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto report = verify_originals(invocation, *place, originals);
  if (!report) return cannot(report.error());
  tell(invocation, *report);
  return report->differences == 0 ? Exit::done : Exit::findings;
}

}  // namespace

void add_import_verify(CLI::App& parent, Invocation& invocation) {
  CLI::App* command =
      add_command(parent, "verify",
                  "Replay the log to the older system's newest shape, aside, and compare with its "
                  "originals: each "
                  "row in every column, each file byte by byte, else record by record. Exit code 1 "
                  "when something "
                  "differs.",
                  "wattledger import verify --db data/goodwe_energy.db --out out --state data");
  const auto wish = std::make_shared<Originals>();
  add_originals(*command, *wish);
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
