#include "coordinator/config/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

namespace wattledger::config {
namespace {

constexpr std::size_t bytes_max = 1U << 20U;
constexpr int levels_max = 10;
constexpr std::size_t nodes_max = 20'000;

// yaml-cpp takes the end of the file for a missing closing quote, and the text between, however
// many keys of the configuration stand in it, for the value. Looks at the quote itself instead.
bool quote_left_open(const std::string& yaml, const YAML::Mark& mark) {
  std::size_t at = 0;
  for (int line = 0; line < mark.line; ++line) {
    at = yaml.find('\n', at);
    if (at == std::string::npos) return false;
    ++at;
  }
  at += static_cast<std::size_t>(std::max(mark.column, 0));
  if (at >= yaml.size() || (yaml[at] != '"' && yaml[at] != '\'')) return false;
  const char quote = yaml[at];
  while (++at < yaml.size()) {
    if (quote == '"' && yaml[at] == '\\') {
      ++at;
    } else if (yaml[at] == quote) {
      if (quote == '"' || at + 1 == yaml.size() || yaml[at + 1] != quote) return false;
      ++at;  // '' stands for '
    }
  }
  return true;
}

// Copies yaml-cpp's graph into a tree; stops at the limits, which an alias of an alias would else
// blow up.
class Copier {
 public:
  explicit Copier(const std::string& yaml) : yaml_(yaml) {}
  [[nodiscard]] std::optional<int> line_of_open_quote() const { return open_quote_; }

  std::optional<YamlTree> copy(const YAML::Node& node, int level) {
    if (level > levels_max || ++nodes_ > nodes_max) return std::nullopt;
    YamlTree tree;
    tree.line = node.Mark().line + 1;
    if (node.IsScalar()) {
      tree.shape = YamlTree::Shape::scalar;
      tree.text = node.Scalar();
      if (!open_quote_ && quote_left_open(yaml_, node.Mark())) open_quote_ = tree.line;
      // `key: ""` is an empty text, `key:` and `key: ~` are nothing; yaml-cpp already tells them
      // apart.
    } else if (node.IsSequence()) {
      tree.shape = YamlTree::Shape::list;
      return copy_items(node, level, std::move(tree));
    } else if (node.IsMap()) {
      tree.shape = YamlTree::Shape::map;
      return copy_members(node, level, std::move(tree));
    }
    return tree;
  }

 private:
  std::optional<YamlTree> copy_items(const YAML::Node& node, int level, YamlTree tree) {
    for (const YAML::Node& child : node) {
      auto item = copy(child, level + 1);
      if (!item) return std::nullopt;
      tree.items.push_back(std::move(*item));
    }
    return tree;
  }

  std::optional<YamlTree> copy_members(const YAML::Node& node, int level, YamlTree tree) {
    for (const auto& member : node) {
      auto key = copy(member.first, level + 1);
      auto value = key ? copy(member.second, level + 1) : std::nullopt;
      if (!value) return std::nullopt;
      // yaml-cpp gives an absent value no place of its own.
      if (value->shape == YamlTree::Shape::nothing) value->line = key->line;
      tree.members.push_back({std::move(*key), std::move(*value)});
    }
    return tree;
  }

  const std::string& yaml_;
  std::optional<int> open_quote_;
  std::size_t nodes_ = 0;
};

// Listens to a document only to know that there is one, and where.
class DocumentStart : public YAML::EventHandler {
 public:
  [[nodiscard]] int line() const { return line_; }
  void OnDocumentStart(const YAML::Mark& mark) override { line_ = mark.line + 1; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int line_ = 1;
};

// The line where something follows the first document. YAML::LoadAll would find it too, but never
// ends on a stray bracket.
std::optional<int> second_document(const std::string& yaml) {
  std::istringstream stream(yaml);
  YAML::Parser parser(stream);
  DocumentStart first;
  DocumentStart second;
  if (!parser.HandleNextDocument(first) || !parser.HandleNextDocument(second)) return std::nullopt;
  return second.line();
}

Result<YamlTree> read_documents(const std::string& yaml, const std::string& file_name) {
  const YAML::Node document = YAML::Load(yaml);
  if (!document.IsDefined() || document.IsNull()) {
    return fail(ErrorKind::invalid_input, file_name + ":1: the configuration is empty",
                "start from coordinator/config/example.yaml");
  }
  if (const auto line = second_document(yaml)) {
    return fail(
        ErrorKind::invalid_input,
        file_name + ":" + std::to_string(*line) + ": the document has ended and something follows",
        "keep one document: remove a line --- or a bracket too many");
  }
  Copier copier(yaml);
  auto tree = copier.copy(document, 0);
  if (!tree) {
    return fail(ErrorKind::invalid_input,
                file_name + ":1: more levels or entries than a configuration has",
                "start from coordinator/config/example.yaml");
  }
  if (const auto line = copier.line_of_open_quote()) {
    return fail(ErrorKind::invalid_input,
                file_name + ":" + std::to_string(*line) + ": not YAML: a quote is never closed",
                "close it on the same line");
  }
  return std::move(*tree);
}

}  // namespace

Failure wrong_in(const std::string& file_name, int line, const std::string& what,
                 std::string remedy) {
  return fail(ErrorKind::invalid_input, file_name + ":" + std::to_string(line) + ": " + what,
              std::move(remedy));
}

Result<YamlTree> read_yaml(const std::string& yaml, const std::string& file_name) {
  if (yaml.size() > bytes_max) {
    return fail(ErrorKind::invalid_input,
                file_name + ":1: larger than 1 MiB, which no configuration is",
                "name the configuration's file");
  }
  if (yaml.find('\0') != std::string::npos) {
    return fail(ErrorKind::invalid_input, file_name + ":1: is a binary file, not YAML",
                "name the configuration's file");
  }
  try {
    return read_documents(yaml, file_name);
  } catch (const YAML::Exception& error) {
    return fail(ErrorKind::invalid_input,
                file_name + ":" + std::to_string(error.mark.is_null() ? 1 : error.mark.line + 1) +
                    ": not YAML: " + error.msg,
                "check indentation (spaces, no tabs), colons and quotes around this line");
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid_input, file_name + ":1: not YAML: " + error.what(),
                "start from coordinator/config/example.yaml");
  }
}

}  // namespace wattledger::config
