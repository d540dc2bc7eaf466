#include "replay/rollout/yaml_keys.hpp"

#include <optional>

namespace wattledger::tool {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t end = text.find(at); end != std::string_view::npos; end = text.find(at, from)) {
    parts.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
  parts.emplace_back(text.substr(from));
  return parts;
}

std::size_t indent_of(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? line.size() : first;
}

// Says nothing to YAML.
bool is_silent(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#' || line == "---" || line == "...";
}

// Lines of a section's members: [first, last), and how far they are indented.
struct Block {
  std::size_t first = 0, last = 0, indent = 0;
};

bool names(std::string_view line, std::size_t indent, std::string_view key) {
  if (is_silent(line) || indent_of(line) != indent) return false;
  std::string_view rest = line.substr(indent);
  if (rest.substr(0, key.size()) != key) return false;
  rest.remove_prefix(key.size());
  return !rest.empty() && rest[0] == ':' && (rest.size() == 1 || rest[1] == ' ' || rest[1] == '\r');
}

std::optional<std::size_t> line_of(const std::vector<std::string>& lines, const Block& block,
                                   std::string_view key) {
  for (std::size_t at = block.first; at < block.last; ++at)
    if (names(lines[at], block.indent, key)) return at;
  return std::nullopt;
}

// What stands below the line, with a deeper indent.
Block below(const std::vector<std::string>& lines, std::size_t line, std::size_t end) {
  const std::size_t outer = indent_of(lines[line]);
  Block block{line + 1, line + 1, outer + 2};
  bool found = false;
  for (std::size_t at = line + 1; at < end; ++at) {
    if (is_silent(lines[at])) continue;
    if (indent_of(lines[at]) <= outer) break;
    if (!found) block.indent = indent_of(lines[at]);
    found = true;
    block.last = at + 1;
  }
  return block;
}

// Where the value of a "key: value  # comment" begins and ends.
std::pair<std::size_t, std::size_t> value_span(const std::string& line) {
  const std::size_t colon = line.find(':');
  std::size_t first = line.find_first_not_of(' ', colon + 1);
  if (first == std::string::npos || line[first] == '#' || line[first] == '\r')
    return {colon + 1, colon + 1};
  std::size_t end = line.find(" #", first);
  if (end == std::string::npos) end = line.size();
  while (end > first && (line[end - 1] == ' ' || line[end - 1] == '\r')) --end;
  return {first, end};
}

Failure in_braces(std::string_view path, std::string_view value, std::size_t line) {
  return fail(ErrorKind::unsupported,
              "line " + std::to_string(line + 1) + " holds " + std::string(path) +
                  " in braces, where a key of its own cannot be set",
              "write the section with a line for each key, " + std::string(path) + ": " +
                  std::string(value) + " among them");
}

}  // namespace

bool has_key(const std::string& yaml, std::string_view path) {
  const auto lines = split(yaml, '\n');
  Block block{0, lines.size(), 0};
  std::optional<std::size_t> line;
  for (const std::string& key : split(path, '.')) {
    line = line_of(lines, block, key);
    if (!line) return false;
    block = below(lines, *line, block.last);
  }
  return true;
}

Result<std::string> with_key(const std::string& yaml, std::string_view path,
                             std::string_view value) {
  auto lines = split(yaml, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  const auto keys = split(path, '.');
  Block block{0, lines.size(), 0};
  std::size_t depth = 0;
  for (; depth < keys.size(); ++depth) {
    const auto line = line_of(lines, block, keys[depth]);
    if (!line) break;
    const auto [from, to] = value_span(lines[*line]);
    if (from != to && (depth + 1 < keys.size() || lines[*line][from] == '{'))
      return in_braces(path, value, *line);
    if (depth + 1 == keys.size()) {
      lines[*line].replace(from, to - from, (from == to ? " " : "") + std::string(value));
      break;
    }
    block = below(lines, *line, block.last);
  }
  if (depth < keys.size() && !line_of(lines, block, keys[depth])) {
    std::vector<std::string> added;
    for (std::size_t each = depth, indent = block.indent; each < keys.size(); ++each, indent += 2)
      added.push_back(std::string(indent, ' ') + keys[each] + ":" +
                      (each + 1 == keys.size() ? " " + std::string(value) : ""));
    const auto at = static_cast<std::ptrdiff_t>(depth == 0 ? lines.size() : block.first);
    lines.insert(lines.begin() + at, added.begin(), added.end());
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace wattledger::tool
