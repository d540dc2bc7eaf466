// Reads the log once and feeds every projector: catch up, then follow. Checks each target's
// checkpoint against the log (uuid, sequence, Merkle root there, projector version) before the
// first row.
//
// Errors of start(), catch_up() and settle() themselves are of reading the log; a target's are in
// reports and stopped(). Threads: one at a time; the owner of the writer lock runs it for the live
// projections, a rebuild runs its own on targets aside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.hpp"
#include "log/reader.hpp"
#include "projections/corrections.hpp"
#include "projections/damage.hpp"
#include "projections/fold_cache.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

// What the first look at a target found.
enum class TargetStanding {
  empty,
  current,
  behind,
  other_version,  // built by another projector version: readable, to be rebuilt
  ahead_of_log,   // these three: the log was restored, or is another one
  other_log,
  other_history,
  foreign,     // holds something that is not ours: never written
  unreadable,  // damaged, or the operating system said no
};

struct TargetReport {
  std::string projection;
  TargetStanding standing = TargetStanding::empty;
  std::string message;  // one line, with the remedy
  Sequence sequence;
};

[[nodiscard]] std::string_view standing_name(TargetStanding standing);

struct RunnerOptions {
  std::size_t batch_events_max = 4'096;
  std::optional<Sequence> through;  // goes no further than this, whatever the log holds beyond
  std::optional<FoldCache> cache;   // begins at a fold snapshot where one serves every target
  std::optional<FoldCache> states;  // gets the evenly spaced states that are passed
  // A record that cannot be read is stepped over and counted in damage(); otherwise it is an error.
  bool over_damage = false;
  // Rows are made from facts as these say that they were.
  std::shared_ptr<const Corrections> corrections;
  bool imported_only = false;  // rows of imported facts alone, as they were imported
  // A batch is fed on a second thread while the next one is read and folded: for rebuilds, whose
  // targets nobody else looks at.
  bool overlap = false;
  std::function<void(Sequence done, Sequence head)> progress;  // after each batch
};

class Runner {
 public:
  // `projectors` outlive the runner.
  Runner(const log::Log& log, const std::vector<Projector*>& projectors, RunnerOptions options);

  // Folds to the lowest target's checkpoint, from the log's start or a fold snapshot, and compares
  // each target's root with the log's. Targets that cannot be continued (foreign, other version,
  // other log or history, ahead) are left alone: reported, not fed.
  Result<std::vector<TargetReport>> start();
  // Applies what the log holds beyond, in batches with a snapshot each. A projector that fails is
  // stopped (its error is in stopped()), the others go on. Events that add no rows do not touch a
  // target until settle() or a batch's worth of them.
  Result<Sequence> catch_up();
  // Moves every fed target's checkpoint to position() and makes it durable. A projector that fails
  // is stopped.
  Result<void> settle();

  // What the next start may begin with: call it when the targets are settled, so that none stands
  // behind it.
  [[nodiscard]] FoldSnapshot fold_snapshot() const;

  [[nodiscard]] Sequence position() const;
  // Of one projection: the last sequence in its target; nullopt while it is not fed.
  [[nodiscard]] std::optional<Checkpoint> checkpoint(std::string_view projection) const;
  [[nodiscard]] const fold::State& state() const;
  struct Stopped {
    std::string projection;
    Error error;
  };
  [[nodiscard]] const std::vector<Stopped>& stopped() const;
  [[nodiscard]] const Damage& damage() const;
  // What the records that were read say of earlier ones.
  [[nodiscard]] const Corrections& corrections() const;
  // Records whose rows were made as corrections say.
  [[nodiscard]] std::uint64_t corrected() const;
  // Where start() began: behind the fold snapshot that it used, or 0.
  [[nodiscard]] Sequence began() const;
  // What start() has to say about fold snapshots that are not valid.
  [[nodiscard]] const std::vector<std::string>& discarded() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wattledger::projections
