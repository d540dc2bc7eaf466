// Proof files: what reading and checking them does with text that nobody wrote.
#include "log/proof_file.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

// A key that signed nothing here: only whoever trusts the note itself gets further.
const log::VerifierKey& nobody() {
  static const log::VerifierKey key("nobody", log::PublicKey{});
  return key;
}

void check(const log::InclusionProof& proof) {
  if (const auto record = log::record_of(proof); !record)
    must(!record.error().what.empty(), "a refusal says why");
  must(!log::check_proof(proof, {nobody(), proof.checkpoint}).has_value(), "nobody signed it");
  const auto believed = log::check_proof(proof, {std::nullopt, proof.checkpoint});
  if (believed) must(proof.index < believed->size, "a record that is proved is one of the tree's");
}

void check(const log::ConsistencyProof& proof) {
  must(!log::check_proof(proof, {nobody(), proof.checkpoint}).has_value(), "nobody signed it");
  const auto believed = log::check_proof(proof, {std::nullopt, proof.checkpoint});
  if (believed) must(proof.before.size <= believed->size, "a tree begins with a smaller one");
}

const Target proof("proof", [](Bytes bytes) {
  const auto parsed = log::parse_proof(text_of(bytes));
  if (!parsed) return must(!parsed.error().what.empty(), "a refusal says why");
  must(log::proof_text(*parsed) == text_of(bytes),
       "a proof that was read is written as the same text");
  std::visit([](const auto& each) { check(each); }, *parsed);
});

}  // namespace
}  // namespace wattledger::fuzz
