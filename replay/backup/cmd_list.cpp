// wattledger backup list [--from DIR | --remote R]: the backups that are there. Read-only.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/remote/remote_backups.hpp"
#include "replay/backup/backup_place.hpp"
#include "replay/backup/commands.hpp"
#include "replay/backup/scratch.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

void print_json(const log::StoredBackup& stored, const std::string& wrong) {
  Json line = {{"id", stored.id}, {"wrong", wrong.empty() ? Json(nullptr) : Json(wrong)}};
  if (stored.manifest) {
    const log::BackupManifest& manifest = *stored.manifest;
    line["taken_at"] = utc_text(manifest.taken_at);
    line["log"] = manifest.meta.uuid.hex();
    line["base"] = manifest.base ? Json(*manifest.base) : Json(nullptr);
    line["first"] = manifest.first.value;
    line["last"] = manifest.last().value;
    line["root"] = manifest.root().hex();
    line["bytes"] = manifest.bytes();
    line["encrypted"] = manifest.key_id.has_value();
    line["program"] = manifest.program;
  }
  say(line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print(const log::StoredBackup& stored, const std::string& wrong) {
  if (!stored.manifest) {
    say(fmt::format("{:<24} {}", stored.id, wrong));
    return;
  }
  const log::BackupManifest& manifest = *stored.manifest;
  const std::string remarks =
      (manifest.key_id ? "  encrypted" : "") + (wrong.empty() ? std::string() : "  " + wrong);
  say(fmt::format("{:<24} {:<12} {:>10} {:>10} {:>10}{}", stored.id,
                  manifest.base ? "incremental" : "full", manifest.first.value,
                  manifest.last().value, bytes_text(manifest.bytes()), remarks));
}

// With what is wrong with each.
Result<std::vector<remote::RemoteBackup>> find_all(const BackupWish& wish,
                                                   const BackupPlace& place) {
  if (!wish.remote.empty()) {
    const auto there = remote::Remote::named(wish.remote);
    if (!there) return Failure(there.error());
    const Scratch scratch(fetched_path(place.house));
    return remote::list_backups(*there, scratch.path());
  }
  auto all = log::list_backups(place.store);
  if (!all) return Failure(all.error());
  std::vector<remote::RemoteBackup> result;
  for (log::StoredBackup& each : *all) {
    std::string wrong = log::backup_trouble(place.store, each);
    result.push_back({std::move(each), std::move(wrong)});
  }
  return result;
}

Exit run(const Invocation& invocation, const BackupWish& wish) {
  const auto place = find_backup_place(invocation, wish);
  if (!place) return cannot(place.error());
  const auto all = find_all(wish, *place);
  if (!all)
    return all.error().kind == ErrorKind::invalid_input
               ? usage(all.error().what, all.error().remedy)
               : cannot(all.error());
  if (invocation.format == Format::text && !all->empty())
    say(fmt::format("{:<24} {:<12} {:>10} {:>10} {:>10}", "ID", "KIND", "FIRST", "LAST", "SIZE"));
  for (const remote::RemoteBackup& each : *all) {
    if (invocation.format == Format::json)
      print_json(each.stored, each.trouble);
    else
      print(each.stored, each.trouble);
  }
  if (all->empty())
    note("no backups in " + (wish.remote.empty() ? place->store.string() : wish.remote));
  return Exit::done;
}

}  // namespace

void add_backup_list(CLI::App& backup, Invocation& invocation) {
  CLI::App* command =
      add_command(backup, "list",
                  "List the backups, oldest first, with what can be seen of them without reading "
                  "them: backup verify reads them. Read-only.",
                  "wattledger backup list --from /media/usb/backups");
  const auto wish = std::make_shared<BackupWish>();
  add_from(*command, *wish);
  add_remote(*command, *wish, "--remote", "Those with this remote of rclone instead");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
