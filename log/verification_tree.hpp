// What verification compares the records' hashes with: the stored nodes, meta's frontier, and the
// signed checkpoints. Inside this room only; on one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "log/verification.hpp"

namespace wattledger::log {

inline constexpr const char* restore_remedy =
    "keep this copy as evidence; restore a backup, or save what is intact with 'wattledger log "
    "salvage'";

class Findings {
 public:
  // The place of the finding; none when there are too many.
  std::optional<std::size_t> add(FindingKind kind, Sequence sequence, std::string what,
                                 std::string remedy = restore_remedy);
  [[nodiscard]] Finding& at(std::size_t place) { return all_[place]; }
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] std::vector<Finding> take() { return std::move(all_); }

 private:
  std::vector<Finding> all_;
  bool full_ = false;
};

// Takes the tree's groups of 256 in order. Where leaves are not known, because records are damaged,
// the stored node stands in for them, so that what follows is still checked.
class TreeCheck {
 public:
  // The first `groups` groups are taken as they are stored.
  TreeCheck(const Snapshot& snapshot, std::uint64_t groups, Findings& findings);

  void add_group(const std::optional<Digest>& computed);
  // Of the groups so far and this behind them; none if it cannot be known.
  [[nodiscard]] std::optional<Digest> root_with(const std::optional<Frontier>& rest) const;
  // Compares with meta's frontier; returns the root, meta's part of it where ours is not known.
  Digest finish(const std::optional<Frontier>& rest);

 private:
  struct Node {
    int level;
    std::uint64_t index;
    std::optional<Digest> digest;
    // Where this differs from what is stored: rewritten records or a damaged node; what stands
    // above it tells.
    std::optional<std::size_t> doubt;
    bool confirmed = false;  // ours is what is stored
  };
  [[nodiscard]] Node judge(Node node, bool doubted_below);
  [[nodiscard]] std::optional<Digest> stored(const Node& node);
  void only_the_node(const Node& node);

  const Snapshot& snapshot_;
  Findings& findings_;
  std::uint64_t groups_;
  std::vector<Node> peaks_;
};

// Size and root of each checkpoint whose note is in order; the others are findings.
[[nodiscard]] Result<std::map<std::uint64_t, Digest>> stored_checkpoints(
    const Snapshot& snapshot, const VerifyOptions& options, Findings& findings);

}  // namespace wattledger::log
