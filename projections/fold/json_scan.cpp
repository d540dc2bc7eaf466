#include "projections/fold/json_scan.hpp"

#include <algorithm>

namespace wattledger::fold {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void step() { ++at_; }
  // The string that begins here, without its quotes.
  std::string_view string() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
    const std::string_view body = text_.substr(begin, at_ - begin);
    ++at_;
    return body;
  }
  // The value that begins here.
  std::string_view value() {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        string();
        if (depth == 0) break;
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_space(c))) break;
      if (c == '{' || c == '[') ++depth;
      ++at_;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string compact_json(std::string_view text) {
  // Most values are a number, a word or a plain string.
  if (std::none_of(text.begin(), text.end(),
                   [](char c) { return is_space(c) || c == ',' || c == ':'; }))
    return std::string(text);
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      std::size_t end = at + 1;
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
      end = std::min(end + 1, text.size());
      out.append(text.substr(at, end - at));
      at = end;
      continue;
    }
    ++at;
    if (is_space(c)) continue;
    out += c;
    if (c == ',' || c == ':') out += ' ';
  }
  return out;
}

LegacyFields split_object(std::string_view text) {
  LegacyFields fields;
  Scanner scanner(text);
  scanner.skip_space();
  scanner.step();
  while (true) {
    scanner.skip_space();
    if (scanner.peek() != '"') return fields;
    const std::string_view key = scanner.string();
    scanner.skip_space();
    scanner.step();  // the colon
    scanner.skip_space();
    fields.push_back({std::string(key), compact_json(scanner.value())});
    scanner.skip_space();
    if (scanner.peek() == ',') scanner.step();
  }
}

}  // namespace wattledger::fold
