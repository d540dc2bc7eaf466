#include "replay/audit/integrity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

// "wattledger/<uuid>+<key id>", as a verifier key begins.
std::string signer_of(const std::string& text) {
  const auto note = log::parse_note(text);
  if (!note || note->signatures.empty()) return "nobody";
  const log::NoteSignature& first = note->signatures.front();
  return fmt::format("{}+{:02x}{:02x}{:02x}{:02x}", first.name, first.id[0], first.id[1],
                     first.id[2], first.id[3]);
}

// What keeps the log from being the one that the kept checkpoint speaks of; empty if nothing does.
Result<std::string> against_kept(const log::Snapshot& snapshot, const IntegrityOptions& options) {
  const auto kept = log::read_checkpoint(*options.kept);
  if (!kept) return "the checkpoint kept elsewhere: " + kept.error().line();
  const std::string origin = log::checkpoint_origin(snapshot.meta().uuid);
  if (kept->origin != origin)
    return fmt::format("the checkpoint kept elsewhere is of {}, this log is {}", kept->origin,
                       origin);
  if (options.demanded)
    if (const auto opened = log::open_checkpoint(*options.kept, *options.key); !opened)
      return "the checkpoint kept elsewhere: " + opened.error().line();
  if (kept->size > snapshot.head().value)
    return fmt::format("the checkpoint kept elsewhere is of {} records, this log ends at {}",
                       kept->size, snapshot.head().value);
  const auto root = log::root_at(snapshot, kept->size);
  if (!root) return Failure(root.error());
  if (*root == kept->root) return std::string();
  return fmt::format(
      "the checkpoint kept elsewhere has another root for {} records: the log's history was "
      "rewritten; keep both as evidence",
      kept->size);
}

// Checkpoints that fail for one reason, such as a key that is not theirs, are one finding.
void gather_checkpoints(Integrity& integrity) {
  std::vector<log::Finding>& findings = integrity.verification.findings;
  std::map<std::string, std::vector<Sequence>> by_reason;
  for (const log::Finding& each : findings)
    if (each.kind == log::FindingKind::damaged_checkpoint)
      by_reason[each.what].push_back(each.sequence);
  for (const auto& [reason, sizes] : by_reason) {
    if (sizes.size() < 2) continue;
    std::erase_if(findings, [&what = reason](const log::Finding& each) {
      return each.kind == log::FindingKind::damaged_checkpoint && each.what == what;
    });
    const bool all = integrity.verification.checkpoints == 0 && by_reason.size() == 1;
    integrity.broken.push_back(fmt::format(
        "{} {} checkpoints, at {} to {} records: {}{}", all ? "all" : "of the checkpoints",
        sizes.size(), sizes.front().value, sizes.back().value, reason,
        all ? "; look whether the key is this log's (wattledger log key)" : ""));
  }
}

}  // namespace

Result<Integrity> check_integrity(const log::Snapshot& snapshot, const IntegrityOptions& options) {
  log::VerifyOptions verify;
  verify.threads = options.threads;
  verify.key = options.key;
  auto verification = log::verify(snapshot, verify);
  if (!verification) return Failure(verification.error());
  Integrity integrity;
  integrity.verification = std::move(*verification);
  integrity.signature_checked = options.key.has_value();
  if (const auto newest = log::newest_checkpoint(snapshot); newest && *newest) {
    integrity.signer = signer_of((*newest)->note);
    // One that is none is a finding of the verification.
    if (const auto checkpoint = log::read_checkpoint((*newest)->note))
      integrity.newest = *checkpoint;
  }
  gather_checkpoints(integrity);
  if (options.demanded && !integrity.newest)
    integrity.broken.emplace_back("no checkpoint of this log is signed by the key given");
  if (options.kept) {
    const auto broken = against_kept(snapshot, options);
    // A root that damage hides: the verification has found the damage.
    if (broken && !broken->empty()) integrity.broken.push_back(*broken);
    if (!broken) integrity.broken.push_back(broken.error().line());
  }
  return integrity;
}

std::string integrity_line(const Integrity& integrity) {
  const log::Verification& found = integrity.verification;
  std::string line = fmt::format("log: {} ", counted_text(found.records, "record"));
  const std::size_t findings = found.findings.size() + integrity.broken.size();
  line += findings == 0 ? "intact"
                        : fmt::format("read, {} finding{}", findings, findings == 1 ? "" : "s");
  if (found.cold != 0) line += fmt::format(", {} more with a remote, not read", found.cold);
  line += fmt::format(", root {}", found.root.hex());
  if (!integrity.newest) return line + ", no checkpoint signed yet";
  line +=
      fmt::format(", last checkpoint at {} signed by {}", integrity.newest->size, integrity.signer);
  if (!integrity.intact()) return line + ", not valid for this log as it is";
  return line + (integrity.signature_checked ? ", valid"
                                             : ", of this tree; its signature is not "
                                               "checked: no key here (--key)");
}

}  // namespace wattledger::tool
