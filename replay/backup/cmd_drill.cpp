// wattledger backup drill [--from DIR] [--key-file FILE]: would the newest backup do? Restores it
// aside, verifies it, builds the projections and compares them with the live ones. Writes
// BackupDrilled to the log; exit code 1 when the backup would not do.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "log/restore.hpp"
#include "projections/rebuild.hpp"
#include "replay/backup/backup_place.hpp"
#include "replay/backup/commands.hpp"
#include "replay/backup/scratch.hpp"
#include "replay/comparison.hpp"
#include "replay/display.hpp"
#include "replay/progress.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Drill {
  std::string id;
  Sequence last;
  projections::LiveComparison comparison;
  std::chrono::milliseconds took{};
};

// What is live has gone on since the backup: the copy takes what the log got since, so that both
// stand at one record.
Result<projections::LiveComparison> compare_copy(const Invocation& invocation, const Place& place,
                                                 const Wanted& wanted, const Scratch& scratch) {
  const auto copy = log::Log::open(scratch / "log");
  if (!copy) return Failure(copy.error());
  Progress progress(invocation, "replaying");
  projections::CompareLiveOptions options;
  options.aside = scratch / "compared";
  options.progress = [&](Sequence done, Sequence head) { progress.at(done.value, head.value); };
  options.reach = [&](Sequence sequence) -> Result<void> {
    const auto open = open_log(place);
    if (!open) return Failure(open.error());
    return log::continue_copy(*copy, open->snapshot, std::min(sequence, open->snapshot.head()));
  };
  return projections::compare_live(*copy, live_places(place, wanted), options);
}

Result<Drill> drill(const Invocation& invocation, const Place& place, const log::BackupChain& chain,
                    const std::optional<log::BackupKey>& key, const Wanted& wanted) {
  const auto begun = std::chrono::steady_clock::now();
  const Scratch scratch(place.data / "staging" / fmt::format("drill-{}", ::getpid()));
  {
    Progress progress(invocation, "restoring");
    log::RestoreOptions options;
    options.into = scratch / "log";
    options.key = key;
    options.progress = [&](std::uint64_t done, std::uint64_t total) { progress.at(done, total); };
    if (const auto restored = log::restore_copy(chain, options); !restored)
      return Failure(restored.error());
  }
  auto comparison = compare_copy(invocation, place, wanted, scratch);
  if (!comparison) return Failure(comparison.error());
  Drill result{chain.back().manifest.id, chain.back().manifest.last(), *std::move(comparison), {}};
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  return result;
}

void tell(const Invocation& invocation, const Drill& drill,
          const std::optional<Sequence>& recorded) {
  if (invocation.format == Format::json) {
    Json result = {{"id", drill.id},
                   {"last", drill.last.value},
                   {"took_ms", drill.took.count()},
                   {"sequence", recorded ? Json(recorded->value) : Json(nullptr)}};
    result.update(Json::parse(comparison_json(drill.comparison)));
    say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  say(fmt::format("backup {} restored aside and verified: records 1 to {}", drill.id,
                  drill.last.value));
  say_comparison(drill.comparison, "built from it and compared");
  say(fmt::format("{} in {:.1f} s{}",
                  drill.comparison.differences.empty()
                      ? std::string("no differences from what is live")
                      : differences_text(drill.comparison, "the backup"),
                  static_cast<double>(drill.took.count()) / 1000.0,
                  recorded ? fmt::format("; recorded as {}", recorded->value) : ""));
}

Exit run(const Invocation& invocation, const BackupWish& wish, const BackupHouse& house) {
  const auto place = find_backup_place(invocation, wish);
  if (!place) return cannot(place.error());
  if (!place->house) return cannot(find_place(invocation).error());
  Id128 uuid;
  {
    const auto open = open_log(*place->house);
    if (!open) return cannot(open.error());
    uuid = open->snapshot.meta().uuid;
  }
  const auto newest = log::newest_backup(place->store, uuid);
  if (!newest) return cannot(newest.error());
  const std::string id = newest->manifest.id;
  const auto chain = log::backup_chain(place->store, id);
  const auto key = find_backup_key(*place, wish);
  if (!key) return cannot(key.error());
  if (chain)
    for (const log::Backup& each : *chain)
      if (const auto fits = log::check_backup_key(each.manifest, *key); !fits)
        return cannot(fits.error());
  const auto drilled =
      chain ? drill(invocation, *place->house, *chain, *key, house.wanted(*place->house))
            : Result<Drill>(Failure(chain.error()));
  const auto record = [&](const Json& event) {
    return record_backup(*place->house, house,
                         event.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  if (!drilled) {
    record({{"type", "BackupDrilled"},
            {"backup", id},
            {"result", "failed"},
            {"detail", drilled.error().what}});
    if (drilled.error().kind != ErrorKind::corrupt && drilled.error().kind != ErrorKind::not_found)
      return cannot(drilled.error());
    say(fmt::format("{}: {}", id, drilled.error().line()));
    return Exit::findings;
  }
  const bool good = drilled->comparison.differences.empty();
  Json event = {{"type", "BackupDrilled"},
                {"backup", id},
                {"result", good ? "succeeded" : "failed"},
                {"took_ms", drilled->took.count()},
                {"differences", drilled->comparison.differences.size()}};
  if (!good) {
    const projections::Difference& first = drilled->comparison.differences.front();
    event["detail"] =
        "what is live is not what the backup gives: " + first.place + ": " + first.what;
  }
  const auto recorded = record(event);
  tell(invocation, *drilled, recorded);
  return good ? Exit::done : Exit::findings;
}

}  // namespace

void add_backup_drill(CLI::App& backup, Invocation& invocation, BackupHouse house) {
  CLI::App* command = add_command(
      backup, "drill",
      "Try whether the newest backup would do: restore it aside, verify it, build the tables and "
      "files from it and compare them with the live ones. Removes what it made. Writes the result "
      "to the log; exit code 1 when the backup would not do.",
      "wattledger backup drill");
  const auto wish = std::make_shared<BackupWish>();
  add_from(*command, *wish);
  add_key_file(*command, *wish);
  on_call(*command, invocation,
          [&invocation, wish, house = std::move(house)] { return run(invocation, *wish, house); });
}

}  // namespace wattledger::tool
