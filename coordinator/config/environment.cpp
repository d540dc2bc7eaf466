#include "coordinator/config/environment.hpp"

#include <algorithm>
#include <cstdlib>

#include "coordinator/config/secrets.hpp"

namespace wattledger::config {
namespace {

constexpr std::string_view hidden = "(from the environment)";

// What holds a secret, or names the file that holds one. All else is shown, or told in messages and
// events.
constexpr std::array<std::string_view, 5> expandable = {
    "sources.mirror", "sources.entsoe_token_file", "backup.key_file", "backup.remote",
    "tiers.remote"};

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && !digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c); });
}

}  // namespace

Result<Expanded> expand(const std::string& text, Unset unset) {
  Expanded expanded;
  std::size_t from = 0;
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", from)) {
    if (at > from && text[at - 1] == '$') {
      expanded.text.append(text, from, at - 1 - from).append("${");
      from = at + 2;
      continue;
    }
    const std::size_t end = text.find('}', at);
    const std::string name = end == std::string::npos ? "" : text.substr(at + 2, end - at - 2);
    if (!is_name(name))
      return fail(ErrorKind::invalid_input, "${ is not followed by a variable's name and }",
                  "write ${NAME}, or $${ for ${ itself");
    const char* value = std::getenv(name.c_str());
    const bool none = value == nullptr || *value == '\0';
    if (none && unset == Unset::left) return Expanded{text, name, true};
    if (none)
      return fail(
          ErrorKind::invalid_input,
          "the environment variable " + name + (value == nullptr ? " is not set" : " is empty"),
          "set it where the program is started (Environment= or EnvironmentFile= of a "
          "systemd unit)");
    expanded.text.append(text, from, at - from).append(value);
    if (expanded.variable.empty()) expanded.variable = name;
    from = end + 1;
  }
  expanded.text.append(text, from);
  const bool password = holds_password(expanded.text);
  if (expanded.variable.empty() && (password || holds_token(expanded.text)))
    return fail(ErrorKind::invalid_input,
                password ? "a password stands in the address"
                         : "what looks like a token stands in the address",
                "take it from the environment, as ${NAME}, or from a file of mode 0600");
  return expanded;
}

Result<void> take_value(const ScalarKey& key, const std::string& path, const std::string& text,
                        Unset unset, Config& into) {
  const bool expands = std::find(expandable.begin(), expandable.end(), path) != expandable.end();
  if (!expands && text.find("${") != std::string::npos)
    return fail(ErrorKind::invalid_input,
                "${ stands for the environment, which this key is not "
                "taken from: what it says is shown or recorded",
                "write the value itself");
  const auto value = expands ? expand(text, unset) : Result<Expanded>(Expanded{text, {}});
  if (!value) return Failure(value.error());
  if (value->left) {
    into.from_environment.push_back(path);
    return {};
  }
  const auto taken = key.take(value->text, into);
  if (value->variable.empty()) return taken;
  if (!taken)
    return fail(ErrorKind::invalid_input, "what ${" + value->variable + "} stands for does not fit",
                "let it be " + key.range);
  into.from_environment.push_back(path);
  return {};
}

std::string shown_value(const ScalarKey& key, const Config& config) {
  const auto& hides = config.from_environment;
  if (std::find(hides.begin(), hides.end(), key.path) != hides.end()) return std::string(hidden);
  return key.show(config);
}

}  // namespace wattledger::config
