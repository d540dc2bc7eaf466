// wattledger backup list [--from DIR]: the backups that are there. Read-only.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "replay/backup/backup_place.hpp"
#include "replay/backup/commands.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What can be seen without reading the files; empty if nothing is wrong.
std::string trouble(const fs::path& store, const log::StoredBackup& stored) {
  if (!stored.manifest) return stored.manifest.error().what;
  if (const auto chain = log::backup_chain(store, stored.id); !chain) return chain.error().what;
  for (const log::BackupFile& file : stored.manifest->files) {
    std::error_code error;
    const auto bytes = fs::file_size(store / stored.id / file.name, error);
    if (error) return file.name + " is missing";
    if (bytes != file.bytes)
      return fmt::format("{} has {} of {} bytes", file.name, bytes, file.bytes);
  }
  return {};
}

void print_json(const fs::path& store, const log::StoredBackup& stored) {
  const std::string wrong = trouble(store, stored);
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

void print(const fs::path& store, const log::StoredBackup& stored) {
  const std::string wrong = trouble(store, stored);
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

Exit run(const Invocation& invocation, const BackupWish& wish) {
  const auto place = find_backup_place(invocation, wish);
  if (!place) return cannot(place.error());
  const auto all = log::list_backups(place->store);
  if (!all) return cannot(all.error());
  if (invocation.format == Format::text && !all->empty())
    say(fmt::format("{:<24} {:<12} {:>10} {:>10} {:>10}", "ID", "KIND", "FIRST", "LAST", "SIZE"));
  for (const log::StoredBackup& each : *all) {
    if (invocation.format == Format::json)
      print_json(place->store, each);
    else
      print(place->store, each);
  }
  if (all->empty()) note("no backups in " + place->store.string());
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
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
