#include "replay/legacy_import/json_pieces.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "projections/fold/json_scan.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

using Each = std::function<Result<void>(const JsonPiece&)>;

constexpr std::size_t chunk_bytes = std::size_t{1} << 20U;

// Characters at which a record may begin, end or change.
constexpr std::array<bool, 256> structural = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("\"\\{}[],\n")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Takes a file's characters one by one and tells where records end.
class Cutter {
 public:
  explicit Cutter(const Each& each) : each_(each) {}

  Result<void> take(std::string_view chunk) {
    while (!chunk.empty()) {
      if (!text_.empty()) take_plain(chunk);
      if (chunk.empty()) return {};
      const char c = chunk.front();
      chunk.remove_prefix(1);
      WATTLEDGER_TRY(take(c));
      indented_ = c == '\n' || (indented_ && c == ' ');
      ++column_;
      if (c != '\n') continue;
      ++line_;
      column_ = 0;
    }
    return {};
  }

  Result<void> end() {
    if (shape_ == Shape::unknown) return {};
    if (shape_ == Shape::array) {
      if (closed_) return {};
      const bool inside = !blank();
      if (!inside) {
        text_.clear();
        begins_ = line_;
      }
      return tell("the array is cut short");
    }
    if (shape_ == Shape::object) {
      // One object on the only line: a line if the line is ended.
      if (lines_)
        return blank() ? Result<void>() : tell_line(depth_ != 0 ? "the line is cut short" : "");
      return tell(depth_ != 0 || in_string_ ? "the file is cut short" : "");
    }
    return tell("this is no JSON");
  }

 private:
  enum class Shape { unknown, array, object, other };

  // Within a record, what decides nothing.
  void take_plain(std::string_view& chunk) {
    const auto decides = std::find_if(chunk.begin(), chunk.end(), [](char c) {
      return structural[static_cast<unsigned char>(c)];
    });
    const auto plain = static_cast<std::size_t>(decides - chunk.begin());
    if (plain == 0 || escaped_) return;
    const std::string_view run = chunk.substr(0, plain);
    if (text_.size() + plain <= legacy_record_bytes_max) {
      text_ += run;
    } else {
      for (const char c : run) keep(c);
    }
    indented_ = indented_ && run.find_first_not_of(' ') == std::string_view::npos;
    column_ += plain;
    chunk.remove_prefix(plain);
  }

  Result<void> take(char c) {
    if (shape_ == Shape::unknown) {
      if (is_space(c) || is_mark(c)) return {};
      shape_ = c == '[' ? Shape::array : c == '{' ? Shape::object : Shape::other;
      begins_ = line_;
      if (shape_ == Shape::array) return {};
    }
    if (shape_ == Shape::array) return take_in_array(c);
    if (shape_ == Shape::object) return take_in_objects(c);
    keep(c);
    return {};
  }

  // A byte order mark.
  [[nodiscard]] static bool is_mark(char c) { return c == '\xEF' || c == '\xBB' || c == '\xBF'; }

  Result<void> take_in_array(char c) {
    if (closed_) {
      if (is_space(c) || told_rest_) return {};
      told_rest_ = true;
      text_.clear();
      begins_ = line_;
      return tell("something stands behind the array's end");
    }
    if (!in_string_ && depth_ == 0 && (c == ',' || c == ']')) {
      const bool last = c == ']';
      const bool empty = blank();
      const auto told = empty && last ? Result<void>() : tell(empty ? "an element is missing" : "");
      closed_ = last;
      return told;
    }
    if (text_.empty() && is_space(c)) return {};
    // So json.dump begins an element, and nothing within one: the one before was never closed.
    const bool dumped = c == '{' && column_ == 2 && indented_;
    if (count_ == 0 && text_.empty()) dumped_ = dumped;
    if (dumped && dumped_ && depth_ > 0) WATTLEDGER_TRY(tell("is never closed"));
    if (text_.empty()) {
      begins_ = line_;
      depth_ = 0;
      in_string_ = escaped_ = false;
    }
    follow(c);
    keep(c);
    return {};
  }

  Result<void> take_in_objects(char c) {
    if (text_.empty() && !is_space(c)) begins_ = line_;
    // The first line tells which: an object by itself makes a file of lines.
    if (c == '\n' && first_line_) {
      first_line_ = false;
      lines_ = depth_ == 0 && !in_string_;
    }
    if (lines_ && c == '\n') {
      if (blank()) {
        text_.clear();
        return {};
      }
      const std::string trouble = depth_ != 0 || in_string_ ? "the line is cut short" : "";
      depth_ = 0;
      in_string_ = escaped_ = false;
      return tell_line(trouble);
    }
    if (text_.empty() && is_space(c)) return {};
    follow(c);
    keep(c);
    return {};
  }

  void follow(char c) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"' || c == '\n') {  // no string holds a line's end: it was never closed
        in_string_ = false;
      }
      return;
    }
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
  }

  void keep(char c) {
    if (text_.size() <= legacy_record_bytes_max) text_ += c;
  }

  [[nodiscard]] bool blank() const { return std::all_of(text_.begin(), text_.end(), is_space); }

  Result<void> tell_line(const std::string& trouble) {
    const std::uint64_t line = begins_;
    return tell(fb::LegacyForm::line, line, trouble);
  }
  Result<void> tell(const std::string& trouble) {
    return shape_ == Shape::array ? tell(fb::LegacyForm::element, count_, trouble)
                                  : tell(fb::LegacyForm::document, 0, trouble);
  }
  Result<void> tell(fb::LegacyForm form, std::uint64_t position, const std::string& trouble) {
    JsonPiece piece{form, text_, position, begins_, trouble};
    if (text_.size() > legacy_record_bytes_max)
      piece.trouble = "longer than " + std::to_string(legacy_record_bytes_max) + " bytes";
    while (!piece.text.empty() && is_space(piece.text.back()) && form != fb::LegacyForm::document)
      piece.text.remove_suffix(1);
    ++count_;
    const Result<void> told = each_(piece);
    text_.clear();
    return told;
  }

  const Each& each_;
  Shape shape_ = Shape::unknown;
  std::string text_;
  std::uint64_t line_ = 1, begins_ = 1, count_ = 0;
  std::size_t depth_ = 0, column_ = 0;
  bool dumped_ = false;   // the first element begins as json.dump puts it
  bool indented_ = true;  // only spaces stand before in this line
  bool in_string_ = false, escaped_ = false, closed_ = false, told_rest_ = false;
  bool lines_ = false, first_line_ = true;
};

// Finds out whether it is JSON, and what is wrong where.
struct Checker : nlohmann::json_sax<nlohmann::json> {
  std::string trouble;
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return ++depth <= depth_max; }
  bool key(string_t& /*value*/) override { return true; }
  bool end_object() override {
    --depth;
    return true;
  }
  bool start_array(std::size_t /*elements*/) override { return ++depth <= depth_max; }
  bool end_array() override {
    --depth;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& last,
                   const nlohmann::detail::exception& /*error*/) override {
    trouble = "no JSON at byte " + std::to_string(position) + ", behind " +
              last.substr(last.size() > 20 ? last.size() - 20 : 0);
    return false;
  }
  static constexpr std::size_t depth_max = 64;
  std::size_t depth = 0;
};

// "no JSON …", empty when it is.
std::string trouble_of(std::string_view text) {
  Checker checker;
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &checker)) return {};
  return checker.trouble.empty() ? "nested more than 64 deep" : checker.trouble;
}

// Python writes NaN and infinities, which are no JSON: null takes their place here.
std::string without_nan(std::string_view text, bool& found) {
  constexpr std::array<std::string_view, 3> words = {"NaN", "-Infinity", "Infinity"};
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\' && i + 1 < text.size()) out += text[i++];
      if (text[i] == '"') in_string = false;
      out += text[i];
      continue;
    }
    const auto word = std::find_if(words.begin(), words.end(), [&](std::string_view each) {
      return text.substr(i, each.size()) == each;
    });
    if (word != words.end()) {
      out += "null";
      found = true;
      i += word->size() - 1;
      continue;
    }
    in_string = text[i] == '"';
    out += text[i];
  }
  return out;
}

Result<void> split_checked(std::string_view text, JsonObject& object) {
  if (const std::string trouble = trouble_of(text); !trouble.empty()) {
    // What comes back must be as it stood, so only the check sees the nulls.
    const std::string mended = without_nan(text, object.broken);
    if (!object.broken || !trouble_of(mended).empty())
      return fail(ErrorKind::invalid_input, trouble);
  }
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{')
    return fail(ErrorKind::invalid_input, "no JSON object");
  object.fields = fold::split_object(text);
  return {};
}

bool is_plain(std::string_view key) {
  return std::all_of(key.begin(), key.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '\\' && c != '"'; }) &&
         !key.empty();
}

}  // namespace

Result<void> cut_json(const fs::path& file, const Each& each) {
  std::ifstream in(file, std::ios::binary);
  const auto unreadable = [&] {
    return fail(ErrorKind::io, file.string() + " cannot be read: " + std::strerror(errno),
                "give this user the right to read it");
  };
  if (!in) return unreadable();
  std::string chunk(chunk_bytes, '\0');
  Cutter cutter(each);
  while (in) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    if (in.bad()) return unreadable();
    WATTLEDGER_TRY(
        cutter.take(std::string_view(chunk).substr(0, static_cast<std::size_t>(in.gcount()))));
  }
  return cutter.end();
}

Result<void> cut_json_text(std::string_view text, const Each& each) {
  Cutter cutter(each);
  WATTLEDGER_TRY(cutter.take(text));
  return cutter.end();
}

Result<void> check_json(std::string_view text) {
  const std::string trouble = trouble_of(text);
  bool found = false;
  if (trouble.empty() || (trouble_of(without_nan(text, found)).empty() && found)) return {};
  return fail(ErrorKind::invalid_input, trouble);
}

Result<JsonObject> read_object(std::string_view text) {
  JsonObject object;
  if (auto sure = fold::split_sure_object(text)) {
    object.fields = *std::move(sure);
  } else {
    WATTLEDGER_TRY(split_checked(text, object));
  }
  std::vector<std::string_view> names;
  names.reserve(object.fields.size());
  for (const fold::LegacyField& field : object.fields) names.push_back(field.name);
  std::sort(names.begin(), names.end());
  object.plain = std::adjacent_find(names.begin(), names.end()) == names.end() &&
                 std::all_of(names.begin(), names.end(), is_plain);
  return object;
}

}  // namespace wattledger::tool
