// wattledger config check FILE [--format json]: each key of a configuration's file, ours or the
// legacy one's: used, mapped to a key of ours, ignored, or wrong. Exit 1 where one is wrong.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/config/check.hpp"
#include "coordinator/config/legacy_environment.hpp"
#include "replay/config/commands.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using config::CheckedKey;
using config::KeyFate;

constexpr std::size_t file_bytes_max = (1U << 20U) + 1U;

const char* word_of(KeyFate fate) {
  switch (fate) {
    case KeyFate::used:
      return "used";
    case KeyFate::mapped:
      return "mapped";
    case KeyFate::ignored:
      return "ignored";
    case KeyFate::wrong:
      return "wrong";
  }
  return "?";
}

void print_json(const std::vector<CheckedKey>& keys) {
  using Json = nlohmann::ordered_json;
  for (const CheckedKey& each : keys) {
    Json line{{"line", each.line}, {"key", each.path}, {"fate", word_of(each.fate)}};
    const char* member = each.fate == KeyFate::used     ? "value"
                         : each.fate == KeyFate::mapped ? "to"
                                                        : "why";
    line[member] = each.says;
    if (each.fate == KeyFate::wrong) line["remedy"] = each.remedy;
    say(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

void print(const std::vector<CheckedKey>& keys) {
  std::size_t width = 3;
  for (const CheckedKey& each : keys) width = std::max(width, each.path.size());
  width = std::min<std::size_t>(width, 60);
  std::array<std::size_t, 4> counts{};
  for (const CheckedKey& each : keys) {
    ++counts[static_cast<std::size_t>(each.fate)];
    const char* lead = each.fate == KeyFate::used     ? "= "
                       : each.fate == KeyFate::mapped ? "-> "
                                                      : "";
    say(fmt::format("{:>5}  {:<7}  {:<{}}  {}{}{}", each.line, word_of(each.fate), each.path, width,
                    lead, each.says, each.remedy.empty() ? "" : "; " + each.remedy));
  }
  say(fmt::format("{} used, {} mapped, {} ignored, {} wrong", counts[0], counts[1], counts[2],
                  counts[3]));
}

// Whether the daemon would take what the environment says.
bool environment_fits(const std::vector<CheckedKey>& keys) {
  config::Config probe;
  if (std::any_of(keys.begin(), keys.end(),
                  [](const CheckedKey& each) { return each.path == "projections.sqlite.path"; }))
    probe.sqlite.path = "/";  // the file says it
  const auto taken = config::take_legacy_environment(
      [](const char* name) -> const char* { return std::getenv(name); }, probe);
  if (!taken) note(taken.error().line());
  return taken.has_value();
}

Exit run(const Invocation& invocation, const std::string& file) {
  const auto text = read_regular_file(file, file_bytes_max);
  if (!text)
    return text.error().kind == ErrorKind::io ? cannot(text.error())
                                              : usage(text.error().what, text.error().remedy);
  const auto keys = config::check_keys(*text, file);
  if (!keys) return usage(keys.error().what, keys.error().remedy);
  if (invocation.format == Format::json)
    print_json(*keys);
  else
    print(*keys);
  for (const std::string& remark : config::legacy_environment_remarks(
           [](const char* name) -> const char* { return std::getenv(name); }))
    note(remark);
  const bool refused = !environment_fits(*keys);
  const bool wrong = refused || std::any_of(keys->begin(), keys->end(), [](const CheckedKey& each) {
                       return each.fate == KeyFate::wrong;
                     });
  return wrong ? Exit::findings : Exit::done;
}

}  // namespace

void add_config_check(CLI::App& config, Invocation& invocation) {
  CLI::App* command = add_command(
      config, "check",
      "What becomes of each key of a configuration's file: used, mapped, ignored or wrong. "
      "Read-only.",
      "wattledger config check house.yaml");
  const auto file = std::make_shared<std::string>();
  add_text(*command, "file", *file, "The file, ours or the legacy one")
      .type_name("FILE")
      .required();
  on_call(*command, invocation, [&invocation, file] { return run(invocation, *file); });
}

}  // namespace wattledger::tool
