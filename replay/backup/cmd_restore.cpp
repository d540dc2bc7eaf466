// wattledger backup restore ID [--into DIR] [--until SEQ|TIME] [--from DIR | --from-remote R]
// [--key-file FILE]
// [--dry-run] [--any-house]: a new log out of a backup and all that it continues. Writes the new
// log, and nothing else.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/remote/remote_backups.hpp"
#include "log/restore.hpp"
#include "replay/backup/backup_place.hpp"
#include "replay/backup/commands.hpp"
#include "replay/backup/scratch.hpp"
#include "replay/display.hpp"
#include "replay/progress.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Wish {
  BackupWish backup;
  std::string id, into, until;
  bool dry_run = false, any_house = false;
};

struct Work {
  log::BackupChain chain;
  std::optional<log::BackupKey> key;
  fs::path data;  // the new data directory
  Sequence last;
  std::uint64_t bytes = 0;  // of the files to be read

  [[nodiscard]] const log::BackupManifest& backup() const { return chain.back().manifest; }
};

// But for what a restore that was killed left there, which the next one takes away.
bool is_free(const fs::path& into) {
  std::error_code error;
  if (!fs::exists(into, error)) return true;
  if (!fs::is_directory(into, error)) return false;
  return std::all_of(
      fs::directory_iterator(into, error), fs::directory_iterator(),
      [](const fs::directory_entry& each) { return each.path().filename() == ".log.part"; });
}

// --into is for what is not there yet; without it the house's own directory, when its log is gone.
Result<fs::path> target(const Wish& wish, const BackupPlace& place) {
  std::error_code error;
  if (wish.into.empty()) {
    if (!place.house)
      return fail(ErrorKind::invalid_input, "it is not said where to restore", "give --into DIR");
    const fs::path log = place.house->log();
    if (fs::exists(log / "data.mdb", error))
      return fail(ErrorKind::conflict, place.house->data.string() + " has a log",
                  "restore beside it with --into DIR, or move its directory log/ away first");
    if (fs::exists(log, error) && !fs::is_empty(log, error))
      return fail(ErrorKind::conflict, log.string() + " holds what is left of a log",
                  "move it away first: mv " + log.string() + " " + log.string() + ".lost");
    return place.house->data;
  }
  const fs::path into = fs::absolute(wish.into);
  if (!is_free(into))
    return fail(ErrorKind::conflict, into.string() + " is there and not empty",
                "name a new directory");
  return into;
}

// Of a sequence, or of a time that the log's records had reached.
Result<Sequence> end_of(const Wish& wish, const BackupPlace& place, const Work& work) {
  if (wish.until.empty()) return work.backup().last();
  std::uint64_t number = 0;
  const char* end = wish.until.data() + wish.until.size();
  if (const auto parsed = std::from_chars(wish.until.data(), end, number);
      parsed.ec == std::errc() && parsed.ptr == end)
    return Sequence{number};
  ZoneOffsets zone;
  if (place.house)
    if (const auto open = open_log(*place.house)) zone = house_zone(open->snapshot);
  const auto time = time_argument(wish.until, zone, clock_now());
  if (!time) return Failure(time.error());
  if (zone == ZoneOffsets()) note("the time is taken as " + utc_text(*time));
  return log::last_recorded_by(work.chain, *time, work.key);
}

Result<Work> prepare(const Wish& wish, const BackupPlace& place) {
  Work work;
  auto chain = log::backup_chain(place.store, wish.id);
  if (!chain) return Failure(chain.error());
  work.chain = *std::move(chain);
  if (!wish.any_house) WATTLEDGER_TRY(require_same_house(house_meta(place), work.backup()));
  auto into = target(wish, place);
  if (!into) return Failure(into.error());
  work.data = *std::move(into);
  auto key = find_backup_key(place, wish.backup);
  if (!key) return Failure(key.error());
  work.key = *std::move(key);
  for (const log::Backup& each : work.chain)
    WATTLEDGER_TRY(log::check_backup_key(each.manifest, work.key));
  const auto last = end_of(wish, place, work);
  if (!last) return Failure(last.error());
  if (last->value == 0 || *last > work.backup().last())
    return fail(ErrorKind::not_found,
                fmt::format("the backup {} has no record {}: it has 1 to {}", work.backup().id,
                            last->value, work.backup().last().value),
                "give --until one of those, or use a later backup");
  work.last = *last;
  for (const log::Backup& each : work.chain)
    for (const log::BackupFile& file : each.manifest.files)
      if (file.records.first <= work.last) work.bytes += file.bytes;
  return work;
}

Exit tell_plan(const Invocation& invocation, const Work& work) {
  if (invocation.format == Format::json) {
    Json result = {{"dry_run", true},
                   {"into", work.data.string()},
                   {"backups", Json::array()},
                   {"last", work.last.value},
                   {"bytes", work.bytes}};
    for (const log::Backup& each : work.chain) result["backups"].push_back(each.manifest.id);
    say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
    return Exit::done;
  }
  std::string names;
  for (const log::Backup& each : work.chain)
    names += (names.empty() ? "" : ", ") + each.manifest.id;
  say(fmt::format("would restore records 1 to {} into a new log in {}", work.last.value,
                  work.data.string()));
  say(fmt::format("out of {} in {}", bytes_text(work.bytes), names));
  return Exit::done;
}

void tell(const Invocation& invocation, const Work& work, const log::Restored& restored) {
  if (invocation.format == Format::json) {
    say(Json{{"into", work.data.string()},
             {"uuid", restored.uuid.hex()},
             {"parent", work.backup().meta.uuid.hex()},
             {"last", restored.last.value},
             {"root", restored.root.hex()},
             {"record_bytes", restored.bytes}}
            .dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  say(fmt::format("records 1 to {} restored and verified, root {}{}", restored.last.value,
                  restored.root.hex(),
                  restored.last == work.backup().last() ? " as the backup says" : ""));
  say(fmt::format("new log {} in {}, continuing {}", restored.uuid.hex(), work.data.string(),
                  work.backup().meta.uuid.hex()));
  say(fmt::format("tables and files are made from it by: wattledger --data {} replay --yes",
                  work.data.string()));
  say("it has no backup of its own yet: wattledger backup create");
}

// A plan alone needs no more than manifests, unless it looks for a time.
Result<void> fetch(const Wish& wish, const fs::path& store) {
  const auto there = remote::Remote::named(wish.backup.remote);
  if (!there) return Failure(there.error());
  if (wish.dry_run && wish.until.empty()) return remote::fetch_manifests(*there, store);
  const auto fetched = remote::fetch_chain(*there, wish.id, store);
  return fetched ? Result<void>() : Failure(fetched.error());
}

Exit restore(const Invocation& invocation, const Work& work) {
  std::error_code error;
  const bool there = fs::exists(work.data, error);
  log::RestoreOptions options;
  options.into = work.data / "log";
  options.last = work.last;
  options.key = work.key;
  options.now = house_now;
  Progress progress(invocation, "restoring");
  options.progress = [&](std::uint64_t done, std::uint64_t total) { progress.at(done, total); };
  const auto restored = log::restore_backup(work.chain, options);
  if (!restored) {
    if (!there) fs::remove(work.data, error);
    return cannot(restored.error());
  }
  tell(invocation, work, *restored);
  return Exit::done;
}

Exit run(const Invocation& invocation, const Wish& wish, const ChangeHouse& house) {
  auto place = find_backup_place(invocation, wish.backup);
  if (!place) return cannot(place.error());
  std::optional<Scratch> fetched;
  if (!wish.backup.remote.empty()) {
    if (const auto free = target(wish, *place); !free) return cannot(free.error());
    fetched.emplace(fetched_path(place->house, wish.into));
    place->store = fetched->path();
    if (const auto done = fetch(wish, place->store); !done)
      return done.error().kind == ErrorKind::invalid_input
                 ? usage(done.error().what, done.error().remedy)
                 : cannot(done.error());
  }
  const auto work = prepare(wish, *place);
  if (!work) {
    if (work.error().kind == ErrorKind::invalid_input)
      return usage(work.error().what, work.error().remedy);
    return cannot(work.error());
  }
  if (wish.dry_run) return tell_plan(invocation, *work);
  if (!wish.into.empty()) return restore(invocation, *work);
  // It has a log open that was deleted, and would go on in that.
  if (house.daemon_runs(*place->house))
    return cannot({ErrorKind::conflict, "a daemon runs on " + place->house->data.string(),
                   "stop it, restore, start it"});
  Change change;
  change.verb = "backup restore";
  change.arguments = work->backup().id + (wish.until.empty() ? "" : " --until " + wish.until);
  change.will = fmt::format("makes a new log of records 1 to {} where none is", work->last.value);
  change.of_the_log = true;
  change.asked = change.now = true;  // nothing is there that could be lost, or waits
  return guarded(invocation, *place->house, change, house, [&](ChangeEnd& end) {
    end.detail = fmt::format("records 1 to {}", work->last.value);
    return restore(invocation, *work);
  });
}

}  // namespace

void add_backup_restore(CLI::App& backup, Invocation& invocation, ChangeHouse house) {
  CLI::App* command = add_command(
      backup, "restore",
      "Make a new log out of a backup and all that it continues, verified, up to its end or an "
      "earlier point. It has an identity of its own and names the one it continues. Without "
      "--into: into the data directory, where its log is gone. Writes the new log alone.",
      "wattledger backup restore 20251029T020000Z-49411 --into /var/tmp/restored\n"
      "  wattledger backup restore 20251029T020000Z-49411 --until 2025-10-28T18:00 --into then");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "id", wish->id, "The backup; see backup list").type_name("ID").required();
  add_text(*command, "--into", wish->into, "The new data directory: not there yet, or empty")
      .type_name("DIR");
  add_text(*command, "--until", wish->until,
           "Up to this record, or to what the log held at this time")
      .type_name("SEQ|TIME");
  add_from(*command, wish->backup);
  add_remote(*command, wish->backup, "--from-remote",
             "Fetch it from this remote of rclone first, checked as one of this disk");
  add_key_file(*command, wish->backup);
  add_flag(*command, "--dry-run", wish->dry_run, "Say what would be restored; writes nothing");
  add_flag(*command, "--any-house", wish->any_house, "Also one of another house's log");
  on_call(*command, invocation,
          [&invocation, wish, house = std::move(house)] { return run(invocation, *wish, house); });
}

}  // namespace wattledger::tool
