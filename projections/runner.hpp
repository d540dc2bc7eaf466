// Reads the log once and feeds every projector: catch up, then follow. Checks each target's checkpoint against the log
// (uuid, sequence, Merkle root there, projector version) before the first row.
//
// Threads: one at a time; the owner of the writer lock runs it for the live projections, a rebuild runs its own on targets aside.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log/log.hpp"
#include "log/merkle.hpp"
#include "log/reader.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

// What the first look at a target found.
enum class TargetStanding { empty, current, behind, other_version, ahead_of_log, other_log, other_history, foreign };

struct TargetReport {
  std::string projection;
  TargetStanding standing = TargetStanding::empty;
  std::string message;  // one line, with the remedy
  Sequence sequence;
};

[[nodiscard]] std::string_view standing_name(TargetStanding standing);

struct RunnerOptions {
  std::size_t batch_events_max = 4'096;
  std::function<void(Sequence done, Sequence head)> progress;  // after each batch
};

class Runner {
 public:
  // `projectors` outlive the runner.
  Runner(const log::Log& log, std::vector<Projector*> projectors, RunnerOptions options);

  // Folds from the log's start to each target's checkpoint and compares. Targets that cannot be continued (foreign, other
  // version, other log or history, ahead) are left alone: reported, not fed.
  Result<std::vector<TargetReport>> start();
  // Applies what the log holds beyond. A projector that fails is stopped (its error is in stopped()), the others go on.
  Result<Sequence> catch_up();
  Result<void> settle();

  [[nodiscard]] Sequence position() const;
  [[nodiscard]] const fold::State& state() const;
  struct Stopped {
    std::string projection;
    Error error;
  };
  [[nodiscard]] const std::vector<Stopped>& stopped() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace wattledger::projections
