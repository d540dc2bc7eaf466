// Proofs as files, which need no log to be checked. Text; FORMAT.md has the lines.
//
// Inclusion (c2sp.org/tlog-proof@v1): one record, with its bytes, is in the log that a signed
// checkpoint speaks of. Consistency (wattledger/consistency-proof@v1): the log of a signed
// checkpoint begins with the log that was there at an earlier size. Pure, any thread; what comes
// from outside is read strictly and has limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "log/checkpoint.hpp"
#include "log/note.hpp"
#include "log/proof.hpp"
#include "log/reader.hpp"

namespace wattledger::log {

inline constexpr std::size_t proof_bytes_max = std::size_t{4} << 20U;

struct InclusionProof {
  std::vector<std::byte> record;  // header and event; empty if the file has none
  std::uint64_t index = 0;        // sequence - 1
  std::vector<Digest> path;
  std::string checkpoint;  // signed note
  bool operator==(const InclusionProof&) const = default;
};

struct ConsistencyProof {
  TreeHead before;
  std::optional<std::string> checkpoint_before;  // signed note, where the log keeps one
  std::vector<Digest> path;
  std::string checkpoint;  // signed note, of the tree after
  bool operator==(const ConsistencyProof&) const = default;
};

using Proof = std::variant<InclusionProof, ConsistencyProof>;

[[nodiscard]] std::string proof_text(const Proof& proof);
// corrupt unless it is what proof_text() writes for some proof. Says nothing of what it proves.
[[nodiscard]] Result<Proof> parse_proof(std::string_view text);

// What whoever checks believes beforehand; one of the two at least.
struct Trust {
  std::optional<VerifierKey> key;   // the log's
  std::optional<std::string> note;  // a checkpoint of the log that was kept elsewhere
};

// The checkpoint that the proof leads to, when all of it holds: signatures by the key if there is
// one, the path, and that the note kept elsewhere is of the same tree (of one of the two, for
// consistency). corrupt, saying what does not hold; invalid_input when nothing is believed.
[[nodiscard]] Result<Checkpoint> check_proof(const InclusionProof& proof, const Trust& trust);
[[nodiscard]] Result<Checkpoint> check_proof(const ConsistencyProof& proof, const Trust& trust);

// The record in a proof; ends with it. newer if its kind is not known here: the proof holds all the
// same.
[[nodiscard]] Result<RecordView> record_of(const InclusionProof& proof);

}  // namespace wattledger::log
