// wattledger inputs fetch [--source S] [--day D] [--dry-run]: asks the sources now. Where a daemon
// runs, it asks; else what comes is recorded under the writer lock.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/sources/fetch/configured.hpp"
#include "coordinator/sources/fetch/fetch.hpp"
#include "coordinator/sources/fetch/news.hpp"
#include "events/near_match.hpp"
#include "projections/damage.hpp"
#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/input_text.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

using sources::Provider;

struct Wish {
  std::string source, day;
  bool dry_run = false;
};

// Those that were named, or that the configuration names.
Result<std::vector<Provider>> providers(const Wish& wish, const config::Config& config) {
  if (wish.source.empty()) {
    auto configured = sources::providers_of(config);
    if (configured.empty())
      return fail(ErrorKind::invalid_input, "the configuration names no source",
                  "set sources.prices (pse, energy-charts, …), or say --source NAME --dry-run");
    return configured;
  }
  if (const auto provider = sources::provider_of(wish.source)) return std::vector{*provider};
  std::vector<std::string> known;
  for (std::size_t i = 0; i < sources::provider_count; ++i)
    known.emplace_back(sources::provider_name(static_cast<Provider>(i)));
  return fail(ErrorKind::invalid_input, "there is no source \"" + wish.source + "\"",
              near_match_remedy(wish.source, known));
}

// Today and, once it may be published, tomorrow; or the day that was named.
Result<std::vector<UtcTime>> days(const Wish& wish, const config::Config& config,
                                  const ZoneOffsets& zone, UtcTime now) {
  if (!wish.day.empty()) {
    const auto day = time_argument(wish.day, zone, now);
    if (!day) return Failure(day.error());
    return std::vector{zone.day_start(*day)};
  }
  return sources::days_asked(config, zone, now).starts;
}

// Asks one, prints what came, and keeps it in `facts`. False when it failed.
bool ask(Provider provider, sources::Fetcher& fetcher, const sources::Asked& asked,
         const ZoneOffsets& zone, const std::string& currency, std::vector<fb::EventT>& facts) {
  auto fetched = fetcher.fetch(provider, asked, zone, "");
  const std::string name(sources::provider_name(provider));
  const std::string about = sources::has_days(provider) ? name + ", " + asked.local_date : name;
  if (!fetched) {
    note(about + ": " + fetched.error().line());
    return false;
  }
  if (const auto same = sources::check_currency(*fetched, currency); !same) {
    note(about + ": " + same.error().line());
    return false;
  }
  for (const std::string& remark : fetched->remarks) note(about + ": " + remark);
  if (!fetched->complete) note(about + ": the day is not whole yet");
  for (fb::EventT& each : fetched->facts) {
    if (const auto text = input_text(each, zone))
      say(fmt::format("{:<10}  {:<10}  {:<15}  {}", text->kind, text->about, text->provider,
                      text->what));
    facts.push_back(std::move(each));
  }
  return true;
}

// What the sources said in the last weeks of the log.
Result<sources::ToldBefore> told_before(const log::Log& log) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  sources::ToldBefore told;
  const auto from = snapshot->first_recorded_at_or_after(clock_now() - sources::told_looked_back);
  if (!from) return Failure(from.error());
  projections::Damage damage;
  WATTLEDGER_TRY(projections::scan_over_damage(
      *snapshot, *from, snapshot->head(),
      [&](const log::RecordView& record) -> Result<bool> {
        told.take(record.sequence, record.event);
        return true;
      },
      damage));
  return told;
}

// One lock and one appender for all of them.
Exit record(const Place& place, std::vector<fb::EventT> facts) {
  const auto lock = take_lock(place);
  if (!lock) return cannot(lock.error());
  auto log = log::Log::open(place.log());
  if (!log) return cannot(log.error());
  auto told = told_before(*log);
  if (!told) return cannot(told.error());
  for (fb::EventT& each : facts) {
    if (!told->is_news(each)) {
      say(each.source_name + ": nothing new, and nothing recorded");
      continue;
    }
    const auto sequence = append_locked(*log, *lock, std::move(each));
    if (!sequence) return cannot(sequence.error());
    say(fmt::format("recorded as {}", sequence->value));
  }
  return Exit::done;
}

// The daemon asks by itself; nullopt: none runs.
std::optional<Exit> by_daemon(const Place& place) {
  const auto answer = ask_daemon(place, "fetch", "{}");
  if (!answer) return cannot(answer.error());
  if (!*answer) return std::nullopt;
  const auto json = nlohmann::json::parse(**answer, nullptr, /*allow_exceptions=*/false);
  std::string names;
  if (json.is_object() && json.contains("asked") && json["asked"].is_array())
    for (const auto& each : json["asked"])
      if (each.is_string()) names += (names.empty() ? "" : ", ") + each.get<std::string>();
  say("the daemon asks " + names +
      " now; inputs show tells what came, status which of them fails and why");
  return Exit::done;
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  config::Config config;
  if (!invocation.config.empty() && wish.dry_run) {  // a look needs no data directory
    auto read = config::load(invocation.config);
    if (!read) return cannot(read.error());
    config = *std::move(read);
  }
  if (!wish.dry_run) {
    if (!place) return cannot(place.error());
    if (!wish.source.empty() || !wish.day.empty())
      return usage("--source and --day are for a look", "add --dry-run");
    if (const auto asked = by_daemon(*place)) return *asked;
    if (!place->config)
      return usage("whom to ask is not said, and no daemon is running", "give --config");
    auto read = config::load(invocation.config);
    if (!read) return cannot(read.error());
    config = *std::move(read);
  }
  const auto named = providers(wish, config);
  if (!named) return usage(named.error().what, named.error().remedy);
  const UtcTime now = clock_now();
  const auto zone = config::load_zone(config.site.timezone, now);
  if (!zone) return cannot(zone.error());
  const auto starts = days(wish, config, zone->zone, now);
  if (!starts) return usage(starts.error().what, starts.error().remedy);
  sources::Fetcher fetcher;
  std::vector<fb::EventT> facts;
  bool all = true;
  for (const Provider provider : *named) {
    auto asked = sources::asked_of(config, provider);
    if (!asked) return cannot(asked.error());
    for (const UtcTime day : *starts) {
      sources::ask_for(*asked, day, zone->zone);
      all = ask(provider, fetcher, *asked, zone->zone, wish.dry_run ? "" : config.policy.currency,
                facts) &&
            all;
      if (!sources::has_days(provider)) break;
    }
  }
  if (!wish.dry_run && !facts.empty())
    if (const Exit recorded = record(*place, std::move(facts)); recorded != Exit::done)
      return recorded;
  return all ? Exit::done : Exit::findings;
}

}  // namespace

void add_inputs_fetch(CLI::App& inputs, Invocation& invocation) {
  auto wish = std::make_shared<Wish>();
  CLI::App* command = add_command(
      inputs, "fetch",
      "Ask the configured sources now, today and, from sources.day_ahead_from_h on, tomorrow: what "
      "comes is recorded. A running daemon does it itself. Exit code 1 when one of them failed.",
      "wattledger --config house.yaml inputs fetch\n  wattledger inputs fetch --source pse --day "
      "2025-11-29 --dry-run");
  add_text(*command, "--source", wish->source, "This one, configured or not; with --dry-run")
      .type_name("NAME");
  add_text(*command, "--day", wish->day, "Prices and advice of this local day; with --dry-run")
      .type_name("DAY");
  add_flag(*command, "--dry-run", wish->dry_run, "Show what comes, record nothing");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
