// wattledger log verify [--deep] [--since SEQ]: reads every record and says what is wrong; exit
// code 1 with findings.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "log/verification.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/log/ranges.hpp"
#include "replay/place.hpp"
#include "replay/trust.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Extent {
  bool deep = false;
  bool record = false;
  std::uint64_t since = 1;
};

// What `wattledger health` looks for: a change of this verb, and how it ended.
class Trace {
 public:
  Trace(const Place& place, const Recorder& record) : place_(place), record_(record) {}
  Result<void> begin(const Extent& wanted) {
    const auto started = append({{"type", "ChangeStarted"},
                                 {"change", change_},
                                 {"verb", "log verify"},
                                 {"arguments", wanted.deep ? "--deep --record" : "--record"}});
    if (!started) return Failure(started.error());
    started_ = *started;
    return {};
  }
  Result<Sequence> end(bool sound, const std::string& detail) {
    return append({{"type", "ChangeFinished"},
                   {"change", change_},
                   {"started", started_.value},
                   {"result", sound ? "succeeded" : "failed"},
                   {"detail", detail}});
  }

 private:
  Result<Sequence> append(const Json& event) {
    return record_(place_, event.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  const Place& place_;
  const Recorder& record_;
  const std::string change_ = random_id().hex();
  Sequence started_;
};

void print_json(const log::Verification& verification, const Extent& wanted) {
  Json result = {{"deep", wanted.deep},
                 {"records", verification.records},
                 {"root", verification.root.hex()},
                 {"cold", verification.cold},
                 {"checkpoints", verification.checkpoints},
                 {"complete", verification.complete},
                 {"lost", ranges_json<Json>(verification.lost)},
                 {"findings", Json::array()}};
  for (const log::Finding& finding : verification.findings)
    result["findings"].push_back({{"kind", log::finding_name(finding.kind)},
                                  {"sequence", finding.sequence.value},
                                  {"what", finding.what},
                                  {"remedy", finding.remedy}});
  say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string found_text(const log::Verification& verification) {
  return verification.findings.empty() ? "no findings"
                                       : counted_text(verification.findings.size(), "finding");
}

void print_text(const log::Verification& verification, const Extent& wanted) {
  for (const log::Finding& finding : verification.findings)
    say(fmt::format("{:>8}  {:<18}  {}{}{}", finding.sequence.value,
                    log::finding_name(finding.kind), finding.what,
                    finding.remedy.empty() ? "" : "; ", finding.remedy));
  if (!verification.complete)
    say(fmt::format("stopped looking after {} findings", verification.findings.size()));
  for (const log::SequenceRange& range : verification.lost)
    say(fmt::format("{} lost before this log was salvaged", range_text(range)));
  if (verification.cold != 0)
    say(fmt::format("{} with a remote, not read: wattledger tiers fetch brings them here",
                    counted_text(verification.cold, "record")));
  const std::string found = found_text(verification);
  const std::string tree = wanted.deep
                               ? fmt::format("root {}, {} checkpoints compared",
                                             verification.root.hex(), verification.checkpoints)
                               : std::string("the tree not compared (--deep)");
  say(fmt::format("{} records read, {}, {}", verification.records, tree, found));
}

Exit run(const Invocation& invocation, const Extent& wanted, const Recorder& record) {
  if (wanted.record && wanted.since != 1)
    return usage("--record is of a whole verification, and --since leaves records out",
                 "leave one of them out");
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  Trace trace(*place, record);
  if (wanted.record)
    if (const auto begun = trace.begin(wanted); !begun) return cannot(begun.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const log::Meta& meta = open->snapshot.meta();
  if (wanted.since > std::max<std::uint64_t>(meta.head.value, 1))
    return cannot({ErrorKind::not_found,
                   fmt::format("no record {}: the log has {} to {}", wanted.since,
                               open->snapshot.first().value, meta.head.value),
                   ""});
  log::VerifyOptions options;
  options.deep = wanted.deep;
  options.since = Sequence{wanted.since};
  if (wanted.deep) options.key = own_key(*place, meta);
  const auto verification = log::verify(open->snapshot, options);
  if (!verification) return cannot(verification.error());
  if (invocation.format == Format::json)
    print_json(*verification, wanted);
  else
    print_text(*verification, wanted);
  if (wanted.record) {
    const bool sound = verification->findings.empty();
    const auto recorded = trace.end(sound, fmt::format("{} records read, {}", verification->records,
                                                       found_text(*verification)));
    if (!recorded) return cannot(recorded.error());
    if (invocation.format == Format::text) say(fmt::format("recorded as {}", recorded->value));
  }
  return verification->findings.empty() ? Exit::done : Exit::findings;
}

}  // namespace

void add_log_verify(CLI::App& log, Invocation& invocation, Recorder record) {
  CLI::App* command =
      add_command(log, "verify",
                  "Read every record and check it: bytes, order, times. Exit code 1 with findings. "
                  "Repairs nothing. Read-only unless --record is given.",
                  "wattledger log verify --deep && echo sound");
  const auto wanted = std::make_shared<Extent>();
  add_flag(*command, "--deep", wanted->deep,
           "Hash every record as well, and compare with the Merkle tree and with the "
           "signed checkpoints");
  add_count(*command, "--since", wanted->since, "Begin with this record, or a few before it");
  add_flag(
      *command, "--record", wanted->record,
      "Leave in the log that it was verified, and how that ended: wattledger health asks for it");
  on_call(*command, invocation, [&invocation, wanted, record = std::move(record)] {
    return run(invocation, *wanted, record);
  });
}

}  // namespace wattledger::tool
