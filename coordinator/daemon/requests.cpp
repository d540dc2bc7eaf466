// What the control socket asks, answered. The same functions would serve a later web server.
#include <nlohmann/json.hpp>

#include "coordinator/control/status.hpp"
#include "coordinator/daemon/daemon.hpp"
#include "coordinator/sources/fetch/configured.hpp"
#include "log/checkpoint.hpp"
#include "log/reader.hpp"
#include "log/retire.hpp"

namespace wattledger::daemon {
namespace {

// An asker waits seconds for its answer; it asks again until all is done.
constexpr std::uint64_t retire_commits_max = 8;

// What the asker says of how it was built; nothing of what is not said.
projections::Building building_of(const nlohmann::json& args) {
  projections::Building building;
  const auto number = [&](const char* name) -> std::optional<std::uint64_t> {
    if (!args.contains(name) || !args[name].is_number_unsigned()) return std::nullopt;
    const auto value = args[name].get<std::uint64_t>();
    return value == 0 ? std::nullopt : std::optional(value);
  };
  building.rows = number("rows");
  if (const auto took = number("took_ms"); took && *took < std::uint64_t{1} << 40U)
    building.took = std::chrono::milliseconds(*took);
  if (args.contains("reason") && args["reason"] == "undone") building.reason = "undone";
  return building;
}

// What differs from `before` on, and whether it stays so until the daemon starts again.
nlohmann::ordered_json changes_json(const config::Config& before, const config::Config& taken,
                                    const config::Config& fresh) {
  auto told = nlohmann::ordered_json::array();
  const auto tell = [&](const std::vector<config::KeyChange>& changes, bool needs_restart) {
    for (const config::KeyChange& each : changes)
      told.push_back({{"key", each.path},
                      {"before", each.before},
                      {"after", each.after},
                      {"needs_restart", needs_restart}});
  };
  tell(config::differing_keys(before, taken), false);
  tell(config::differing_keys(taken, fresh), true);
  return told;
}

}  // namespace

Result<std::string> Daemon::answer(const control::Request& request) {
  if (request.verb == "status") return answer_status(request);
  if (request.verb == "append") return answer_append(request);
  if (request.verb == "adopt") return answer_adopt(request);
  if (request.verb == "retire") return answer_retire(request);
  if (request.verb == "checkpoint") return answer_checkpoint();
  if (request.verb == "reload") return answer_reload();
  if (request.verb == "fetch") return answer_fetch();
  return fail(ErrorKind::unsupported, "the daemon does not know how to " + request.verb + " yet",
              "use a later wattledger");
}

// Asked beside the loop; what comes of it is in the log soon after.
Result<std::string> Daemon::answer_fetch() {
  nlohmann::json asked = nlohmann::json::array();
  for (const sources::Provider provider : sources::providers_of(config_))
    asked.push_back(sources::provider_name(provider));
  if (asked.empty())
    return fail(ErrorKind::not_found, "the daemon's configuration names no source",
                "set sources.prices and the like, and start it again");
  fetch_ = true;
  return nlohmann::json{{"asked", asked}}.dump();
}

Result<std::string> Daemon::answer_append(const control::Request& request) {
  auto event = control::event_from_args(request.args_json, request, clock_.now());
  if (!event) return Failure(event.error());
  if (const auto* correction = event->fact.AsCorrectionRecorded();
      correction != nullptr && correction->corrects > appender_->committed().value)
    return fail(ErrorKind::invalid_input,
                "there is no record " + std::to_string(correction->corrects) + " to correct",
                "see wattledger log cat for the sequence of the wrong one");
  const auto appended = journal_->record_request(std::move(*event));
  if (!appended) return Failure(appended.error());
  clock_.wake();
  return nlohmann::json{{"sequence", appended->sequence.value}, {"repeated", appended->repeated}}
      .dump();
}

Result<std::string> Daemon::answer_adopt(const control::Request& request) {
  const auto args = nlohmann::json::parse(request.args_json, nullptr, /*allow_exceptions=*/false);
  // The asker's working directory is not ours.
  const bool named = args.is_object() && args.contains("staged") && args["staged"].is_string() &&
                     args["staged"].get_ref<const std::string&>().starts_with('/');
  if (!named)
    return fail(ErrorKind::invalid_input, "adopt names no directory from the root on",
                "send {\"staged\": \"/DIRECTORY\"}");
  if (!projection_thread_)
    return fail(ErrorKind::conflict, "the daemon's projections are not running yet", "try again");
  const auto adopted = projection_thread_->adopt(args["staged"].get<std::string>());
  if (!adopted) return Failure(adopted.error());
  nlohmann::json answer{{"projections", adopted->projections},
                        {"sequences", nlohmann::json::array()}};
  const projections::Building building = building_of(args);
  for (fb::EventT& event : projections::events_of(*adopted, request.source, building)) {
    const auto recorded = journal_->record(std::move(event), log::Urgency::now);
    if (!recorded) return Failure(recorded.error());
    answer["sequences"].push_back(recorded->value);
  }
  return answer.dump();
}

// {"last": N} → {"first": lowest sequence left, "done": true | false}
Result<std::string> Daemon::answer_retire(const control::Request& request) {
  const auto args = nlohmann::json::parse(request.args_json, nullptr, /*allow_exceptions=*/false);
  if (!args.is_object() || !args.contains("last") || !args["last"].is_number_unsigned())
    return fail(ErrorKind::invalid_input, "retire needs {\"last\": SEQUENCE}");
  const Sequence last{args["last"].get<std::uint64_t>()};
  auto events = log::archived_events(*log_, last);
  if (!events) return Failure(events.error());
  for (fb::EventT& event : *events) {
    event.source = fb::Source::owner;
    event.source_name = request.source;
    const auto recorded = journal_->record_request(std::move(event));
    if (!recorded) return Failure(recorded.error());
  }
  log::RetireLimits limits;
  limits.commits_max = retire_commits_max;
  const auto retired = log::retire(*log_, *lock_, last, limits);
  if (!retired) return Failure(retired.error());
  return nlohmann::json{{"first", retired->first.value}, {"done", retired->first > last}}.dump();
}

// The key is read anew, so that one that was refused at the start is taken once it is mended.
Result<std::string> Daemon::answer_checkpoint() {
  WATTLEDGER_TRY(take_signing_key());
  const auto note = appender_->checkpoint();
  if (!note) return Failure(note.error());
  return nlohmann::json{{"note", *note}}.dump();
}

// {"prices": {"slots", "from", "to"} | null, "prices_trouble": text | null, "control_trouble": text
// | null, "needs_restart": [key], "changed": [{"key", "before", "after", "needs_restart"}]} What
// was read here is what the next tick takes over.
Result<std::string> Daemon::answer_reload() {
  if (!options_.reload)
    return fail(ErrorKind::unsupported, "this daemon runs without a configuration file",
                "start it with --config FILE");
  auto fresh = read_anew();
  if (!fresh) return Failure(fresh.error());
  nlohmann::ordered_json answer{{"prices", nullptr},
                                {"prices_trouble", nullptr},
                                {"control_trouble", nullptr},
                                {"needs_restart", nlohmann::ordered_json::array()},
                                {"changed", nullptr}};
  if (const auto extent = fresh->prices ? fresh->prices->extent() : std::nullopt)
    answer["prices"] = {
        {"slots", extent->slots}, {"from", utc_text(extent->from)}, {"to", utc_text(extent->to)}};
  if (!fresh->prices_trouble.empty()) answer["prices_trouble"] = fresh->prices_trouble;
  if (const std::string refusal = control_refusal(fresh->config.control_mode); !refusal.empty())
    answer["control_trouble"] = refusal;
  const config::Config taken = taken_over(fresh->config);
  {
    const std::lock_guard lock(reload_mutex_);
    answer["changed"] = changes_json(in_force_.value_or(config_), taken, fresh->config);
    fresh_ = *std::move(fresh);
  }
  for (const auto& each : answer["changed"])
    if (each["needs_restart"].get<bool>()) answer["needs_restart"].push_back(each["key"]);
  reload_ = true;
  clock_.wake();
  return answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// {"language": "en" | "pl"}, of the reason; English where none is asked for.
Result<std::string> Daemon::answer_status(const control::Request& request) {
  control::StatusExtras extras;
  const auto args = nlohmann::json::parse(request.args_json, nullptr, /*allow_exceptions=*/false);
  if (args.is_object() && args.contains("language") && args["language"].is_string())
    extras.language = fold::language_of(args["language"].get_ref<const std::string&>())
                          .value_or(fold::Language::english);
  extras.running = true;
  extras.version = WATTLEDGER_VERSION;
  extras.data = config_.data.string();
  extras.demo = options_.demo;
  extras.head = appender_->committed();
  extras.log = uuid_;
  for (const projections::LiveStatus& each : live_->status()) {
    const bool current = each.sequence >= extras.head;
    const char* standing = !each.fed ? "stopped" : current ? "current" : "behind";
    extras.projections.push_back(
        {each.projection, standing, each.sequence, each.fed ? "" : each.message});
  }
  if (const auto room = options_.room(*log_))
    for (log::RoomWarning& warning : log::room_warnings(*room))
      extras.warnings.push_back(std::move(warning.line));
  {
    const std::lock_guard lock(reload_mutex_);
    if (!prices_trouble_.empty())
      extras.warnings.push_back("the prices were not read: " + prices_trouble_);
    if (!control_trouble_.empty()) extras.warnings.push_back(control_trouble_);
    extras.warnings.insert(extras.warnings.end(), source_troubles_.begin(), source_troubles_.end());
  }
  extras.health = chores_->health().latest_json();
  if (const std::int64_t us = last_contact_us_; us != 0) extras.last_contact = utc_from_us(us);
  const fold::State state = journal_->state();
  const auto snapshot = log_->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  control::StatusRecords records;
  std::optional<log::RecordView> record;
  control::take_records(
      state,
      [&](Sequence sequence) -> const EventView* {
        auto found = snapshot->at(sequence);
        if (!found) return nullptr;
        record.emplace(*std::move(found));
        return &record->event;
      },
      records, extras);
  return control::status_json(state, clock_.now(), extras);
}

}  // namespace wattledger::daemon
