// wattledger tiers run [--hot-days N] [--warm-days N] [--remote R] [--yes]: moves what has come of
// age on, as the daemon does each day. Builds and verifies segments as a reader; the log's owner
// takes the records out; a segment leaves this disk when its copy with the remote was compared.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/remote/cold_store.hpp"
#include "log/tiers.hpp"
#include "replay/change/change.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/progress.hpp"
#include "replay/tiers/commands.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::uint64_t hot_days = 0, warm_days = 0;  // 0: the configuration's
  std::string remote;
  bool yes = false, now = false;
};

// As configured where it is not said.
config::TiersConfig settings_of(const Wish& wish, const Place& place) {
  config::TiersConfig tiers;
  if (place.config) tiers = place.config->tiers;
  if (wish.hot_days != 0) tiers.hot = std::chrono::days(wish.hot_days);
  if (wish.warm_days != 0) tiers.warm = std::chrono::days(wish.warm_days);
  if (!wish.remote.empty()) tiers.remote = wish.remote;
  return tiers;
}

struct Moved {
  std::uint64_t records = 0;
  std::vector<std::string> built, sent, left;
};

Result<void> build(const Invocation& invocation, const OpenLog& open, const log::TierPlan& plan,
                   Moved& moved) {
  for (const log::SequenceRange& range : plan.archive.build) {
    Progress progress(invocation, "archiving");
    const auto segment = log::build_segment(
        open.snapshot, open.log, range,
        [&](std::uint64_t done, std::uint64_t total) { progress.at(done, total); });
    if (!segment) return Failure(segment.error());
    moved.built.push_back(segment->path().filename().string());
  }
  return {};
}

Result<void> send(const Place& place, const log::TierPlan& plan, const std::string& where,
                  UtcTime now, Moved& moved) {
  for (const log::SequenceRange& range : plan.to_send) {
    const auto sent = remote::send_segment(place.log(), range, where, now, {});
    if (!sent) return Failure(sent.error());
    moved.sent.push_back(sent->name());
  }
  for (const log::ColdSegment& each : plan.to_leave) {
    WATTLEDGER_TRY(remote::leave_segment(place.log(), each, {}));
    moved.left.push_back(each.name());
  }
  return {};
}

Exit tell(const Invocation& invocation, const Moved& moved, const std::string& remote) {
  if (invocation.format == Format::json) {
    say(Json{{"records_archived", moved.records},
             {"segments_built", moved.built},
             {"segments_sent", moved.sent},
             {"segments_left", moved.left}}
            .dump());
    return Exit::done;
  }
  if (moved.records == 0 && moved.sent.empty() && moved.left.empty()) {
    note("nothing has come of age");
    return Exit::done;
  }
  if (moved.records != 0)
    say(fmt::format("{} records moved out of the log's file into {} segments", moved.records,
                    moved.built.size()));
  if (!moved.sent.empty())
    say(fmt::format("{} segments stand with {} now, compared there byte by byte", moved.sent.size(),
                    remote));
  if (!moved.left.empty())
    say(fmt::format("{} fetched segments gone from here again", moved.left.size()));
  return Exit::done;
}

// What was moved before something failed stays moved, and is the next run's beginning.
Result<Moved> carry_out(const Invocation& invocation, const Place& place, const Wish& wish,
                        const Retirer& retirer) {
  const config::TiersConfig tiers = settings_of(wish, place);
  auto open = std::make_optional(open_log(place));
  if (!*open) return Failure(open->error());
  const UtcTime now = house_now((*open)->snapshot);
  const Id128 uuid = (*open)->snapshot.meta().uuid;
  const auto plan = log::plan_tiers((*open)->snapshot, (*open)->log, now, {tiers.hot, tiers.warm},
                                    !tiers.remote.empty());
  if (!plan) return Failure(plan.error());
  Moved moved;
  WATTLEDGER_TRY(build(invocation, **open, *plan, moved));
  const Sequence first = (*open)->snapshot.meta().first;
  open.reset();
  if (plan->archive.retire_to.value != 0) {
    const auto by = retirer(place, plan->archive.retire_to);
    if (!by) return Failure(by.error());
    moved.records = plan->archive.retire_to.value - first.value + 1;
  }
  if (!tiers.remote.empty())
    WATTLEDGER_TRY(send(place, *plan, remote::cold_place(tiers.remote, uuid), now, moved));
  return moved;
}

Exit run(const Invocation& invocation, const Wish& wish, const Retirer& retirer,
         const ChangeHouse& house) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const std::string remote = settings_of(wish, *place).remote;
  if (place->config && remote.empty() &&
      std::ranges::count(place->config->from_environment, "tiers.remote") > 0)
    return usage("tiers.remote comes from an environment variable that is not set here",
                 "set it as the daemon has it, or give --remote");
  if (!remote.empty())
    if (const auto named = remote::Remote::named(remote); !named)
      return usage(named.error().what, named.error().remedy);
  Change change;
  change.verb = "tiers run";
  change.will = "moves records of age into segments" +
                (remote.empty() ? std::string() : ", and segments of age to " + remote) +
                "; everything reads them as before, or after wattledger tiers fetch";
  change.of_the_log = true;
  change.yes = wish.yes;
  change.now = wish.now;
  return guarded(invocation, *place, change, house, [&](ChangeEnd& end) {
    const auto moved = carry_out(invocation, *place, wish, retirer);
    if (!moved) return cannot(moved.error());
    end.detail = fmt::format("{} records, {} segments sent", moved->records, moved->sent.size());
    return tell(invocation, *moved, remote);
  });
}

}  // namespace

void add_tiers_run(CLI::App& tiers, Invocation& invocation, Retirer retirer, ChangeHouse house) {
  CLI::App* command = add_command(
      tiers, "run",
      "Move what has come of age on: records into segments beside the log's file, segments to the "
      "remote, each compared there before it leaves this disk. Nothing is ever removed from the "
      "remote. Ages and remote are the configuration's where none is given. Writes.",
      "wattledger --config house.yaml tiers run --yes\n  wattledger tiers run --hot-days 7 "
      "--warm-days 90 --remote nas:house --yes");
  const auto wish = std::make_shared<Wish>();
  add_count(*command, "--hot-days", wish->hot_days, "Records stay in the log's file for so long");
  add_count(*command, "--warm-days", wish->warm_days,
            "Segments stay on this disk for so long, and 35 days at least");
  add_text(*command, "--remote", wish->remote, "Where segments go then (else they stay)")
      .type_name("REMOTE:PATH");
  add_flag(*command, "--yes", wish->yes, "Agree beforehand");
  add_flag(*command, "--now", wish->now, "Also outside changes.windows of the configuration");
  on_call(*command, invocation,
          [&invocation, wish, retirer = std::move(retirer), house = std::move(house)] {
            return run(invocation, *wish, retirer, house);
          });
}

}  // namespace wattledger::tool
