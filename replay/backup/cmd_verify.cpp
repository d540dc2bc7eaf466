// wattledger backup verify [ID] [--from DIR | --remote R] [--key-file FILE] [--any-house]: reads a
// backup and all that it continues, every one where none is named. Read-only; exit code 1 when
// something is wrong.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/remote/remote_backups.hpp"
#include "replay/backup/backup_place.hpp"
#include "replay/backup/commands.hpp"
#include "replay/backup/scratch.hpp"
#include "replay/display.hpp"
#include "replay/progress.hpp"
#include "replay/trust.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  BackupWish backup;
  std::string id;
  bool any_house = false;
};

struct Checked {
  std::string id;
  std::optional<log::BackupManifest> manifest;
  log::BackupCheck check;
  bool signer_known = false;
};

class Verifier {
 public:
  Verifier(const Invocation& invocation, const Wish& wish, const BackupPlace& place,
           std::optional<log::BackupKey> key)
      : invocation_(invocation), wish_(wish), place_(place), house_(house_meta(place)) {
    options_.key = std::move(key);
    if (place.house && house_) signer_ = own_key(*place.house, *house_);
  }

  Checked check(const std::string& id) {
    Checked result;
    result.id = id;
    const auto chain = log::backup_chain(place_.store, id);
    if (!chain) {
      result.check.findings.push_back({id, chain.error().what, chain.error().remedy});
      return result;
    }
    result.manifest = chain->back().manifest;
    if (const auto same = require_same_house(house_, *result.manifest); !same && !wish_.any_house) {
      result.check.findings.push_back({id, same.error().what, same.error().remedy});
      return result;
    }
    // The key of this log says nothing of the one that it continues.
    options_.signer = house_ && house_->uuid == result.manifest->meta.uuid ? signer_ : std::nullopt;
    result.signer_known = options_.signer.has_value();
    Progress progress(invocation_, "verifying");
    options_.progress = [&](std::uint64_t done, std::uint64_t total) { progress.at(done, total); };
    // Where all are read, so is each one's base, once.
    result.check = wish_.id.empty() ? log::check_newest_link(*chain, options_)
                                    : log::check_backup(*chain, options_);
    return result;
  }

 private:
  const Invocation& invocation_;
  const Wish& wish_;
  const BackupPlace& place_;
  std::optional<log::Meta> house_;
  std::optional<log::VerifierKey> signer_;
  log::BackupCheckOptions options_;
};

void print(const Checked& checked) {
  for (const log::BackupFinding& each : checked.check.findings)
    say(fmt::format("{}: {}; {}", each.backup, each.what, each.remedy));
  if (!checked.check.findings.empty() || !checked.manifest) return;
  if (checked.check.summed_only) {
    say(
        fmt::format("{}: every file is as it was written; what is encrypted was not read, as there "
                    "is no key",
                    checked.id));
    return;
  }
  say(fmt::format("{} is sound: {} records give the root {}, the checkpoint's{}", checked.id,
                  checked.check.records, checked.manifest->root().hex(),
                  checked.signer_known ? ", signed by this log's key" : ""));
}

void print_json(const Checked& checked) {
  Json line = {{"id", checked.id},
               {"findings", Json::array()},
               {"records", checked.check.records},
               {"root", checked.manifest ? Json(checked.manifest->root().hex()) : Json(nullptr)},
               {"summed_only", checked.check.summed_only},
               {"signature_checked", checked.signer_known}};
  for (const log::BackupFinding& each : checked.check.findings)
    line["findings"].push_back(
        {{"backup", each.backup}, {"what", each.what}, {"remedy", each.remedy}});
  say(line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// What is to be read, into `store`. What is missing there is left for the verifier to say.
Result<void> fetch_all(const Wish& wish, const std::filesystem::path& store) {
  const auto there = remote::Remote::named(wish.backup.remote);
  if (!there) return Failure(there.error());
  WATTLEDGER_TRY(remote::fetch_manifests(*there, store));
  const auto all = log::list_backups(store);
  if (!all) return Failure(all.error());
  for (const log::StoredBackup& each : *all) {
    if (!wish.id.empty() && each.id != wish.id) continue;
    const auto fetched = remote::fetch_chain(*there, each.id, store);
    const bool told = fetched || fetched.error().kind == ErrorKind::not_found ||
                      fetched.error().kind == ErrorKind::corrupt;
    if (!told) return Failure(fetched.error());
  }
  return {};
}

Exit run(const Invocation& invocation, const Wish& wish) {
  auto place = find_backup_place(invocation, wish.backup);
  if (!place) return cannot(place.error());
  std::optional<Scratch> fetched;
  if (!wish.backup.remote.empty()) {
    fetched.emplace(fetched_path(place->house));
    place->store = fetched->path();
    if (const auto done = fetch_all(wish, place->store); !done)
      return done.error().kind == ErrorKind::invalid_input
                 ? usage(done.error().what, done.error().remedy)
                 : cannot(done.error());
  }
  auto key = find_backup_key(*place, wish.backup);
  if (!key) return cannot(key.error());
  const auto all = log::list_backups(place->store);
  if (!all) return cannot(all.error());
  std::vector<std::string> ids;
  for (const log::StoredBackup& each : *all)
    if (wish.id.empty() || each.id == wish.id) ids.push_back(each.id);
  if (ids.empty() && !wish.id.empty())
    return cannot(log::find_backup(place->store, wish.id).error());
  if (ids.empty()) note("no backups in " + (fetched ? wish.backup.remote : place->store.string()));
  Verifier verifier(invocation, wish, *place, *std::move(key));
  bool sound = true;
  for (const std::string& id : ids) {
    const Checked checked = verifier.check(id);
    sound = sound && checked.check.findings.empty();
    if (invocation.format == Format::json)
      print_json(checked);
    else
      print(checked);
  }
  return sound ? Exit::done : Exit::findings;
}

}  // namespace

void add_backup_verify(CLI::App& backup, Invocation& invocation) {
  CLI::App* command = add_command(
      backup, "verify",
      "Read a backup and all that it continues, and recompute the Merkle root from its records; "
      "all backups where none is named. Exit code 1 when something is wrong. Read-only.",
      "wattledger backup verify\n  wattledger backup verify 20251029T020000Z-49411 --from "
      "/media/usb/backups");
  const auto wish = std::make_shared<Wish>();
  add_words(*command, "id", wish->id, "The backup; see backup list").type_name("ID");
  add_from(*command, wish->backup);
  add_remote(*command, wish->backup, "--remote",
             "Those with this remote of rclone: fetched, read and removed again");
  add_key_file(*command, wish->backup);
  add_flag(*command, "--any-house", wish->any_house, "Also one of another house's log");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
