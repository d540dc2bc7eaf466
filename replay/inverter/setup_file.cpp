#include "replay/inverter/setup_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "replay/display.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using inverter::Transport;

// Quoted, whatever it holds: a host may be all digits, a path have a colon in it.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) result += letter == '\'' ? "''" : std::string(1, letter);
  return result + "'";
}

// Behind a "#" nothing may end the line.
std::string in_comment(std::string text) {
  for (char& letter : text)
    if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7F') letter = ' ';
  return text;
}

bool is_name(const std::string& host) {
  return host.find(':') == std::string::npos &&
         host.find_first_not_of("0123456789.") != std::string::npos;
}

std::string inverter_section(const Survey& survey) {
  const inverter::ModbusOptions& way = survey.options;
  std::string text = "inverter:\n";
  switch (way.transport) {
    case Transport::tcp:
    case Transport::udp:
      text += fmt::format("  transport: {}\n  host: {}{}\n  port: {}\n",
                          way.transport == Transport::udp ? "udp" : "tcp", quoted(way.host),
                          is_name(way.host) ? "" : "  # the router should give it this one always",
                          way.port);
      break;
    case Transport::serial:
      text += fmt::format("  transport: serial\n  device: {}\n  baud: {}\n", quoted(way.device),
                          way.baud);
  }
  return text + fmt::format("  unit: {}\n", way.unit);
}

// Sections with all their lines commented out say nothing; a line is made to hold by taking its #
// away.
std::string battery_section(const Survey& survey) {
  const fold::PolicySettings policy;
  std::string text =
      "# What follows only you know. Until you say it the defaults hold, which stand here: take "
      "the "
      "# before a key away,\n"
      "# and put yours. The battery's usable energy is on its label; no register tells it for "
      "sure.\n";
  if (survey.battery) {
    text += fmt::format("# The inverter's own settings: {} Ah", survey.battery->ampere_hours);
    if (survey.battery->modules.value_or(0) > 0)
      text += fmt::format(", {} modules", *survey.battery->modules);
    if (survey.battery->charge_mv.value_or(0) > 0)
      text += fmt::format(", charged to {:.1f} V",
                          static_cast<double>(*survey.battery->charge_mv) / 1000);
    text += " (what somebody set, not measured).\n";
  }
  text +=
      fmt::format("battery:\n  # capacity_kwh: {}\n", policy.battery_capacity.count() / 1'000'000);
  text += fmt::format("  # charge_power_w: {}     # the inverter is rated {} W\n",
                      policy.charge_power_max.count(), survey.device.rated_power.count());
  text += fmt::format("  # discharge_power_w: {}\n", policy.discharge_power_max.count());
  text += fmt::format("  # min_soc_pct: {}", policy.soc_min.count() / 100);
  if (survey.floor_percent)
    text += fmt::format("          # on the grid the inverter itself stops at {} %",
                        *survey.floor_percent);
  return text + "\n";
}

std::string safety_section() {
  const fold::PolicySettings policy;
  return fmt::format(
      "# Outside these a fault is raised and nothing is steered; a low-voltage battery needs "
      "others."
      "\nsafety:\n  # battery_voltage_min_v: {}\n  # battery_voltage_max_v: {}\n",
      policy.battery_voltage_min.count() / 1000, policy.battery_voltage_max.count() / 1000);
}

std::string prices_section() {
  const config::Config defaults;
  return fmt::format(
      "# Without prices wattledger serves the house and charges only in an emergency. A tariff is "
      "added to each price.\n"
      "# sources:\n#   prices: pse              # fetched: pse | entsoe | energy-charts | "
      "awattar-de | awattar-at; else:\n"
      "prices:\n  # file: prices.csv         # coordinator/sources/README.md says what it holds\n"
      "  # currency: {}\n"
      "tariff:\n  # name: {}                # g11 | g12 | g12w | g12as | g13s | g14dynamic | none, "
      "or your own zones\n"
      "  # component: {}\n",
      defaults.prices.currency, defaults.policy.tariff,
      static_cast<double>(defaults.policy.tariff_component.count()) / 1e8);
}

Failure there_already(const fs::path& file) {
  return fail(ErrorKind::conflict, file.string() + " is there already",
              "--force replaces it, --output FILE writes another one");
}

// Under its name, unless something has it.
Result<void> put_new(const fs::path& draft, const fs::path& file) {
  if (::link(draft.c_str(), file.c_str()) == 0) return {};
  if (errno == EEXIST) return there_already(file);
  // Not every file system has links; then only a moment is open to somebody else's file.
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error))) return there_already(file);
  if (::rename(draft.c_str(), file.c_str()) == 0) return {};
  return fail(ErrorKind::io, file.string() + " cannot be written: " + std::strerror(errno),
              "check the path, its permissions and the space there");
}

}  // namespace

std::string setup_yaml(const Survey& survey, const SetupChoice& choice) {
  const std::string& model = survey.device.model;
  std::string text = fmt::format(
      "# wattledger's configuration, by wattledger setup, for {}{}, firmware {}.\n"
      "# Every key, its unit and default: coordinator/config/README.md. Relative paths begin at "
      "this file.\n\n",
      model.empty() ? "" : in_comment(model) + " ", in_comment(survey.device.serial),
      in_comment(survey.device.firmware));
  text += "data: " + quoted(choice.data) + "  # the log, the tables, the socket\n\n";
  text += "site:\n  timezone: " + quoted(choice.zone);
  if (!choice.zone_remark.empty()) text += "  # " + in_comment(choice.zone_remark);
  text += "\n\n" + inverter_section(survey) + "\n";
  text +=
      "control:\n"
      "  mode: advise             # off | advise | on: only `on` writes to the inverter\n\n";
  return text + battery_section(survey) + "\n" + safety_section() + "\n" + prices_section();
}

Result<void> check_place(const fs::path& file, bool replace) {
  std::error_code error;
  if (!replace && fs::exists(fs::symlink_status(file, error))) return there_already(file);
  const fs::path directory = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!fs::is_directory(directory, error))
    return fail(ErrorKind::not_found, "there is no directory " + directory.string(),
                "make it, or give --output another file");
  if (fs::is_directory(file, error))
    return fail(ErrorKind::conflict, file.string() + " is a directory",
                "give --output a file in it");
  return {};
}

Result<config::Config> write_setup(const fs::path& file, const std::string& text, bool replace) {
  const fs::path draft = file.string() + fmt::format(".{}.draft", ::getpid());
  WATTLEDGER_TRY(write_text_file(draft, text));
  const auto put = [&]() -> Result<config::Config> {
    auto config = config::load(draft);
    if (!config) return config;
    WATTLEDGER_TRY(replace ? write_text_file(file, text) : put_new(draft, file));
    return config::load(file);
  };
  auto config = put();
  ::unlink(draft.c_str());
  return config;
}

}  // namespace wattledger::tool
