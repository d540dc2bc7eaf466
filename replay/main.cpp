// wattledger, the operator's tool: a table of commands. Each stands in a file of its own,
// cmd_*.cpp.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>

#include "events/near_match.hpp"
#include "replay/audit/commands.hpp"
#include "replay/backup/commands.hpp"
#include "replay/change/commands.hpp"
#include "replay/command.hpp"
#include "replay/config/commands.hpp"
#include "replay/decide/commands.hpp"
#include "replay/house/adopt.hpp"
#include "replay/house/checkpoint.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/retire.hpp"
#include "replay/house/submit.hpp"
#include "replay/inverter/commands.hpp"
#include "replay/language.hpp"
#include "replay/legacy_import/commands.hpp"
#include "replay/log/commands.hpp"
#include "replay/page.hpp"
#include "replay/plan/commands.hpp"
#include "replay/quality/commands.hpp"
#include "replay/rebuild/commands.hpp"
#include "replay/rollout/commands.hpp"
#include "replay/support/commands.hpp"
#include "replay/tariff/commands.hpp"
#include "replay/tiers/commands.hpp"

namespace wattledger::tool {
namespace {

struct Group {
  const char* name;
  const char* what;
  const char* example;
};

CLI::App* add_group(CLI::App& parent, const Group& group) {
  CLI::App* app = parent.add_subcommand(group.name, group.what);
  app->require_subcommand(1);
  app->footer(std::string("Example:\n  ") + group.example);
  return app;
}

// What needs a file and no data directory.
void add_file_commands(CLI::App& app, Invocation& invocation) {
  add_tariff(app, invocation);
  add_decide(app, invocation);
  add_plan(app, invocation);
  CLI::App* config = add_group(
      app, {"config", "The daemon's configuration file", "wattledger config check house.yaml"});
  add_config_check(*config, invocation);
}

// An audit and a backup have no socket: the house appends for them.
Result<Sequence> append_for(const Place& place, const std::string& event_json) {
  const auto submitted = submit(place, event_json);
  if (!submitted) return Failure(submitted.error());
  return submitted->sequence;
}

ChangeHouse change_house() {
  return {append_for, [](const Place& place) {
            const auto answer = ask_daemon(place, "status", "{}");
            return answer && *answer;
          }};
}

BackupHouse backup_house() {
  return {[](const Place& place) -> Result<std::string> {
            auto made = sign_checkpoint(place);
            if (!made) return Failure(made.error());
            return std::move(made->note);
          },
          append_for, house_owner().wanted};
}

void add_backup_commands(CLI::App& app, Invocation& invocation) {
  const BackupHouse house = backup_house();
  CLI::App* backup = add_group(app, {"backup", "Copies of the log, and a log out of a copy",
                                     "wattledger backup create --to /media/usb/backups"});
  add_backup_create(*backup, invocation, house);
  add_backup_list(*backup, invocation);
  add_backup_verify(*backup, invocation);
  add_backup_restore(*backup, invocation, change_house());
  add_backup_drill(*backup, invocation, house);
  add_backup_prune(*backup, invocation);
  CLI::App* key = add_group(*backup, {"key", "The key that encrypts backups",
                                      "wattledger backup key new /root/house.key"});
  add_backup_key(*key, invocation);
}

void add_rollout_commands(CLI::App& app, Invocation& invocation) {
  const RolloutHouse house{house_owner(), change_house(), [](const Invocation& asked) {
                             return create_backup(asked, backup_house());
                           }};
  CLI::App* rollout = add_group(
      app, {"rollout", "From the older system's files to tables, and back, while the house goes on",
            "wattledger --config house.yaml rollout preflight"});
  add_rollout_preflight(*rollout, invocation, house.owner);
  add_rollout_backup(*rollout, invocation, house);
  add_rollout_deploy(*rollout, invocation, house);
  add_rollout_verify(*rollout, invocation, house.owner);
  add_rollout_monitor(*rollout, invocation, house.owner);
  add_rollout_rollback(*rollout, invocation, house);
  add_rollout_migrate(*rollout, invocation, house);
}

void add_inverter_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* inverter = add_group(
      app, {"inverter", "The inverter itself", "wattledger inverter read --host 192.168.1.50"});
  add_inverter_read(*inverter, invocation);
  add_inverter_watch(*inverter, invocation);
  add_inverter_registers(*inverter, invocation);
  add_inverter_simulate(*inverter, invocation);
  CLI::App* set = add_group(*inverter, {"set", "One of the inverter's settings, by hand",
                                        "wattledger inverter set export-limit 5000 --host "
                                        "192.168.1.50"});
  add_inverter_set(*set, invocation);
  add_inverter_release(*inverter, invocation);
}

void add_audit_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* audit = add_group(app, {"audit", "What was decided, why, and whether it can be re-made",
                                    "wattledger audit list --limit 20"});
  add_audit_list(*audit, invocation);
  add_audit_explain(*audit, invocation);
  add_audit_verify(*audit, invocation);
  add_audit_prove(*audit, invocation);
  add_audit_what_if(*audit, invocation);
  add_audit_report(*audit, invocation, append_for);
}

void add_log_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* log =
      add_group(app, {"log", "Look at the log itself: the one truth", "wattledger log stat"});
  add_log_stat(*log, invocation);
  add_log_cat(*log, invocation);
  add_log_tail(*log, invocation);
  add_log_verify(*log, invocation, append_for);
  add_log_archive(*log, invocation, house_retirer(), change_house());
  add_log_compact(*log, invocation, change_house());
  add_log_salvage(*log, invocation);
  add_log_checkpoint(*log, invocation);
  add_log_key(*log, invocation);
  add_log_prove(*log, invocation);
  add_log_check_proof(*log, invocation);
}

void add_commands(CLI::App& app, Invocation& invocation) {
  add_setup(app, invocation);
  add_status(app, invocation);
  add_health(app, invocation);
  add_override(app, invocation);
  CLI::App* fault = add_group(app, {"fault", "What safety has latched", "wattledger fault list"});
  add_fault_list(*fault, invocation);
  add_fault_clear(*fault, invocation);
  CLI::App* alerts =
      add_group(app, {"alerts", "What the owner is told of", "wattledger alerts list --open"});
  add_alerts(*alerts, invocation);
  add_correct(app, invocation);
  add_reload(app, invocation);
  add_quality(app, invocation);
  CLI::App* maintain =
      add_group(app, {"maintain", "Look after the live SQLite file", "wattledger maintain status"});
  add_maintain(*maintain, invocation);

  add_audit_commands(app, invocation);
  add_log_commands(app, invocation);
  add_inverter_commands(app, invocation);

  CLI::App* inputs = add_group(
      app, {"inputs", "What is known of prices, weather and forecasts", "wattledger inputs show"});
  add_inputs_show(*inputs, invocation);
  add_inputs_fetch(*inputs, invocation);

  add_backup_commands(app, invocation);
  add_tiers(app, invocation, house_retirer(), change_house());
  add_rollout_commands(app, invocation);
  add_replay(app, invocation, house_owner(), change_house());
  CLI::App* change = add_group(
      app, {"change", "What was changed here, and how it ended", "wattledger change list"});
  add_change_list(*change, invocation);
  add_change_show(*change, invocation);
  CLI::App* import = add_group(
      app,
      {"import", "What an older system recorded, into the log",
       "wattledger import legacy --db data/goodwe_energy.db --out out --state data --dry-run"});
  add_import_legacy(
      *import, invocation,
      [owner = house_owner()](const Invocation& asked, const Place& place, bool anyway) {
        return rebuild_live(asked, place, owner, anyway);
      },
      [retirer = house_retirer()](const Invocation& asked, const Place& place, Sequence last) {
        return archive_up_to(asked, place, last, retirer);
      },
      change_house());
  add_import_verify(*import, invocation);
  add_import_archive_originals(*import, invocation);
  add_support_bundle(app, invocation);
  add_file_commands(app, invocation);
  add_page(app, invocation);
}

std::optional<Format> format_of(const std::string& word) {
  for (const Format each : {Format::text, Format::json, Format::csv, Format::html})
    if (word == format_name(each)) return each;
  return std::nullopt;
}

// "text, json or csv": what the called command writes; each of them the first two.
std::string formats_of(const Invocation& invocation) {
  std::string names(format_name(Format::text));
  for (std::size_t i = 0; i < invocation.formats.size() + 1; ++i) {
    const bool last = i == invocation.formats.size();
    const Format each = i == 0 ? Format::json : invocation.formats[i - 1];
    names += (last ? " or " : ", ") + std::string(format_name(each));
  }
  return names;
}

bool is_written(const Invocation& invocation) {
  const auto& more = invocation.formats;
  return invocation.format == Format::text || invocation.format == Format::json ||
         std::find(more.begin(), more.end(), invocation.format) != more.end();
}

void add_globals(CLI::App& app, Invocation& invocation, std::string& language) {
  add_text(app, "--data", invocation.data,
           "Data directory (else the configuration's, ./wattledger-data, ./wattledger-demo)")
      .type_name("DIR");
  add_text(app, "--config", invocation.config, "The daemon's configuration file").type_name("FILE");
  app.add_option_function<std::string>(
         "--format",
         [&](const std::string& word) {
           invocation.format = format_of(word).value_or(Format::text);
         },
         "Write for people (text) or for programs (json); audit list, audit what-if and quality "
         "also csv, "
         "audit explain also html")
      ->type_name("text|json")
      ->check([](const std::string& word) {
        return format_of(word)
                   ? std::string()
                   : "\"" + word + "\" is no format; write text or json (some commands: csv, html)";
      });
  add_text(app, "--language", language,
           "In which it is told why (else the configuration's, else that of LC_ALL, LC_MESSAGES, "
           "LANG)")
      .type_name("en|pl");
  app.set_version_flag("--version", "wattledger " + std::string(version()));
}

// The command as far as it was understood.
CLI::App* deepest(CLI::App& app) {
  CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return command;
}

std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? "wattledger" : path_of(*parent) + " " + command.get_name();
}

std::vector<std::string> names_below(CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* each : command.get_subcommands([](CLI::App*) { return true; }))
    names.push_back(each->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* each = &command; each != nullptr; each = each->get_parent())
    for (const CLI::Option* option : each->get_options())
      for (const std::string& name : option->get_lnames())
        if (std::find(names.begin(), names.end(), "--" + name) == names.end())
          names.push_back("--" + name);
  return names;
}

// One line for what CLI11 did not understand, with the nearest thing that it would have.
Exit explain(CLI::App& app, const CLI::ParseError& error) {
  CLI::App* command = deepest(app);
  const std::string path = path_of(*command);
  const std::string where = command == &app ? "" : path.substr(sizeof "wattledger") + ": ";
  const std::vector<std::string> below = names_below(*command);
  const std::vector<std::string> rest = app.remaining(true);
  const std::string see = "see " + path + " --help";
  if (!rest.empty() && rest.front().rfind('-', 0) == 0)
    return usage(where + "unknown option " + rest.front(),
                 near_match_remedy(rest.front(), options_of(*command)));
  if (!rest.empty() && std::find(below.begin(), below.end(), rest.front()) != below.end())
    return usage("\"" + rest.front() + "\" comes behind \"" + command->get_name() + "\"",
                 "write " + path + " " + rest.front());
  if (!rest.empty() && !below.empty())
    return usage(where + "unknown command \"" + rest.front() + "\"",
                 near_match_remedy(rest.front(), below));
  if (!rest.empty()) return usage(where + "\"" + rest.front() + "\" is too much", see);
  if (!below.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return usage(where + "no command given", near_match_remedy("", below));
  return usage(where + error.what(), see);
}

// Whoever wrote the answer to a file must not take half of one for the whole.
Exit said(Exit exit) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit;
  return cannot({ErrorKind::io, "the answer could not be written to standard output in full",
                 "free space where it goes, then ask again"});
}

Exit run(int argc, char** argv) {
  Invocation invocation;
  CLI::App app(
      "Asks and steers wattledger, the home-battery coordinator that remembers everything it saw "
      "and decided.\n"
      "Read-only unless a command says otherwise. Exit codes: 0 done, 1 findings, 2 usage, 3 "
      "cannot.",
      "wattledger");
  app.footer(
      "Examples:\n  wattledger status\n  wattledger audit list --limit 20\n  wattledger COMMAND "
      "--help");
  app.require_subcommand(1);
  app.fallthrough();
  app.get_formatter()->column_width(34);
  std::string language;
  add_globals(app, invocation, language);
  add_commands(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return static_cast<Exit>(app.exit(asked));
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  if (!is_written(invocation))
    return usage(path_of(*deepest(app)).substr(sizeof "wattledger") + " does not write " +
                     std::string(format_name(invocation.format)),
                 "write --format " + formats_of(invocation));
  const auto named = fold::language_of(language);
  if (!language.empty() && !named)
    return usage("\"" + language + "\" is no language of this program", "write en or pl");
  invocation.language = named ? *named : usual_language(invocation.config);
  return said(invocation.run());
}

}  // namespace
}  // namespace wattledger::tool

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error of the write, not an end
  try {
    return static_cast<int>(wattledger::tool::run(argc, argv));
  } catch (const std::exception& error) {
    return static_cast<int>(wattledger::tool::cannot(
        {wattledger::ErrorKind::io, error.what(),
         "this is a defect of wattledger; please report it with the command"}));
  }
}
