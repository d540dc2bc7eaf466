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

// Steps over JSON, and over less than all of it: what it steps over is JSON.
class SureScanner {
 public:
  explicit SureScanner(std::string_view text) : text_(text) {}

  bool object(LegacyFields& fields) {
    skip_space();
    if (!take('{')) return false;
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        const std::size_t key = at_ + 1;
        bool escaped = false;
        if (!string(escaped) || escaped || at_ == key + 1) return false;
        const std::size_t key_end = at_ - 1;
        skip_space();
        if (!take(':')) return false;
        skip_space();
        const std::size_t begin = at_;
        const bool nested = peek() == '{' || peek() == '[';
        if (!value(0)) return false;
        const std::string_view text = text_.substr(begin, at_ - begin);
        fields.push_back({std::string(text_.substr(key, key_end - key)),
                          nested ? compact_json(text) : std::string(text)});
        skip_space();
      } while (take(','));
      if (!take('}')) return false;
    }
    skip_space();
    return at_ == text_.size();
  }

 private:
  static constexpr int depth_max = 16;
  static constexpr std::size_t digits_max = 20;
  static constexpr std::size_t exponent_digits_max = 2;

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool string(bool& escaped) {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c < ' ' || c > '~') return false;
      if (c != '\\') continue;
      escaped = true;
      if (!escape()) return false;
    }
    return false;
  }
  bool escape() {
    if (take('u')) {
      const std::string_view code = text_.substr(at_, 4);
      // Surrogates come in pairs, which is not looked into here.
      if (code.size() < 4 || code.front() == 'd' || code.front() == 'D') return false;
      at_ += 4;
      return std::all_of(code.begin(), code.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      });
    }
    const bool known = std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos;
    ++at_;
    return known;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::size_t digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ - begin;
  }
  bool number() {
    (void)take('-');
    const bool zero = peek() == '0';
    const std::size_t whole = digits();
    if (whole == 0 || whole > digits_max || (zero && whole > 1)) return false;
    if (take('.')) {
      const std::size_t fraction = digits();
      if (fraction == 0 || fraction > digits_max) return false;
    }
    if (!take('e') && !take('E')) return true;
    if (!take('-')) (void)take('+');
    const std::size_t exponent = digits();
    return exponent != 0 && exponent <= exponent_digits_max;
  }
  bool word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  bool value(int depth) {
    if (depth > depth_max) return false;
    bool escaped = false;
    switch (peek()) {
      case '"':
        return string(escaped);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      case '{':
      case '[':
        return nested(depth + 1);
      default:
        return number();
    }
  }
  bool nested(int depth) {
    const bool object = text_[at_++] == '{';
    const char close = object ? '}' : ']';
    skip_space();
    if (take(close)) return true;
    do {
      skip_space();
      if (object) {
        bool escaped = false;
        if (!string(escaped)) return false;
        skip_space();
        if (!take(':')) return false;
        skip_space();
      }
      if (!value(depth)) return false;
      skip_space();
    } while (take(','));
    return take(close);
  }

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

std::optional<LegacyFields> split_sure_object(std::string_view text) {
  constexpr std::size_t usual_fields = 20;
  LegacyFields fields;
  fields.reserve(usual_fields);
  if (!SureScanner(text).object(fields)) return std::nullopt;
  return fields;
}

}  // namespace wattledger::fold
