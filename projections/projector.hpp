// A projection: a pure function of the log, kept in some target (a SQLite file, a tree of JSON
// files) that can be thrown away and rebuilt. The runner feeds it; it never reads the log, the
// clock or another projection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "projections/fold/legacy_rows.hpp"
#include "projections/maintenance.hpp"

namespace wattledger::projections {

// How far a target has come, stored in the target's own transaction with the rows.
struct Checkpoint {
  Id128 log;                  // uuid
  Sequence sequence;          // last one applied
  Digest root;                // Merkle root of the log's first `sequence` records
  std::uint32_t version = 0;  // of the projector
  bool operator==(const Checkpoint&) const = default;
};

// One thread at a time. A failed call leaves the target as it was at the last commit.
class Projector {
 public:
  virtual ~Projector() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  // "sqlite", "json"
  [[nodiscard]] virtual std::uint32_t version() const = 0;
  // Which texts of its rows it reads; others may be empty. All of them unless it says otherwise.
  [[nodiscard]] virtual fold::RowTexts texts() const { return {}; }
  // nullopt for an empty target; `foreign` for one that holds something but no checkpoint of ours.
  // Opens nothing for writing.
  [[nodiscard]] virtual Result<std::optional<Checkpoint>> checkpoint() = 0;
  // Applies `rows` and moves the checkpoint from `before` (compared with what the target holds:
  // conflict) to `after`, in one transaction of the target. A ClockSetRow comes alone (but the
  // log's first): what was dropped for its age before it does not rest on batches.
  virtual Result<void> apply(const std::optional<Checkpoint>& before, const Checkpoint& after,
                             std::span<const fold::LegacyRow> rows) = 0;
  // Makes everything applied durable (files: fsync and manifest). Called at most every five minutes
  // and at the end.
  virtual Result<void> settle() = 0;
  // Upkeep of the live target between two batches; nullopt for one that needs none.
  virtual Result<std::optional<MaintenanceReport>> maintain(Maintenance /*which*/) {
    return std::optional<MaintenanceReport>();
  }
  // Takes over the content of the same projection built aside under `staged` (a directory of the
  // layout of <data>), with its checkpoint, as one step for readers; what was live before is copied
  // to `before` (same layout) first. Only the owner of the writer lock calls it, between two
  // batches; afterwards checkpoint() tells where to go on.
  virtual Result<void> adopt(const std::filesystem::path& staged,
                             const std::filesystem::path& before) = 0;
};

}  // namespace wattledger::projections
