// wattledger backup create [--to DIR] [--encrypt [--key-file FILE]] [--incremental] [--remote R]:
// a verified copy of the log, while the daemon goes on. Writes the copy, and a checkpoint and
// BackupTaken to the log.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/remote/cold_store.hpp"
#include "coordinator/remote/remote_backups.hpp"
#include "log/backup.hpp"
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
  bool encrypt = false, incremental = false;
};

Result<std::optional<log::BackupKey>> key_for(const Wish& wish, const Place& place) {
  if (!wish.encrypt) return std::optional<log::BackupKey>{};
  auto key = log::BackupKey::open(wish.backup.key_file.empty() ? backup_key_file(place)
                                                               : fs::path(wish.backup.key_file));
  if (!key) return Failure(key.error());
  return std::optional(*std::move(key));
}

// The newest of this log, for an incremental one.
Result<std::optional<std::string>> base_for(const Wish& wish, const BackupPlace& place) {
  if (!wish.incremental) return std::optional<std::string>{};
  const auto open = open_log(*place.house);
  if (!open) return Failure(open.error());
  const auto base = log::newest_backup(place.store, open->snapshot.meta().uuid);
  if (base) return std::optional(base->manifest.id);
  return fail(base.error().kind,
              "there is no backup of this log in " + place.store.string() +
                  " that an incremental one could continue",
              "take a full one first: leave --incremental out");
}

// Signed first: the backup is of exactly the records that the checkpoint covers.
Result<log::BackupManifest> take(const Invocation& invocation, const Wish& wish,
                                 const BackupPlace& place, std::optional<log::BackupKey> key,
                                 const BackupHouse& house) {
  auto base = base_for(wish, place);
  if (!base) return Failure(base.error());
  auto note = house.sign(*place.house);
  if (!note) return Failure(note.error());
  const auto open = open_log(*place.house);
  if (!open) return Failure(open.error());
  log::BackupOptions options;
  options.taken_at = house_now(open->snapshot);
  options.program = version();
  options.checkpoint = *std::move(note);
  options.base = *std::move(base);
  options.key = std::move(key);
  options.aside = place.house->data / "cache" / fmt::format("backup-{}", ::getpid());
  const Scratch fetched(fetched_path(place.house));
  options.fetch = [&](const log::ColdSegment& cold) {
    tool::note("fetched for the backup: " + cold.name() + " from " + cold.place);
    return remote::fetch_aside(cold, fetched.path(), {});
  };
  Progress progress(invocation, "backing up");
  options.progress = [&](std::uint64_t done, std::uint64_t total) { progress.at(done, total); };
  return log::take_backup(open->snapshot, open->log, place.store, options);
}

Json event_of(const log::BackupManifest& manifest) {
  return {{"type", "BackupTaken"},
          {"backup", manifest.id},
          {"tree_size", manifest.last().value},
          {"root", manifest.root().hex()},
          {"bytes", manifest.bytes()},
          {"encrypted", manifest.key_id.has_value()},
          {"incremental", manifest.base.has_value()},
          {"result", "succeeded"}};
}

// What the remote lacks of this backup and all that it continues.
Result<void> send(const Wish& wish, const BackupPlace& place, const std::string& id) {
  if (wish.backup.remote.empty()) return {};
  // Who sends removes what somebody else is sending.
  const auto lock = log::StoreLock::take(place.store, log::StorePart::remote);
  if (!lock) return Failure(lock.error());
  const auto chain = log::backup_chain(place.store, id);
  if (!chain) return Failure(chain.error());
  const auto sent = remote::send_backups(remote::Remote(wish.backup.remote), *chain);
  return sent ? Result<void>() : Failure(sent.error());
}

// A backup that was tried and did not come about is a fact too; where even that cannot be recorded
// the error itself is what the owner sees.
Exit failed(const Wish& wish, const BackupPlace& place, const Error& error,
            const BackupHouse& house) {
  const bool tried = error.kind == ErrorKind::full || error.kind == ErrorKind::io ||
                     error.kind == ErrorKind::corrupt;
  const auto open = open_log(*place.house);
  if (!tried || !open) return cannot(error);
  const Json event = {{"type", "BackupTaken"},
                      {"backup", place.store.string()},  // it has no id
                      {"tree_size", open->snapshot.head().value},
                      {"root", open->snapshot.meta().frontier.root().hex()},
                      {"encrypted", wish.encrypt},
                      {"incremental", wish.incremental},
                      {"result", "failed"},
                      {"detail", error.what}};
  (void)record_backup(*place.house, house,
                      event.dump(-1, ' ', false, Json::error_handler_t::replace));
  return cannot(error);
}

void tell(const Invocation& invocation, const log::BackupManifest& manifest, const fs::path& store,
          const std::optional<Sequence>& recorded) {
  if (invocation.format == Format::json) {
    say(Json{{"id", manifest.id},
             {"directory", (store / manifest.id).string()},
             {"base", manifest.base ? Json(*manifest.base) : Json(nullptr)},
             {"first", manifest.first.value},
             {"last", manifest.last().value},
             {"root", manifest.root().hex()},
             {"files", manifest.files.size()},
             {"bytes", manifest.bytes()},
             {"encrypted", manifest.key_id.has_value()},
             {"sequence", recorded ? Json(recorded->value) : Json(nullptr)}}
            .dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  say(fmt::format("backup {}: {}, {}{}{}, read back and verified; {}", manifest.id,
                  records_text(manifest), bytes_text(manifest.bytes()),
                  manifest.base ? ", continues " + *manifest.base : std::string(),
                  manifest.key_id ? ", encrypted" : "", (store / manifest.id).string()));
  say(fmt::format("root {}, signed{}", manifest.root().hex(),
                  recorded ? fmt::format("; recorded as {}", recorded->value) : ""));
}

Exit run(const Invocation& invocation, Wish wish, const BackupHouse& house) {
  if (!wish.backup.remote.empty())
    if (const auto named = remote::Remote::named(wish.backup.remote); !named)
      return usage(named.error().what, named.error().remedy);
  const auto place = find_backup_place(invocation, wish.backup);
  if (!place) return cannot(place.error());
  if (!place->house) return cannot(find_place(invocation).error());
  wish.encrypt = wish.encrypt || encrypts_backups(*place->house);
  if (!wish.encrypt && !wish.backup.key_file.empty())
    return usage("--key-file goes with --encrypt", "write both");
  auto key = key_for(wish, *place->house);
  if (!key) return cannot(key.error());
  const auto taken = [&]() -> Result<log::BackupManifest> {
    const auto lock = log::StoreLock::take(place->store);
    if (!lock) return Failure(lock.error());
    return take(invocation, wish, *place, *std::move(key), house);
  }();
  if (!taken) return failed(wish, *place, taken.error(), house);
  const auto sent = send(wish, *place, taken->id);
  Json event = event_of(*taken);
  if (!sent) {
    // Who waits for another's turn has failed at nothing.
    if (sent.error().kind != ErrorKind::locked) event["result"] = "failed";
    event["detail"] =
        "it stands here, and not with " + wish.backup.remote + ": " + sent.error().what;
  } else if (!wish.backup.remote.empty()) {
    event["detail"] = "copied to " + wish.backup.remote + " and compared";
  }
  tell(invocation, *taken, place->store,
       record_backup(*place->house, house,
                     event.dump(-1, ' ', false, Json::error_handler_t::replace)));
  if (!sent) return cannot(sent.error());
  if (!wish.backup.remote.empty()) note("copied to " + wish.backup.remote + " and compared there");
  return Exit::done;
}

}  // namespace

Exit create_backup(const Invocation& invocation, const BackupHouse& house) {
  return run(invocation, {}, house);
}

void add_backup_create(CLI::App& backup, Invocation& invocation, BackupHouse house) {
  CLI::App* command = add_command(
      backup, "create",
      "Copy the log, compressed and with a signed checkpoint, while the daemon goes on; read back "
      "and verified before it gets its name. Tables and files are not in it: they are made from "
      "the log. Writes the backup, and that it was taken to the log.",
      "wattledger backup create --to /media/usb/backups\n  wattledger backup create --incremental\n"
      "  wattledger backup create --encrypt --key-file /root/house.key");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--to", wish->backup.from,
           "The directory of backups (else backups/ below the data: a copy on the same disk)")
      .type_name("DIR");
  add_flag(*command, "--incremental", wish->incremental,
           "Only what was recorded since the newest backup there; a restore needs that one too");
  add_flag(*command, "--encrypt", wish->encrypt,
           "Encrypt it: nobody reads it without the key, its owner neither");
  add_key_file(*command, wish->backup);
  add_remote(*command, wish->backup, "--remote",
             "Copy it there as well, with what it continues, by rclone; compared there");
  on_call(*command, invocation,
          [&invocation, wish, house = std::move(house)] { return run(invocation, *wish, house); });
}

}  // namespace wattledger::tool
