// The owner's side: the live projections of a data directory, fed from its log, rebuilt and
// adopted. Whoever holds the writer lock has exactly one of these.
//
// Threads: one at a time (the projections' thread); status() from any. Everything else here is
// derived: an error of a projection stops that projection, never the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/result.hpp"
#include "log/log.hpp"
#include "projections/rebuild.hpp"
#include "projections/runner.hpp"

namespace wattledger::projections {

struct LiveOptions {
  std::filesystem::path data;
  bool sqlite = true;
  std::filesystem::path sqlite_file;  // empty: <data>/goodwe_energy.db
  std::uint32_t sqlite_schema = 5;
  SlowQueries slow_queries;  // of SQLite
  bool json = false;
  bool json_selling_files = false;              // see JsonOptions
  std::chrono::seconds json_settle_every{300};  // of event time; a simulation wants more
  std::size_t batch_events_max = 4'096;         // see RunnerOptions
  // A projection of another version is rebuilt by itself: development and tests. Production leaves
  // it readable as it is and not fed, until the owner agrees with `wattledger replay`.
  bool rebuild_mismatched = false;
  // A fold snapshot (fold_cache.hpp) is written when this many records came since the last one.
  // As many as the appender reads again at its own opening: a start after a crash touches no other
  // pages.
  std::uint64_t fold_snapshot_every = 4'096;
};

struct Adopted {
  std::vector<Checkpoint> checkpoints;  // where each adopted projection goes on
  std::vector<std::string> projections;
};

struct LiveStart {
  std::vector<TargetReport>
      targets;      // as they stand now; whoever is foreign, unreadable or other_version is not fed
  Adopted rebuilt;  // why is in the target's message
  std::chrono::milliseconds took{};  // of the rebuilding
};

// What is known about how adopted projections were built.
struct Building {
  std::string reason = "adopted";
  std::optional<std::uint64_t> rows;  // derived, of all projections together
  std::optional<std::chrono::milliseconds> took;
};

// What an adoption says in the log, an event for each projection: together they are the history of
// migrations. One function for the daemon and for whoever adopts under the lock, so that both say
// the same. Its times are the appender's to give; `asker` becomes source_name ("uid:1000"),
// nobody's is empty.
[[nodiscard]] std::vector<fb::EventT> events_of(const Adopted& adopted, const std::string& asker,
                                                const Building& building);

struct LiveStatus {
  std::string projection;
  TargetStanding standing = TargetStanding::empty;
  std::string message;
  bool fed = false;
  Sequence sequence;  // last one in the target, or last one folded when nothing came of it
};

class LiveProjections {
 public:
  // `log` outlives it. Nothing is opened before start().
  LiveProjections(const log::Log& log, LiveOptions options);
  LiveProjections(LiveProjections&&) noexcept;
  LiveProjections& operator=(LiveProjections&&) noexcept;
  ~LiveProjections();

  // Compares with the log. A target ahead of it, of another log or of another history means that
  // the log was restored: it is rebuilt, with a message; one of another version as options say.
  Result<LiveStart> start();
  // The same with other projections, of the same data directory. What is no longer among them stays
  // where it stands, and goes on from there when it comes back.
  Result<LiveStart> start_with(LiveOptions options);
  // Feeds what the log holds beyond; see Runner.
  Result<Sequence> catch_up();
  // Durable, at most every five minutes and at the end. One that was stopped by a busy or full disk
  // is tried again.
  Result<void> settle();

  // Settles and writes a fold snapshot, if the fold has moved since the last one: before a clean
  // stop. catch_up() does so every `fold_snapshot_every` records. An error means that the next
  // start takes longer.
  Result<void> remember();

  // Upkeep of the targets that are fed and need it, between two batches: of SQLite's file. nullopt
  // where there is none.
  Result<std::optional<MaintenanceReport>> maintain(Maintenance which);

  // Takes over each enabled projection found under `staged` (a directory of the layout of <data>),
  // which must be of this log's history and this program's version: all are checked before the
  // first one is replaced; conflict when it is the live directory or the copy before. What was live
  // is kept under <data>/staging/before/. Then goes on from the adopted checkpoints, so that
  // nothing is lost or applied twice: the next catch_up() brings what the log got meanwhile. States
  // that were kept aside (StageOptions) become ours.
  Result<Adopted> adopt(const std::filesystem::path& staged);

  [[nodiscard]] std::vector<LiveStatus> status() const;
  // What was stepped over since the last start or adoption; from any thread.
  [[nodiscard]] Damage damage() const;
  // Fold snapshots that were not valid at the last start, a line each.
  [[nodiscard]] const std::vector<std::string>& discarded() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wattledger::projections
