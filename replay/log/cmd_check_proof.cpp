// wattledger log check-proof FILE (--key KEY | --against NOTEFILE): does a proof hold? Needs no
// log, and opens none; exit code 1 when it does not.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/proof_file.hpp"
#include "projections/fold/legacy_rows.hpp"
#include "replay/decision_words.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/log/record_line.hpp"
#include "replay/text_file.hpp"
#include "replay/trust.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::string file;
  TrustWish trust;
};

Json facts(const log::Checkpoint& checkpoint, const log::Trust& trust) {
  return {{"origin", checkpoint.origin},
          {"size", checkpoint.size},
          {"root", checkpoint.root.hex()},
          {"recorded_at",
           checkpoint.recorded_at ? Json(utc_text(*checkpoint.recorded_at)) : Json(nullptr)},
          {"signature_checked", trust.key.has_value()},
          {"against_kept", trust.note.has_value()}};
}

void row(const char* name, const std::string& value) { say(fmt::format("{:<12}{}", name, value)); }

void print_checkpoint(const log::Checkpoint& checkpoint, const log::Trust& trust) {
  row("log", checkpoint.origin);
  row("tree", fmt::format("{} records, root {}", checkpoint.size, checkpoint.root.hex()));
  row("date", checkpoint.recorded_at
                  ? utc_text(*checkpoint.recorded_at) + ", of the last of these records"
                  : "the checkpoint says none");
  row("signature", trust.key ? "of the key given" : "not looked at: no --key");
  if (trust.note) row("kept", "the checkpoint kept elsewhere is of the same log");
}

// What a decision did and why, out of the proven bytes; times with the offset that it was made at.
std::optional<std::string> decision_sentence(const log::RecordView& record) {
  const auto* fact = record.event.as<fb::DecisionMade>();
  if (fact == nullptr) return std::nullopt;
  fb::DecisionMadeT decision;
  fact->UnPackTo(&decision);
  const auto offset = record.event.event().utc_offset_s();
  const ZoneOffsets zone(
      {{UtcTime::min(), std::chrono::seconds(offset ? static_cast<std::int64_t>(*offset) : 0)}});
  return fmt::format("{} at {}: {}", fb::EnumNameAction(decision.action),
                     local_text(record.event.occurred_at(), zone),
                     fold::reason_text(decision, zone));
}

void show(const Invocation& invocation, const log::InclusionProof& proof,
          const log::Checkpoint& checkpoint, const log::Trust& trust) {
  const std::uint64_t sequence = proof.index + 1;
  const auto record = log::record_of(proof);
  if (invocation.format == Format::json) {
    Json object = {{"holds", true}, {"proves", "inclusion"}, {"sequence", sequence}};
    object.update(facts(checkpoint, trust));
    const auto sentence = record ? decision_sentence(*record) : std::nullopt;
    if (sentence) object["decision"] = *sentence;
    object["record"] = record
                           ? Json::parse(record_json(*record), nullptr, /*allow_exceptions=*/false)
                           : Json(nullptr);
    say(object.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  row("holds", fmt::format("record {} is in the log", sequence));
  print_checkpoint(checkpoint, trust);
  if (const auto sentence = record ? decision_sentence(*record) : std::nullopt)
    row("decision", *sentence);
  say(record ? record_json(*record) : "the record cannot be shown: " + record.error().line());
}

void show(const Invocation& invocation, const log::ConsistencyProof& proof,
          const log::Checkpoint& checkpoint, const log::Trust& trust) {
  if (invocation.format == Format::json) {
    Json object = {{"holds", true},
                   {"proves", "consistency"},
                   {"before", {{"size", proof.before.size}, {"root", proof.before.root.hex()}}}};
    object.update(facts(checkpoint, trust));
    say(object.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  row("holds",
      fmt::format("the log only grew from {} to {} records", proof.before.size, checkpoint.size));
  row("before", fmt::format("{} records, root {}", proof.before.size, proof.before.root.hex()));
  print_checkpoint(checkpoint, trust);
}

// What a file says in words beside the proof must be what is proved.
Result<void> check_words_of(const log::InclusionProof& proof, std::string_view words) {
  if (words.empty()) return {};
  const auto record = log::record_of(proof);
  if (!record) return Failure(record.error());
  return check_words(words, *record);
}
Result<void> check_words_of(const log::ConsistencyProof&, std::string_view words) {
  if (words.empty()) return {};
  return fail(ErrorKind::corrupt, "words stand before it, and it is no proof of a decision");
}

Exit refuse(const Invocation& invocation, const Error& error) {
  if (invocation.format == Format::json)
    say(Json{{"holds", false}, {"what", error.what}, {"remedy", error.remedy}}.dump(
        -1, ' ', false, Json::error_handler_t::replace));
  else
    row("fails", error.line());
  return Exit::findings;
}

Exit run(const Invocation& invocation, const Wish& wish) {
  if (wish.trust.key.empty() && wish.trust.against.empty())
    return usage("a proof proves nothing by itself",
                 "name the log's key with --key, or a checkpoint that was kept elsewhere with "
                 "--against");
  const auto trust = read_trust(wish.trust);
  if (!trust && trust.error().kind == ErrorKind::invalid_input)
    return usage(trust.error().what, trust.error().remedy);
  if (!trust) return cannot(trust.error());
  const auto text = read_text_file(wish.file, log::proof_bytes_max);
  if (!text) return cannot(text.error());
  const std::string_view words = leading_words(*text);
  const auto proof = log::parse_proof(std::string_view(*text).substr(words.size()));
  if (!proof) return refuse(invocation, proof.error());
  return std::visit(
      [&](const auto& each) {
        const auto checkpoint = log::check_proof(each, *trust);
        if (!checkpoint) return refuse(invocation, checkpoint.error());
        if (const auto same = check_words_of(each, words); !same)
          return refuse(invocation, same.error());
        show(invocation, each, *checkpoint, *trust);
        return Exit::done;
      },
      *proof);
}

}  // namespace

void add_log_check_proof(CLI::App& log, Invocation& invocation) {
  CLI::App* command =
      add_command(log, "check-proof",
                  "Check a proof that log prove or audit prove wrote, and show what it proves. "
                  "Needs no log. Exit code 1 "
                  "when it does not hold, with what fails. Read-only.",
                  "wattledger log check-proof decision.tlog-proof --key house.vkey\n"
                  "  wattledger log check-proof grown.proof --against kept.note");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "file", wish->file, "The proof").type_name("FILE").required();
  add_trust(*command, wish->trust,
            "A checkpoint of the log that was kept elsewhere: the proof must be of its tree");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
