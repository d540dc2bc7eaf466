#include "log/proof_file.hpp"

#include "log/lines.hpp"
#include "log/merkle.hpp"
#include "log/record.hpp"

namespace wattledger::log {
namespace {

constexpr std::string_view inclusion_line = "c2sp.org/tlog-proof@v1";
constexpr std::string_view consistency_line = "wattledger/consistency-proof@v1";
constexpr std::string_view extra_word = "extra ";
constexpr std::string_view index_word = "index ";
constexpr std::string_view before_word = "before ";
constexpr std::string_view checkpoint_before_word = "checkpoint-before ";

Failure no_proof(const std::string& why) {
  return fail(ErrorKind::corrupt, "not a proof: " + why,
              "wattledger log prove writes such files; this one may have been changed on its way");
}

std::string path_text(const std::vector<Digest>& path) {
  std::string text;
  for (const Digest& digest : path) text += digest_text(digest) + "\n";
  return text;
}

std::string text_of(const InclusionProof& proof) {
  std::string text = std::string(inclusion_line) + "\n";
  if (!proof.record.empty()) text += std::string(extra_word) + base64(proof.record) + "\n";
  return text + std::string(index_word) + std::to_string(proof.index) + "\n" +
         path_text(proof.path) + "\n" + proof.checkpoint;
}

std::string text_of(const ConsistencyProof& proof) {
  std::string text = std::string(consistency_line) + "\n" + std::string(before_word) +
                     std::to_string(proof.before.size) + " " + digest_text(proof.before.root) +
                     "\n";
  if (proof.checkpoint_before)
    text += std::string(checkpoint_before_word) +
            base64(std::as_bytes(std::span(*proof.checkpoint_before))) + "\n";
  return text + path_text(proof.path) + "\n" + proof.checkpoint;
}

// The digests, the empty line behind them, and all that follows as the checkpoint.
Result<void> parse_rest(Lines& lines, std::vector<Digest>& path, std::string& checkpoint) {
  while (const auto line = lines.next()) {
    if (line->empty()) {
      const auto note = parse_note(lines.rest());
      if (!note) return no_proof("behind its digests stands " + note.error().what);
      checkpoint = lines.rest();
      return {};
    }
    const auto digest = parse_digest(*line);
    if (!digest) return no_proof("a line among its digests is none");
    if (path.size() == path_digests_max) return no_proof("it has too many digests");
    path.push_back(*digest);
  }
  return no_proof("it ends before its checkpoint");
}

Result<Proof> parse_inclusion(Lines lines) {
  InclusionProof proof;
  if (const auto extra = lines.next(extra_word)) {
    auto record = bytes_from_base64(*extra);
    if (!record || record->empty()) return no_proof("its record is not in base64");
    proof.record = *std::move(record);
  }
  const auto index = lines.next(index_word);
  const auto number = index ? parse_decimal(*index) : std::nullopt;
  if (!number) return no_proof("it has no index");
  proof.index = *number;
  WATTLEDGER_TRY(parse_rest(lines, proof.path, proof.checkpoint));
  return proof;
}

Result<Proof> parse_consistency(Lines lines) {
  ConsistencyProof proof;
  const auto before = lines.next(before_word);
  const std::size_t space = before ? before->find(' ') : std::string_view::npos;
  if (space == std::string_view::npos) return no_proof("it does not say what was before");
  const auto size = parse_decimal(before->substr(0, space));
  const auto root = parse_digest(before->substr(space + 1));
  if (!size || !root) return no_proof("it does not say what was before");
  proof.before = {*size, *root};
  if (const auto note = lines.next(checkpoint_before_word)) {
    const auto bytes = bytes_from_base64(*note);
    if (!bytes) return no_proof("its checkpoint before is not in base64");
    std::string text;
    for (const std::byte byte : *bytes) text += std::to_integer<char>(byte);
    if (const auto parsed = parse_note(text); !parsed)
      return no_proof("its checkpoint before is " + parsed.error().what);
    proof.checkpoint_before = std::move(text);
  }
  WATTLEDGER_TRY(parse_rest(lines, proof.path, proof.checkpoint));
  return proof;
}

Result<Checkpoint> open_with(const std::string& note, const Trust& trust) {
  return trust.key ? open_checkpoint(note, *trust.key) : read_checkpoint(note);
}

Result<void> check_something_is_believed(const Trust& trust) {
  if (trust.key || trust.note) return {};
  return fail(ErrorKind::invalid_input, "a proof proves nothing by itself",
              "name the log's key, or a checkpoint of it that was kept elsewhere");
}

TreeHead tree_of(const Checkpoint& checkpoint) { return {checkpoint.size, checkpoint.root}; }

// Is the checkpoint that was kept elsewhere of this tree? Nothing if it is of another size.
Result<bool> is_kept(const Checkpoint& kept, const std::string& origin, const TreeHead& tree) {
  if (kept.origin != origin)
    return fail(ErrorKind::corrupt,
                "the checkpoint kept elsewhere is of " + kept.origin + ", the proof of " + origin);
  if (kept.size != tree.size) return false;
  if (kept.root == tree.root) return true;
  return fail(ErrorKind::corrupt,
              "the checkpoint kept elsewhere has another root for " + std::to_string(kept.size) +
                  " records: the log's history was rewritten",
              "keep both files as evidence");
}

std::string records(std::uint64_t size) { return std::to_string(size) + " records"; }

Result<void> check_note_before(const ConsistencyProof& proof, const Checkpoint& after,
                               const Trust& trust) {
  if (!proof.checkpoint_before) return {};
  const auto before = open_with(*proof.checkpoint_before, trust);
  if (!before) {
    Error error = before.error();
    error.what = "the checkpoint before: " + error.what;
    return Failure(std::move(error));
  }
  if (before->origin == after.origin && tree_of(*before) == proof.before) return {};
  return fail(ErrorKind::corrupt, "the checkpoint before is not of the tree before");
}

}  // namespace

std::string proof_text(const Proof& proof) {
  return std::visit([](const auto& each) { return text_of(each); }, proof);
}

Result<Proof> parse_proof(std::string_view text) {
  if (text.size() > proof_bytes_max)
    return no_proof("it is longer than " + std::to_string(proof_bytes_max) + " bytes");
  Lines lines(text);
  const auto first = lines.next();
  if (first == inclusion_line) return parse_inclusion(lines);
  if (first == consistency_line) return parse_consistency(lines);
  return no_proof("its first line is neither " + std::string(inclusion_line) + " nor " +
                  std::string(consistency_line));
}

Result<Checkpoint> check_proof(const InclusionProof& proof, const Trust& trust) {
  WATTLEDGER_TRY(check_something_is_believed(trust));
  auto checkpoint = open_with(proof.checkpoint, trust);
  if (!checkpoint) return checkpoint;
  if (proof.record.empty()) return fail(ErrorKind::corrupt, "the proof has no record in it");
  WATTLEDGER_TRY(
      check_inclusion(leaf_hash(proof.record), proof.index, tree_of(*checkpoint), proof.path));
  if (!trust.note) return checkpoint;
  const auto kept = open_with(*trust.note, trust);
  if (!kept) return kept;
  const auto same = is_kept(*kept, checkpoint->origin, tree_of(*checkpoint));
  if (!same) return Failure(same.error());
  if (*same) return checkpoint;
  return fail(ErrorKind::corrupt,
              "the checkpoint kept elsewhere is of " + records(kept->size) + ", the proof of " +
                  records(checkpoint->size),
              "prove it with --at " + std::to_string(kept->size));
}

Result<Checkpoint> check_proof(const ConsistencyProof& proof, const Trust& trust) {
  WATTLEDGER_TRY(check_something_is_believed(trust));
  auto checkpoint = open_with(proof.checkpoint, trust);
  if (!checkpoint) return checkpoint;
  WATTLEDGER_TRY(check_consistency(proof.before, tree_of(*checkpoint), proof.path));
  WATTLEDGER_TRY(check_note_before(proof, *checkpoint, trust));
  if (!trust.note) return checkpoint;
  const auto kept = open_with(*trust.note, trust);
  if (!kept) return kept;
  const auto before = is_kept(*kept, checkpoint->origin, proof.before);
  if (!before) return Failure(before.error());
  const auto after = is_kept(*kept, checkpoint->origin, tree_of(*checkpoint));
  if (!after) return Failure(after.error());
  if (*before || *after) return checkpoint;
  return fail(ErrorKind::corrupt,
              "the checkpoint kept elsewhere is of " + records(kept->size) + ", the proof from " +
                  records(proof.before.size) + " to " + records(checkpoint->size),
              "prove it with --from " + std::to_string(kept->size));
}

Result<RecordView> record_of(const InclusionProof& proof) {
  const Sequence sequence{proof.index + 1};
  const auto header = parse_header(proof.record);
  if (!header) return Failure(header.error());
  auto event = parse_event(*header, proof.record);
  if (!event) return Failure(event.error());
  return RecordView{sequence, header->recorded_at, *event, proof.record};
}

}  // namespace wattledger::log
