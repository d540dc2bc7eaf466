// wattledger log check-proof FILE (--key KEY | --against NOTEFILE): does a proof hold? Needs no
// log, and opens none; exit code 1 when it does not.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/proof_file.hpp"
#include "replay/log/commands.hpp"
#include "replay/log/record_line.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t key_bytes_max = 4'096;

struct Wish {
  std::string file, key, against;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

// The key itself, or a file with it.
Result<log::VerifierKey> read_key(const std::string& argument) {
  auto key = log::VerifierKey::parse(argument);
  if (key) return key;
  const auto text = read_text_file(argument, key_bytes_max);
  if (text) return log::VerifierKey::parse(trimmed(*text));
  if (text.error().kind != ErrorKind::not_found) return Failure(text.error());
  return fail(ErrorKind::invalid_input, "\"" + argument + "\" is neither a key nor a file with one",
              "write the key as wattledger log key prints it, or the file that holds it");
}

Result<log::Trust> read_trust(const Wish& wish) {
  if (wish.key.empty() && wish.against.empty())
    return fail(ErrorKind::invalid_input, "a proof proves nothing by itself",
                "name the log's key with --key, or a checkpoint that was kept elsewhere with "
                "--against");
  log::Trust trust;
  if (!wish.key.empty()) {
    auto key = read_key(wish.key);
    if (!key) return Failure(key.error());
    trust.key = *std::move(key);
  }
  if (!wish.against.empty()) {
    auto note = read_text_file(wish.against, log::note_bytes_max);
    if (!note) return Failure(note.error());
    trust.note = *std::move(note);
  }
  return trust;
}

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

void show(const Invocation& invocation, const log::InclusionProof& proof,
          const log::Checkpoint& checkpoint, const log::Trust& trust) {
  const std::uint64_t sequence = proof.index + 1;
  const auto record = log::record_of(proof);
  if (invocation.format == Format::json) {
    Json object = {{"holds", true}, {"proves", "inclusion"}, {"sequence", sequence}};
    object.update(facts(checkpoint, trust));
    object["record"] = record
                           ? Json::parse(record_json(*record), nullptr, /*allow_exceptions=*/false)
                           : Json(nullptr);
    say(object.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  row("holds", fmt::format("record {} is in the log", sequence));
  print_checkpoint(checkpoint, trust);
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

Exit refuse(const Invocation& invocation, const Error& error) {
  if (invocation.format == Format::json)
    say(Json{{"holds", false}, {"what", error.what}, {"remedy", error.remedy}}.dump(
        -1, ' ', false, Json::error_handler_t::replace));
  else
    row("fails", error.line());
  return Exit::findings;
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto trust = read_trust(wish);
  if (!trust && trust.error().kind == ErrorKind::invalid_input)
    return usage(trust.error().what, trust.error().remedy);
  if (!trust) return cannot(trust.error());
  const auto text = read_text_file(wish.file, log::proof_bytes_max);
  if (!text) return cannot(text.error());
  const auto proof = log::parse_proof(*text);
  if (!proof) return refuse(invocation, proof.error());
  return std::visit(
      [&](const auto& each) {
        const auto checkpoint = log::check_proof(each, *trust);
        if (!checkpoint) return refuse(invocation, checkpoint.error());
        show(invocation, each, *checkpoint, *trust);
        return Exit::done;
      },
      *proof);
}

}  // namespace

void add_log_check_proof(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(
      log, "check-proof",
      "Check a proof that log prove wrote, and show what it proves. Needs no log. Exit code 1 "
      "when it does not hold, with what fails. Read-only.",
      "wattledger log check-proof decision.tlog-proof --key house.vkey\n"
      "  wattledger log check-proof grown.proof --against kept.note");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "file", wish->file, "The proof").type_name("FILE").required();
  add_text(*command, "--key", wish->key,
           "The log's public key, as log key prints it, or a file that holds it")
      .type_name("KEY");
  add_text(*command, "--against", wish->against,
           "A checkpoint of the log that was kept elsewhere: the proof must be of its tree")
      .type_name("FILE");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
