// wattledger audit verify [--from T] [--to T] [--from-first] [--jobs N] [--key KEY] [--against
// FILE]: re-makes every decision and compares, and checks the log that they are made from; exit
// code 1 when one differs or anything is damaged.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "replay/audit/commands.hpp"
#include "replay/audit/integrity.hpp"
#include "replay/audit/remake_ranges.hpp"
#include "replay/audit/witness.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/progress.hpp"
#include "replay/trust.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

// A log of another engine revision has as many findings as decisions: they are counted, not all
// told.
constexpr std::size_t findings_told_max = 1'000;

void print_finding(const Remade& finding, const ZoneOffsets& zone) {
  say(fmt::format("{:>8}  {}  {}: {}", finding.sequence.value, local_text(finding.at, zone),
                  answer_name(finding.answer), finding.why));
  for (const FieldDifference& each : finding.differences)
    say(fmt::format("{:>10}{}: recorded {}, re-made {}", "", each.field, each.recorded,
                    each.remade));
}

Json finding_json(const Remade& finding) {
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
  if (report.decisions == 0)
    return report.damage ? "no decision of this period could be reached"
                         : "no decisions in this period";
  return fmt::format(
             "{} re-made: {} identical, {} differ, {} by another engine revision, {} not "
             "reproducible",
             counted_text(report.decisions, "decision"), report.identical, report.differs,
             report.other_revision, report.not_reproducible) +
         (report.imported == 0 ? "" : " (imported: what they rested on was never recorded)");
}

// Where the fold of a period began, and where the decisions of it end.
struct Beginning {
  RemakeStart start;
  Sequence to;
  std::string why = "from the first record";
};

struct Wish {
  PeriodWish period;
  std::uint64_t jobs = 0;  // 0: one for each core
  bool from_first = false;
  TrustWish trust;
};

// Finding by finding as they come, the rest counted.
class Teller {
 public:
  Teller(bool json, const ZoneOffsets& zone) : json_(json), zone_(zone) {}
  void tell(const Remade& finding) {
    if (told_ == findings_told_max) {
      ++untold_;
      return;
    }
    ++told_;
    json_ ? findings_.push_back(finding_json(finding)) : print_finding(finding, zone_);
  }
  [[nodiscard]] std::uint64_t untold() const { return untold_; }
  [[nodiscard]] const Json& findings() const { return findings_; }

 private:
  const bool json_;
  const ZoneOffsets& zone_;
  std::size_t told_ = 0;
  std::uint64_t untold_ = 0;
  Json findings_ = Json::array();
};

Json integrity_json(const Integrity& integrity) {
  const log::Verification& found = integrity.verification;
  Json result = {{"intact", integrity.intact()},
                 {"records", found.records},
                 {"root", found.root.hex()},
                 {"checkpoint", nullptr},
                 {"findings", Json::array()}};
  if (integrity.newest)
    result["checkpoint"] = {{"size", integrity.newest->size},
                            {"signer", integrity.signer},
                            {"signature_checked", integrity.signature_checked}};
  for (const log::Finding& finding : found.findings)
    result["findings"].push_back({{"kind", log::finding_name(finding.kind)},
                                  {"sequence", finding.sequence.value},
                                  {"what", finding.what}});
  for (const std::string& what : integrity.broken)
    result["findings"].push_back({{"kind", "checkpoint"}, {"what", what}});
  return result;
}

void print_json(const RemakeReport& report, const Teller& teller,
                const std::optional<Integrity>& integrity, const Beginning& beginning) {
  say(Json{{"decisions", report.decisions},
           {"identical", report.identical},
           {"differs", report.differs},
           {"other_revision", report.other_revision},
           {"not_reproducible", report.not_reproducible},
           {"imported", report.imported},
           {"folded_from", beginning.start.state.through.value + 1},
           {"findings_untold", teller.untold()},
           {"findings", teller.findings()},
           {"stopped", report.damage ? Json(report.damage->line()) : Json(nullptr)},
           {"log", integrity ? integrity_json(*integrity) : Json(nullptr)}}
          .dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_text(const RemakeReport& report, const Teller& teller,
                const std::optional<Integrity>& integrity, const Beginning& beginning) {
  if (teller.untold() != 0) say(fmt::format("… and {} more like these", teller.untold()));
  if (report.damage)
    say(fmt::format("stopped behind record {}: {}", report.through.value, report.damage->line()));
  say(summary(report));
  if (!integrity) {
    say("the past was folded " + beginning.why);
    say("log: not checked as a whole, as a period was asked for (wattledger log verify --deep)");
    return;
  }
  for (const log::Finding& finding : integrity->verification.findings)
    say(fmt::format("{:>8}  {:<18}  {}", finding.sequence.value, log::finding_name(finding.kind),
                    finding.what));
  for (const std::string& what : integrity->broken) say(what);
  say(integrity_line(*integrity));
}

Result<std::optional<Integrity>> look_at_log(const Place& place, const log::Snapshot& snapshot,
                                             const log::Trust& trust, unsigned jobs) {
  IntegrityOptions options;
  options.threads = jobs;
  options.demanded = trust.key.has_value();
  options.key = trust.key ? trust.key : own_key(place, snapshot.meta());
  options.kept = trust.note;
  auto integrity = check_integrity(snapshot, options);
  if (!integrity) return Failure(integrity.error());
  return std::optional(std::move(*integrity));
}

Result<Beginning> beginning_of(const Place& place, const log::Snapshot& snapshot,
                               const Period& period, bool from_first) {
  const auto at = place_of(snapshot, period);
  if (!at) return Failure(at.error());
  Beginning beginning;
  beginning.to = at->to;
  if (from_first) return beginning;
  auto witnessed = witnessed_start(snapshot, projections::FoldCache(place.data / "cache"),
                                   own_key(place, snapshot.meta()), at->before);
  if (!witnessed) return Failure(witnessed.error());
  beginning.start = std::move(witnessed->start);
  beginning.why = std::move(witnessed->why);
  return beginning;
}

unsigned jobs_of(const Wish& wish) {
  const std::uint64_t jobs =
      wish.jobs != 0 ? wish.jobs : std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::min<std::uint64_t>(jobs, jobs_max));
}

Exit run(const Invocation& invocation, const Wish& wish) {
  if (wish.jobs > jobs_max)
    return usage(fmt::format("--jobs {} is more than {}", wish.jobs, jobs_max),
                 "leave it out for as many as there are cores");
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  const auto period = parse_period(wish.period, zone, clock_now());
  if (!period) return usage(period.error().what, period.error().remedy);
  const auto trust = read_trust(wish.trust);
  if (!trust && trust.error().kind == ErrorKind::invalid_input)
    return usage(trust.error().what, trust.error().remedy);
  if (!trust) return cannot(trust.error());

  const bool json = invocation.format == Format::json;
  const bool whole = period->everything() || trust->key || trust->note;
  const auto integrity = whole ? look_at_log(*place, open->snapshot, *trust, jobs_of(wish))
                               : Result<std::optional<Integrity>>(std::nullopt);
  if (!integrity) return cannot(integrity.error());
  Beginning beginning;
  beginning.to = open->snapshot.head();
  if (!whole) {
    auto found = beginning_of(*place, open->snapshot, *period, wish.from_first);
    if (!found) return cannot(found.error());
    beginning = *std::move(found);
  }
  Teller teller(json, zone);
  RangesOptions ranges;
  ranges.jobs = jobs_of(wish);
  ranges.start = beginning.start;
  ranges.to = beginning.to;
  std::optional<Progress> progress(std::in_place, invocation, "re-making decisions");
  const auto report = remake_in_ranges(
      open->log, open->snapshot, *period, ranges,
      [&](const Remade& finding) { teller.tell(finding); },
      [&](Sequence done) { progress->at(done.value, beginning.to.value); });
  progress.reset();
  if (!report) return cannot(report.error());
  json ? print_json(*report, teller, *integrity, beginning)
       : print_text(*report, teller, *integrity, beginning);
  const bool sound =
      report->differs == 0 && !report->damage && (!*integrity || (*integrity)->intact());
  return sound ? Exit::done : Exit::findings;
}

}  // namespace

void add_audit_verify(CLI::App& audit, Invocation& invocation) {
  CLI::App* command = add_command(
      audit, "verify",
      "Re-make every decision from the log before it and compare: the same past must give the same "
      "decision, to the byte. Without a period the log itself is checked as well: every record, "
      "the "
      "Merkle tree, the signed checkpoints. Exit code 1 when a decision differs or anything is "
      "damaged. Read-only.",
      "wattledger audit verify\n"
      "  wattledger audit verify --from 2025-10-01 --to 2025-11-01 --jobs 2\n"
      "  wattledger audit verify --key house.vkey --against kept.note");
  const auto wish = std::make_shared<Wish>();
  add_period(*command, wish->period);
  add_count(*command, "--jobs", wish->jobs,
            "Threads that re-make, at most 16 (else one for each core)");
  add_flag(*command, "--from-first", wish->from_first,
           "Also for a period fold the log from its first record, and believe no kept state");
  add_trust(
      *command, wish->trust,
      "A checkpoint that was kept elsewhere: the log must still begin with what it speaks of");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
