// wattledger rollout deploy --mode files|both|database, rollback [--to …], migrate: changes what a
// house keeps beside its log, while it goes on. The log keeps everything either way.
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/config/secrets.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "replay/change/needs.hpp"
#include "replay/house/submit.hpp"
#include "replay/rebuild/commands.hpp"
#include "replay/rollout/commands.hpp"
#include "replay/text_file.hpp"
#include "replay/told_error.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t playbook_days = 7;

struct Wish {
  std::string mode, to;
  SwitchWish how;
  std::optional<std::int64_t> days;
  bool yes = false, now = false;
};

Result<Place> place_with_configuration(const Invocation& invocation) {
  if (invocation.config.empty())
    return fail(ErrorKind::invalid_input, "a rollout changes the daemon's configuration",
                "name it: wattledger --config FILE rollout …");
  return find_place(invocation);
}

Exit refused(const Error& error) {
  return error.kind == ErrorKind::invalid_input ? usage(error.what, error.remedy) : cannot(error);
}

// "both, schema version 5": what the file asks for; the beginning says the mode.
std::string asked(const Place& place) {
  const auto mode = place.config ? mode_of(*place.config) : std::nullopt;
  return fmt::format("{}, schema version {}", mode ? mode_name(*mode) : "nothing",
                     place.config ? place.config->sqlite.schema : 0);
}

// A downgrade drops tables that somebody may be reading.
bool is_downgrade(const Place& place, const Owner& owner, const config::Config& wanted) {
  const TableFigures tables = table_figures(live_tables(place, owner));
  return wanted.sqlite.enabled && tables.there && wanted.sqlite.schema < tables.schema;
}

void tell_end(const Invocation& invocation, const std::string& verb, const std::string& result,
              const std::string& detail) {
  if (invocation.format == Format::json)
    say(nlohmann::ordered_json{{"verb", verb}, {"result", result}, {"detail", detail}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  else
    say(verb + ": " + result + (detail.empty() ? "" : ", " + detail));
}

// The text in the file's place, then in force, then looked at. What is wrong in the end; empty when
// nothing is.
std::string put_and_verify(const Invocation& invocation, const Wish& wish, const Owner& owner,
                           const std::string& text) {
  if (const auto put = put_configuration(invocation.config, text); !put) return put.error().line();
  const auto place = find_place(invocation);
  if (!place) return place.error().line();
  if (const auto forced = bring_into_force(invocation, *place, owner, wish.how); !forced)
    return forced.error().line();
  const CheckResults findings = verify_rollout(*place, owner);
  tell_findings(invocation, "verify", findings);
  return first_failure(findings);
}

// What was tried is nothing to go back to: that is what stood there before.
void forget_tried(const Invocation& invocation, const std::optional<std::string>& earlier) {
  std::error_code ignored;
  const fs::path before = text_before(invocation.config);
  if (!earlier || !write_text_file(before, *earlier)) fs::remove(before, ignored);
}

std::optional<std::string> earlier_text(const Invocation& invocation) {
  auto earlier = read_configuration_text(text_before(invocation.config));
  return earlier ? std::optional(*std::move(earlier)) : std::nullopt;
}

Exit deploy_guarded(const Invocation& invocation, const Wish& wish, const Place& place,
                    const RolloutHouse& house, const std::string& before, const std::string& text,
                    ChangeEnd& end) {
  const bool test = place.config->environment == config::Environment::test;
  if (there_is_a_log(place) && !test)
    if (const Exit backed = house.create_backup(invocation); backed != Exit::done) return backed;
  const std::optional<std::string> earlier = earlier_text(invocation);
  const std::string wrong = put_and_verify(invocation, wish, house.owner, text);
  end.detail = wish.mode + (wrong.empty() ? "" : ": " + wrong);
  if (wrong.empty()) {
    tell_end(invocation, "deploy", "done", wish.mode);
    return Exit::done;
  }
  end.failed = true;
  note("this went wrong and is taken back: " + wrong);
  const std::string still = put_and_verify(invocation, wish, house.owner, before);
  forget_tried(invocation, earlier);
  const std::string then = still.empty() ? "" : "; and then: " + still;
  end.detail += "; rolled back" + then;
  tell_end(invocation, "deploy", still.empty() ? "rolled back" : "taken back, and not well",
           wrong + then);
  return Exit::findings;
}

Exit deploy(const Invocation& invocation, const Wish& wish, const RolloutHouse& house) {
  const auto mode = mode_of(wish.mode);
  if (!mode)
    return usage("\"" + wish.mode + "\" is no mode", "write --mode files, both or database");
  if (wish.days.value_or(0) < 0) return usage("--days counts days", "write 0 or more");
  const auto place = place_with_configuration(invocation);
  if (!place) return refused(place.error());
  const auto before = read_configuration_text(invocation.config);
  if (!before) return cannot(before.error());
  const auto text = asking_for(*before, {mode, {}}, invocation.config);
  if (!text) return cannot(text.error());
  CheckResults ready = preflight(invocation, *place, house.owner);
  if (mode == Mode::database && mode_of(*place->config) != Mode::database) {
    const CheckResults more =
        database_only_conditions(invocation, *place, house.owner,
                                 static_cast<std::uint64_t>(wish.days.value_or(playbook_days)));
    ready.insert(ready.end(), more.begin(), more.end());
  }
  tell_findings(invocation, "preflight", ready);
  if (any_fails(ready)) {
    note("nothing was changed: " + first_failure(ready));
    return Exit::findings;
  }
  Change change;
  change.verb = "rollout deploy";
  change.arguments = "--mode " + wish.mode;
  if (wish.days) change.arguments += fmt::format(" --days {}", *wish.days);
  if (wish.now) change.arguments += " --now";
  change.will = fmt::format("sets {} to keep {} beside the log, now {}", invocation.config,
                            mode == Mode::both ? "files and tables" : wish.mode, asked(*place));
  change.yes = wish.yes;
  change.now = wish.now;
  change.undo = [&, earlier = earlier_text(invocation)]() -> std::string {
    if (const auto put = put_configuration(invocation.config, *before); !put)
      return "the configuration could not be put back: " + put.error().line();
    forget_tried(invocation, earlier);
    (void)ask_daemon(*place, "reload", "{}");
    return std::string(
        "the configuration is as it was; wattledger rollout verify says whether all of it is in "
        "force, wattledger rollout migrate brings it there");
  };
  return guarded(invocation, *place, change, house.changes, [&](ChangeEnd& end) {
    return deploy_guarded(invocation, wish, *place, house, *before, *text, end);
  });
}

// The text that --to asks for; without it the one before the last rollout.
Result<std::string> text_to(const Invocation& invocation, const Wish& wish) {
  if (wish.to.empty()) return read_configuration_text(text_before(invocation.config));
  const auto before = read_configuration_text(invocation.config);
  if (!before) return before;
  if (const auto mode = mode_of(wish.to)) return asking_for(*before, {mode, {}}, invocation.config);
  std::uint32_t schema = 0;
  const char* const last = wish.to.data() + wish.to.size();
  const auto parsed = std::from_chars(wish.to.data(), last, schema);
  if (parsed.ec != std::errc() || parsed.ptr != last || schema == 0 ||
      schema > projections::sqlite_schema_last)
    return fail(ErrorKind::invalid_input, "\"" + wish.to + "\" is nothing to go back to",
                fmt::format("write files, both, database or a schema version, 1 to {}",
                            projections::sqlite_schema_last));
  const auto config = config::parse_to_look(*before, invocation.config);
  if (!config) return Failure(config.error());
  const Mode mode = config->json.enabled ? Mode::both : Mode::database;
  return asking_for(*before, {mode, schema}, invocation.config);
}

Exit roll_back(const Invocation& invocation, const Wish& wish, const RolloutHouse& house) {
  const auto place = place_with_configuration(invocation);
  if (!place) return refused(place.error());
  const auto text = text_to(invocation, wish);
  if (!text && wish.to.empty() && text.error().kind == ErrorKind::not_found)
    return cannot(
        {ErrorKind::not_found,
         "no rollout was made here: " + text_before(invocation.config).string() + " is not there",
         "say where to: --to files, or --to 4"});
  if (!text) return refused(text.error());
  const auto wanted = config::parse_to_look(*text, invocation.config);
  if (!wanted) return cannot(wanted.error());
  Place after = *place;
  after.config = *wanted;
  Change change;
  change.verb = "rollout rollback";
  change.arguments = wish.to.empty() ? "" : "--to " + wish.to;
  if (wish.now) change.arguments += wish.to.empty() ? "--now" : " --now";
  change.will =
      fmt::format("goes back to {}, now {}; the log keeps everything", asked(after), asked(*place));
  change.of_the_log = is_downgrade(*place, house.owner, *wanted);
  change.yes = wish.yes;
  change.now = wish.now;
  return guarded(invocation, *place, change, house.changes, [&](ChangeEnd& end) {
    const std::string wrong = put_and_verify(invocation, wish, house.owner, *text);
    end.detail = asked(after) + (wrong.empty() ? "" : ": " + wrong);
    end.failed = !wrong.empty();
    tell_end(invocation, "rollback", wrong.empty() ? "done" : "not as it should be",
             wrong.empty() ? asked(after) : wrong);
    return wrong.empty() ? Exit::done : Exit::findings;
  });
}

Exit migrate(const Invocation& invocation, const Wish& wish, const RolloutHouse& house) {
  const auto place = place_with_configuration(invocation);
  if (!place) return refused(place.error());
  Change change;
  change.verb = "rollout migrate";
  change.will = "builds " + asked(*place) + " anew from the log (readers go on; a copy is kept)";
  change.of_the_log = is_downgrade(*place, house.owner, *place->config);
  change.yes = wish.yes;
  change.now = wish.now;
  return guarded(invocation, *place, change, house.changes, [&](ChangeEnd& end) {
    end.detail = asked(*place);
    if (const auto forced = bring_into_force(invocation, *place, house.owner, wish.how); !forced)
      return cannot(forced.error());
    const Exit rebuilt = rebuild_live(invocation, *place, house.owner, /*anyway=*/true);
    if (rebuilt != Exit::done) return rebuilt;
    const CheckResults findings = verify_rollout(*place, house.owner);
    tell_findings(invocation, "verify", findings);
    end.failed = any_fails(findings);
    return exit_of(findings);
  });
}

using Run = Exit (*)(const Invocation&, const Wish&, const RolloutHouse&);

void call(CLI::App& command, Invocation& invocation, const std::shared_ptr<Wish>& wish, Run run,
          RolloutHouse house) {
  add_switch_options(command, wish->how);
  add_flag(command, "--yes", wish->yes, "Agree beforehand");
  add_flag(command, "--now", wish->now, "Also outside changes.windows of the configuration");
  on_call(command, invocation, [&invocation, wish, run, house = std::move(house)] {
    return run(invocation, *wish, house);
  });
}

}  // namespace

void add_rollout_deploy(CLI::App& rollout, Invocation& invocation, RolloutHouse house) {
  CLI::App* command = add_command(
      rollout, "deploy",
      "Preflight, backup, set the mode in the configuration (comments are kept, the file before "
      "stands beside it), have the daemon reload, wait until it is well, verify; what goes wrong "
      "is "
      "taken back. database only after days of both, a drilled backup and a comparison of every "
      "row. Writes.",
      "wattledger --config house.yaml rollout deploy --mode both --yes");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--mode", wish->mode,
           "files: the older system's JSON files; both; database: tables alone")
      .type_name("files|both|database")
      .required();
  add_number(*command, "--days", wish->days,
             "Of both before database alone (default 7, the playbook's; 0 waits for none)");
  call(*command, invocation, wish, deploy, std::move(house));
}

void add_rollout_rollback(CLI::App& rollout, Invocation& invocation, RolloutHouse house) {
  CLI::App* command = add_command(
      rollout, "rollback",
      "Go back to files, to another mode or to an older schema, or without --to to the "
      "configuration before the last rollout: the same log, kept in another form. Nothing is lost; "
      "deploy or rollback --to 5 is the way forth again. Writes.",
      "wattledger --config house.yaml rollout rollback --to files --yes");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--to", wish->to, "files, both, database, or a schema version")
      .type_name("MODE|SCHEMA");
  call(*command, invocation, wish, roll_back, std::move(house));
}

void add_rollout_migrate(CLI::App& rollout, Invocation& invocation, RolloutHouse house) {
  CLI::App* command = add_command(
      rollout, "migrate",
      "Build what the configuration asks for anew from the log, in its schema version, and verify. "
      "Writes.",
      "wattledger --config house.yaml rollout migrate --yes");
  call(*command, invocation, std::make_shared<Wish>(), migrate, std::move(house));
}

}  // namespace wattledger::tool
