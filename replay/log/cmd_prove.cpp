// wattledger log prove SEQ [--at SIZE] | --from SIZE [--to SIZE]  [--out FILE]: evidence for others
// that a record is in the log, or that a later log begins with an earlier one.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/prove.hpp"
#include "replay/log/commands.hpp"
#include "replay/place.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::uint64_t sequence = 0, at = 0, from = 0, to = 0;  // 0: not given
  std::string out;
};

std::optional<std::uint64_t> given(std::uint64_t number) {
  return number == 0 ? std::nullopt : std::optional(number);
}

Result<void> check(const Wish& wish) {
  if ((wish.sequence == 0) == (wish.from == 0))
    return fail(ErrorKind::invalid_input, "log prove proves one thing",
                "name a record, or two sizes with --from and --to");
  if (wish.to != 0 && wish.from == 0)
    return fail(ErrorKind::invalid_input, "--to needs --from",
                "a record is proved at a size with --at");
  if (wish.at != 0 && wish.sequence == 0)
    return fail(ErrorKind::invalid_input, "--at needs a record", "two sizes are --from and --to");
  return {};
}

Result<Handout> prove_record(const log::Snapshot& snapshot, const Wish& wish) {
  const auto proof = log::prove_inclusion(snapshot, Sequence{wish.sequence}, given(wish.at));
  if (!proof) return Failure(proof.error());
  const auto checkpoint = log::read_checkpoint(proof->checkpoint);
  if (!checkpoint) return Failure(checkpoint.error());
  return Handout{
      "proof", log::proof_text(*proof),
      fmt::format("proof that record {} is in the log as signed at {} records", wish.sequence,
                  checkpoint->size),
      Json{{"proves", "inclusion"}, {"sequence", wish.sequence}, {"size", checkpoint->size}}
          .dump()};
}

Result<Handout> prove_growth(const log::Snapshot& snapshot, const Wish& wish) {
  const auto proof = log::prove_consistency(snapshot, wish.from, given(wish.to));
  if (!proof) return Failure(proof.error());
  const auto checkpoint = log::read_checkpoint(proof->checkpoint);
  if (!checkpoint) return Failure(checkpoint.error());
  return Handout{
      "proof", log::proof_text(*proof),
      fmt::format("proof that the log as signed at {} records begins with its first {}",
                  checkpoint->size, wish.from),
      Json{{"proves", "consistency"}, {"from", wish.from}, {"size", checkpoint->size}}.dump()};
}

Exit run(const Invocation& invocation, const Wish& wish) {
  if (const auto sound = check(wish); !sound)
    return usage(sound.error().what, sound.error().remedy);
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto handout =
      wish.sequence != 0 ? prove_record(open->snapshot, wish) : prove_growth(open->snapshot, wish);
  if (!handout && handout.error().kind == ErrorKind::invalid_input)
    return usage(handout.error().what, handout.error().remedy);
  if (!handout) return cannot(handout.error());
  return hand_out(invocation, wish.out, *handout);
}

}  // namespace

void add_log_prove(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(
      log, "prove",
      "Write a proof that log check-proof checks without this log: that a record is in it "
      "(SEQ), or that it only grew between two sizes (--from, --to). Rests on a signed "
      "checkpoint: the daemon signs on a schedule, log checkpoint at once. Read-only.",
      "wattledger log prove 1234 --out decision.tlog-proof\n"
      "  wattledger log prove --from 1000 --out grown.proof");
  const auto wish = std::make_shared<Wish>();
  add_count(*command, "sequence", wish->sequence, "The record's sequence, as log cat shows it");
  add_count(*command, "--at", wish->at,
            "With a record: under the checkpoint of so many records (else the oldest that covers "
            "it)");
  add_count(*command, "--from", wish->from, "What was there at so many records");
  add_count(*command, "--to", wish->to,
            "Under the checkpoint of so many records (else the newest); log stat lists them");
  add_out(*command, wish->out, "Write the proof there instead");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
