// wattledger audit verify [--from T] [--to T]: re-makes every decision and compares; exit code 1
// when one differs.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "replay/audit/commands.hpp"
#include "replay/audit/remake.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/progress.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

// A log of another engine revision has as many findings as decisions: they are counted, not all
// told.
constexpr std::size_t findings_told_max = 1'000;

void print_finding(const Finding& finding, const ZoneOffsets& zone) {
  say(fmt::format("{:>8}  {}  {}: {}", finding.sequence.value, local_text(finding.at, zone),
                  answer_name(finding.answer), finding.why));
  for (const FieldDifference& each : finding.differences)
    say(fmt::format("{:>10}{}: recorded {}, re-made {}", "", each.field, each.recorded,
                    each.remade));
}

Json finding_json(const Finding& finding) {
  Json result = {{"sequence", finding.sequence.value},
                 {"at", utc_text(finding.at)},
                 {"answer", answer_name(finding.answer)},
                 {"why", finding.why},
                 {"fields", Json::array()}};
  for (const FieldDifference& each : finding.differences)
    result["fields"].push_back(
        {{"field", each.field}, {"recorded", each.recorded}, {"remade", each.remade}});
  return result;
}

std::string summary(const RemakeReport& report) {
  if (report.decisions == 0) return "no decisions in this period";
  return fmt::format(
             "{} decisions re-made: {} identical, {} differ, {} by another engine revision, {} not "
             "reproducible",
             report.decisions, report.identical, report.differs, report.other_revision,
             report.not_reproducible) +
         (report.imported == 0
              ? ""
              : fmt::format(" ({} of them imported: what they rested on was never recorded)",
                            report.imported));
}

void print_summary(const RemakeReport& report, bool json, const Json& findings,
                   std::uint64_t untold) {
  if (!json) {
    if (untold != 0) say(fmt::format("… and {} more like these", untold));
    say(summary(report));
    return;
  }
  say(Json{{"decisions", report.decisions},
           {"identical", report.identical},
           {"differs", report.differs},
           {"other_revision", report.other_revision},
           {"not_reproducible", report.not_reproducible},
           {"imported", report.imported},
           {"findings_untold", untold},
           {"findings", findings}}
          .dump(-1, ' ', false, Json::error_handler_t::replace));
}

Exit run(const Invocation& invocation, const PeriodWish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  const auto period = parse_period(wish, zone, clock_now());
  if (!period) return usage(period.error().what, period.error().remedy);

  const bool json = invocation.format == Format::json;
  Json findings = Json::array();
  std::size_t told = 0;
  std::uint64_t untold = 0;
  std::optional<Progress> progress(std::in_place, invocation, "re-making decisions");
  const auto report = remake_decisions(
      open->snapshot, *period,
      [&](const Finding& finding) {
        if (told == findings_told_max) {
          ++untold;
          return;
        }
        ++told;
        if (json)
          findings.push_back(finding_json(finding));
        else
          print_finding(finding, zone);
      },
      [&](Sequence done) { progress->at(done.value, open->snapshot.head().value); });
  progress.reset();
  if (!report) return cannot(report.error());
  print_summary(*report, json, findings, untold);
  return report->differs == 0 ? Exit::done : Exit::findings;
}

}  // namespace

void add_audit_verify(CLI::App& audit, Invocation& invocation) {
  CLI::App* command = add_command(
      audit, "verify",
      "Re-make every decision from the log before it and compare: the same past must give the same "
      "decision, to the byte. Exit code 1 when one differs. Read-only.",
      "wattledger audit verify --from 2025-10-01 --to 2025-11-01");
  const auto wish = std::make_shared<PeriodWish>();
  add_period(*command, *wish);
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
