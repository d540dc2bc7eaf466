#include "log/verification_tree.hpp"

#include <lmdb.h>

#include <algorithm>

#include "log/byte_order.hpp"
#include "log/checkpoint.hpp"
#include "log/snapshot.hpp"
#include "log/verification_chunk.hpp"

namespace wattledger::log {
namespace {

constexpr int lowest_level = Frontier::stored_level_min;
constexpr const char* node_remedy =
    "the records are sound; a copy made with 'wattledger log salvage' has the node again";

// Of the records under it.
std::string records_under(int level, std::uint64_t index) {
  const std::uint64_t size = std::uint64_t{1} << static_cast<unsigned>(level);
  return "records " + std::to_string(index * size + 1) + " to " +
         std::to_string((index + 1) * size);
}

std::string name_of(int level, std::uint64_t index) {
  return "the stored Merkle node of " + records_under(level, index);
}

Sequence last_under(int level, std::uint64_t index) {
  return Sequence{(index + 1) << static_cast<unsigned>(level)};
}

// The root that a note states for this log at this size.
Result<Digest> root_of_note(const std::string& note, const Id128& uuid, std::uint64_t size,
                            const std::optional<VerifierKey>& key) {
  const auto checkpoint = key ? open_checkpoint(note, *key) : read_checkpoint(note);
  if (!checkpoint) return Failure(checkpoint.error());
  if (checkpoint->origin != checkpoint_origin(uuid))
    return fail(ErrorKind::foreign, "the stored checkpoint is one of " + checkpoint->origin);
  if (checkpoint->size != size)
    return fail(ErrorKind::corrupt,
                "the stored checkpoint is of another size, " + std::to_string(checkpoint->size));
  return checkpoint->root;
}

}  // namespace

std::optional<std::size_t> Findings::add(FindingKind kind, Sequence sequence, std::string what,
                                         std::string remedy) {
  if (all_.size() == findings_max) {
    full_ = true;
    return std::nullopt;
  }
  all_.push_back({kind, sequence, std::move(what), std::move(remedy)});
  return all_.size() - 1;
}

TreeCheck::TreeCheck(const Snapshot& snapshot, std::uint64_t groups, Findings& findings)
    : snapshot_(snapshot), findings_(findings), groups_(groups) {
  for (int bit = 63 - lowest_level; bit >= 0; --bit) {
    const auto above = static_cast<unsigned>(bit);
    if (((groups >> above) & 1U) == 0) continue;
    Node node{lowest_level + bit, (groups >> above) - 1, {}, {}};
    node.digest = stored(node);
    peaks_.push_back(node);
  }
}

// None when it is not there, which is a finding.
std::optional<Digest> TreeCheck::stored(const Node& node) {
  const auto found = stored_node(snapshot_.impl(), static_cast<unsigned>(node.level), node.index);
  if (found) return *found;
  findings_.add(FindingKind::damaged_node, last_under(node.level, node.index),
                name_of(node.level, node.index) + " is missing or damaged", node_remedy);
  return std::nullopt;
}

void TreeCheck::only_the_node(const Node& node) {
  if (!node.doubt) return;
  Finding& finding = findings_.at(*node.doubt);
  finding.kind = FindingKind::damaged_node;
  finding.what = name_of(node.level, node.index) + " is not theirs, what stands above it is";
  finding.remedy = node_remedy;
}

TreeCheck::Node TreeCheck::judge(Node node, bool doubted_below) {
  const auto there = stored(node);
  if (!there) return node;
  if (node.digest && *node.digest != *there && !doubted_below) {
    node.doubt = findings_.add(FindingKind::rewritten_history, last_under(node.level, node.index),
                               records_under(node.level, node.index) +
                                   " are not those that their stored Merkle node was made of");
    return node;  // with ours: whether it fits what stands above tells which of both is wrong
  }
  node.confirmed = node.digest == there;
  node.digest = there;
  return node;
}

void TreeCheck::add_group(const std::optional<Digest>& computed) {
  Node node = judge({lowest_level, groups_, computed, {}}, false);
  ++groups_;
  for (std::uint64_t whole = groups_; whole % 2 == 0; whole /= 2) {
    const Node left = std::move(peaks_.back());
    peaks_.pop_back();
    Node above{node.level + 1, node.index / 2, {}, {}};
    if (left.digest && node.digest) above.digest = node_hash(*left.digest, *node.digest);
    above = judge(above, left.doubt.has_value() || node.doubt.has_value());
    if (above.confirmed) {
      only_the_node(left);
      only_the_node(node);
    }
    node = above;
  }
  peaks_.push_back(node);
}

std::optional<Digest> TreeCheck::root_with(const std::optional<Frontier>& rest) const {
  if (!rest) return std::nullopt;
  Frontier all;
  for (const Node& peak : peaks_) {
    if (!peak.digest) return std::nullopt;
    all.append_subtree(*peak.digest, peak.level);
  }
  if (rest->size() == 0) return all.root();
  if (all.size() == 0) return rest->root();
  Digest root = rest->root();
  for (std::size_t i = all.peaks().size(); i-- > 0;) root = node_hash(all.peaks()[i], root);
  return root;
}

Digest TreeCheck::finish(const std::optional<Frontier>& rest) {
  const Meta& meta = snapshot_.meta();
  const std::vector<Digest>& theirs = meta.frontier.peaks();
  // What of the head's tree lies in whole groups, and what behind them.
  for (std::size_t i = 0; i < peaks_.size(); ++i) {
    Node& peak = peaks_[i];
    if (!peak.digest) {
      peak.digest = theirs[i];
    } else if (*peak.digest == theirs[i]) {
      only_the_node(peak);
    } else if (!peak.doubt) {
      findings_.add(FindingKind::rewritten_history, last_under(peak.level, peak.index),
                    records_under(peak.level, peak.index) +
                        " are not those that the tree in meta was made of");
    }
  }
  const std::uint64_t behind = groups_ * Chunk::group_records;
  if (rest &&
      !std::equal(rest->peaks().begin(), rest->peaks().end(),
                  theirs.begin() + static_cast<std::ptrdiff_t>(peaks_.size()), theirs.end()))
    findings_.add(FindingKind::rewritten_history, meta.head,
                  "records " + std::to_string(behind + 1) + " to " +
                      std::to_string(meta.head.value) +
                      " are not those that the tree in meta was made of");
  return root_with(rest).value_or(meta.frontier.root());
}

Result<std::map<std::uint64_t, Digest>> stored_checkpoints(const Snapshot& snapshot,
                                                           const VerifyOptions& options,
                                                           Findings& findings) {
  const Environment& environment = *snapshot.impl().environment;
  constexpr const char* remedy = "compare with a checkpoint kept elsewhere";
  std::map<std::uint64_t, std::string> notes;
  {
    const auto transaction = Transaction::begin(environment, Transaction::Access::read);
    if (!transaction) return Failure(transaction.error());
    const auto cursor = Cursor::open(*transaction, environment.databases().checkpoints);
    if (!cursor) return Failure(cursor.error());
    MDB_val key{};
    MDB_val value{};
    int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_FIRST);
    for (; code == 0; code = mdb_cursor_get(cursor->get(), &key, &value, MDB_NEXT)) {
      if (key.mv_size != sizeof(std::uint64_t)) {
        findings.add(FindingKind::damaged_checkpoint, Sequence{0},
                     "a key that no tree size has stands among the checkpoints", remedy);
        continue;
      }
      notes.emplace(load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data)),
                    std::string(static_cast<const char*>(value.mv_data), value.mv_size));
    }
    if (code != MDB_NOTFOUND) return lmdb_failure(code, "reading the checkpoints");
  }
  std::map<std::uint64_t, Digest> roots;
  for (const auto& [size, note] : notes) {
    const auto root = root_of_note(note, snapshot.meta().uuid, size, options.key);
    if (root)
      roots.emplace(size, *root);
    else
      findings.add(FindingKind::damaged_checkpoint, Sequence{size}, root.error().what, remedy);
  }
  return roots;
}

}  // namespace wattledger::log
