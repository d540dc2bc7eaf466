// wattledger audit prove SEQ [--out FILE]: a decision, in words and as its record's bytes, with the
// proof that it is in the log and the checkpoint that was signed. log check-proof needs nothing
// else but the key.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/prove.hpp"
#include "projections/fold/legacy_rows.hpp"
#include "replay/audit/commands.hpp"
#include "replay/decision_words.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::uint64_t sequence = 0;
  std::string out;
};

// Evidence begins with a signature: what came after the last one has none yet.
Error not_signed_yet(const log::Snapshot& snapshot, std::uint64_t sequence, const Error& error) {
  const auto newest = log::newest_checkpoint(snapshot);
  if (!newest || !*newest || (*newest)->size >= sequence) return error;
  return {ErrorKind::not_found,
          fmt::format("decision {} is newer than the last checkpoint, which covers {}", sequence,
                      counted_text((*newest)->size, "record")),
          "the daemon signs on its schedule, and wattledger log checkpoint has one signed now"};
}

Result<Handout> prove(const log::Snapshot& snapshot, std::uint64_t sequence,
                      const ZoneOffsets& zone) {
  const auto record = snapshot.at(Sequence{sequence});
  if (!record) return Failure(record.error());
  const auto words = decision_words(*record);
  if (!words) return Failure(words.error());
  const auto proof = log::prove_inclusion(snapshot, Sequence{sequence}, std::nullopt);
  if (!proof && proof.error().kind == ErrorKind::not_found)
    return Failure(not_signed_yet(snapshot, sequence, proof.error()));
  if (!proof) return Failure(proof.error());
  const auto checkpoint = log::read_checkpoint(proof->checkpoint);
  if (!checkpoint) return Failure(checkpoint.error());
  fb::DecisionMadeT decision;
  record->event.as<fb::DecisionMade>()->UnPackTo(&decision);
  const std::string reason = fold::reason_text(decision, zone);
  return Handout{"proof", *words + log::proof_text(*proof),
                 fmt::format("proof that decision {} ({}) is in the log as signed at {}", sequence,
                             reason, counted_text(checkpoint->size, "record")),
                 Json{{"proves", "inclusion"},
                      {"sequence", sequence},
                      {"size", checkpoint->size},
                      {"reason", reason}}
                     .dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto handout = prove(open->snapshot, wish.sequence, house_zone(open->snapshot));
  if (!handout) return cannot(handout.error());
  return hand_out(invocation, wish.out, *handout);
}

}  // namespace

void add_audit_prove(CLI::App& audit, Invocation& invocation) {
  CLI::App* command = add_command(
      audit, "prove",
      "Write a file that proves a decision to somebody who has no log: the decision, its inclusion "
      "proof and the signed checkpoint. wattledger log check-proof checks it against the log's "
      "public key (wattledger log key). Read-only.",
      "wattledger audit prove 1234 --out decision.proof\n"
      "  wattledger log check-proof decision.proof --key house.vkey");
  const auto wish = std::make_shared<Wish>();
  add_count(*command, "sequence", wish->sequence, "The decision's sequence, as audit list shows it")
      .required();
  add_out(*command, wish->out, "Write the proof there instead");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
