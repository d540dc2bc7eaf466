// The live projections' thread: follows the log, applies, settles, and adopts what was built aside,
// between two batches. One inbox, one thread; started by start(), stopped and joined by stop() or
// the destructor.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <optional>

#include "events/result.hpp"
#include "log/appender.hpp"
#include "projections/live/live_projections.hpp"

namespace wattledger::daemon {

class ProjectionThread {
 public:
  // Both outlive this.
  ProjectionThread(projections::LiveProjections& live, const log::Appender& appender);
  ~ProjectionThread();
  ProjectionThread(const ProjectionThread&) = delete;
  ProjectionThread& operator=(const ProjectionThread&) = delete;

  void start();
  // Everything committed is applied and settled, then the thread ends.
  Result<void> stop();

  // Waits for the thread to adopt what stands staged; any thread.
  Result<projections::Adopted> adopt(const std::filesystem::path& staged);

  // Has the thread look after the targets between two batches; one at a time. Then, once, what came
  // of it (nullopt inside: no target needs any).
  using Maintained = Result<std::optional<projections::MaintenanceReport>>;
  void maintain(projections::Maintenance which);
  [[nodiscard]] std::optional<Maintained> maintained();

  // Has the thread feed other projections from its next batch on. Then, once, how they were found.
  using Switched = Result<projections::LiveStart>;
  void switch_to(projections::LiveOptions options);
  [[nodiscard]] std::optional<Switched> switched();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattledger::daemon
