// Whether the log that decisions are re-made from is the one that was written: every record, the
// Merkle tree, the signed checkpoints, and a checkpoint that was kept elsewhere.
#pragma once

#include <optional>
#include <string>

#include "log/checkpoint.hpp"
#include "log/proof_file.hpp"
#include "log/verification.hpp"

namespace wattledger::tool {

struct Integrity {
  log::Verification verification;
  std::optional<log::Checkpoint> newest;  // of the checkpoints that the log keeps
  std::string signer;                     // of it, as its signature says: name and key id
  bool signature_checked = false;
  std::vector<std::string> broken;  // what whoever checks believes, and does not find
  [[nodiscard]] bool intact() const { return verification.findings.empty() && broken.empty(); }
};

// `key`: whose signature the checkpoints must have; `demanded`, with a key: there must be one at
// all.
struct IntegrityOptions {
  unsigned threads = 0;
  std::optional<log::VerifierKey> key;
  bool demanded = false;
  std::optional<std::string> kept;  // a checkpoint's note, from elsewhere: believed as it is, or by
                                    // the key that is demanded
};

[[nodiscard]] Result<Integrity> check_integrity(const log::Snapshot& snapshot,
                                                const IntegrityOptions& options);

// "log: 49458 records intact, root …, last checkpoint at 47784 signed by …, valid".
[[nodiscard]] std::string integrity_line(const Integrity& integrity);

}  // namespace wattledger::tool
