// wattledger backup prune [--keep-days N] [--keep-count N] [--from DIR | --remote R] [--dry-run]
// [--yes]: removes old backups, never the newest and never one that another needs.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/remote/remote_backups.hpp"
#include "replay/backup/backup_place.hpp"
#include "replay/backup/commands.hpp"
#include "replay/backup/scratch.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Wish {
  BackupWish backup;
  std::uint64_t keep_days = 0, keep_count = 0;  // 0: not given
  bool dry_run = false, yes = false;
};

struct Plan {
  std::vector<std::string> gone;
  std::size_t kept = 0;
  std::uint64_t bytes = 0;  // of those that go
};

Result<Plan> plan_prune(const Wish& wish, const fs::path& store) {
  const auto all = log::list_backups(store);
  if (!all) return Failure(all.error());
  std::vector<log::BackupManifest> sound;
  for (const log::StoredBackup& each : *all) {
    if (each.manifest)
      sound.push_back(*each.manifest);
    else  // what it continues is not known, so that it is nobody's to remove
      note(each.id + " is left alone: " + each.manifest.error().what);
  }
  log::KeepRules rules;
  if (wish.keep_days != 0) rules.days = wish.keep_days;
  if (wish.keep_count != 0) rules.count = wish.keep_count;
  Plan plan;
  plan.gone = log::prunable(sound, rules);
  plan.kept = all->size() - plan.gone.size();
  for (const log::BackupManifest& each : sound)
    if (std::find(plan.gone.begin(), plan.gone.end(), each.id) != plan.gone.end())
      plan.bytes += each.bytes();
  return plan;
}

// done: go on.
Exit ask_consent(const Wish& wish, const Plan& plan, const std::string& store) {
  if (wish.yes) return Exit::done;
  const std::string what = fmt::format("{} of the backups in {}", plan.gone.size(), store);
  if (::isatty(STDIN_FILENO) != 1)
    return usage("prune removes " + what + ", and nobody is at the terminal to agree",
                 "add --yes, or look first with --dry-run");
  std::fprintf(stderr, "Remove %s for good? [y/N] ", what.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return Exit::done;
  return usage("not agreed, nothing was removed", {});
}

void tell(const Invocation& invocation, const Plan& plan, bool removed) {
  if (invocation.format == Format::json) {
    say(Json{{"removed", removed}, {"ids", plan.gone}, {"bytes", plan.bytes}, {"kept", plan.kept}}
            .dump());
    return;
  }
  for (const std::string& id : plan.gone) say(id);
  say(fmt::format("{} {} backup{}, {}; {} kept", removed ? "removed" : "would remove",
                  plan.gone.size(), plan.gone.size() == 1 ? "" : "s", bytes_text(plan.bytes),
                  plan.kept));
}

Result<void> remove_all(const std::optional<remote::Remote>& there, const fs::path& store,
                        const Plan& plan) {
  // Neither there nor here anything goes that somebody is sending.
  const auto sending = log::StoreLock::take(store, log::StorePart::remote);
  if (!sending) return Failure(sending.error());
  if (there) return remote::remove_backups(*there, plan.gone);
  const auto lock = log::StoreLock::take(store);
  if (!lock) return Failure(lock.error());
  // What was taken meanwhile continues the newest, which stays. Newest first: killed half way,
  // what is left still has what it needs.
  for (auto id = plan.gone.rbegin(); id != plan.gone.rend(); ++id)
    WATTLEDGER_TRY(log::remove_backup(store, *id));
  return {};
}

Exit run(const Invocation& invocation, const Wish& wish) {
  if (wish.keep_days == 0 && wish.keep_count == 0)
    return usage("what is to be kept is not said", "give --keep-days N, --keep-count N or both");
  const auto place = find_backup_place(invocation, wish.backup);
  if (!place) return cannot(place.error());
  std::optional<remote::Remote> there;
  std::optional<Scratch> manifests;
  if (!wish.backup.remote.empty()) {
    auto named = remote::Remote::named(wish.backup.remote);
    if (!named) return usage(named.error().what, named.error().remedy);
    there = *std::move(named);
    manifests.emplace(fetched_path(place->house));
    if (const auto fetched = remote::fetch_manifests(*there, manifests->path()); !fetched)
      return cannot(fetched.error());
  }
  const auto plan = plan_prune(wish, manifests ? manifests->path() : place->store);
  if (!plan) return cannot(plan.error());
  if (!wish.dry_run && !plan->gone.empty()) {
    const Exit agreed =
        ask_consent(wish, *plan, there ? wish.backup.remote : place->store.string());
    if (agreed != Exit::done) return agreed;
    if (const auto removed = remove_all(there, place->store, *plan); !removed)
      return cannot(removed.error());
  }
  tell(invocation, *plan, !wish.dry_run);
  return Exit::done;
}

}  // namespace

void add_backup_prune(CLI::App& backup, Invocation& invocation) {
  CLI::App* command = add_command(
      backup, "prune",
      "Remove backups that neither rule keeps: those of the last days, counted back from the "
      "newest, and the newest so many. The newest stays always, and so does each that one that "
      "stays continues. Removes.",
      "wattledger backup prune --keep-days 30 --dry-run\n  wattledger backup prune --keep-days 30 "
      "--keep-count 5 --yes");
  const auto wish = std::make_shared<Wish>();
  add_count(*command, "--keep-days", wish->keep_days, "Keep those of so many days");
  add_count(*command, "--keep-count", wish->keep_count, "Keep the newest so many");
  add_from(*command, wish->backup);
  add_remote(*command, wish->backup, "--remote", "Those with this remote of rclone instead");
  add_flag(*command, "--dry-run", wish->dry_run, "Say what would go; removes nothing");
  add_flag(*command, "--yes", wish->yes, "Agree beforehand");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
