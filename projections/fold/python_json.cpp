#include "projections/fold/python_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace wattledger::fold {
namespace {

constexpr std::uint32_t replacement = 0xFFFD;

void append_u16(std::string& out, std::uint32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4)
    out += digits[(unit >> static_cast<unsigned>(shift)) & 0xFU];
}

void append_escaped(std::string& out, std::uint32_t code) {
  if (code < 0x10000) return append_u16(out, code);
  append_u16(out, 0xD800 + ((code - 0x10000) >> 10U));
  append_u16(out, 0xDC00 + ((code - 0x10000) & 0x3FFU));
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\b':
      out += "\\b";
      return;
    default:
      break;
  }
  if (c >= ' ' && c <= '~') {
    out += c;
  } else {
    append_u16(out, static_cast<unsigned char>(c));
  }
}

bool is_written_as_it_is(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

// What a lead byte announces: how many bytes follow and what the first of them may be. The narrowed
// ranges keep overlong forms, surrogates and code points above U+10FFFF out (Unicode's table 3-7).
struct Lead {
  int following = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

// Takes one code point from the front of `text`, which begins with a byte above 0x7F. What is not
// UTF-8 becomes U+FFFD, one for each longest broken beginning, as Python's decode(errors="replace")
// does.
std::uint32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  Lead lead = lead_of(first);
  if (lead.following == 0) return replacement;
  std::uint32_t code = first & (0x3FU >> static_cast<unsigned>(lead.following));
  for (; lead.following > 0; --lead.following) {
    if (text.empty()) return replacement;
    const auto next = static_cast<unsigned char>(text.front());
    if (next < lead.low || next > lead.high) return replacement;
    code = (code << 6U) | (next & 0x3FU);
    text.remove_prefix(1);
    lead.low = 0x80;
    lead.high = 0xBF;
  }
  return code;
}

}  // namespace

std::string python_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const double size = std::fabs(value);
  // repr() writes an exponent exactly outside these bounds; to_chars left to itself chooses the
  // shorter text.
  const bool fixed = size == 0 || (size >= 1e-4 && size < 1e16);
  std::array<char, 40> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    fixed ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), written.ptr);
  if (fixed && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string python_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  while (!text.empty()) {
    const auto special = std::find_if_not(text.begin(), text.end(), is_written_as_it_is);
    const auto plain = static_cast<std::size_t>(special - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_ascii(out, text.front());
      text.remove_prefix(1);
    } else {
      append_escaped(out, take_code_point(text));
    }
  }
  out += '"';
  return out;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto code = static_cast<std::uint32_t>(take_code_point(text));
    if (code < 0x800) {
      put(0xC0U | (code >> 6U));
    } else if (code < 0x10000) {
      put(0xE0U | (code >> 12U));
      put(0x80U | ((code >> 6U) & 0x3FU));
    } else {
      put(0xF0U | (code >> 18U));
      put(0x80U | ((code >> 12U) & 0x3FU));
      put(0x80U | ((code >> 6U) & 0x3FU));
    }
    put(0x80U | (code & 0x3FU));
  }
  return out;
}

std::string python_indented(std::string_view compact, std::size_t level) {
  std::string out;
  out.reserve(compact.size() * 2);
  bool in_string = false;
  const auto new_line = [&] { out += '\n' + std::string(2 * level, ' '); };
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < compact.size()) out += compact[++i];
      if (c == '"') in_string = false;
    } else if (c == '{' || c == '[') {
      out += c;
      const bool empty = i + 1 < compact.size() && (compact[i + 1] == '}' || compact[i + 1] == ']');
      if (empty) {
        out += compact[++i];
        continue;
      }
      ++level;
      new_line();
    } else if (c == '}' || c == ']') {
      if (level != 0) --level;
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
      if (i + 1 < compact.size() && compact[i + 1] == ' ') ++i;
    } else {
      out += c;
      in_string = c == '"';
    }
  }
  return out;
}

PythonObject& PythonObject::key(std::string_view name) {
  if (!body_.empty()) body_ += ", ";
  body_ += python_string(name);
  body_ += ": ";
  return *this;
}

PythonObject& PythonObject::add(std::string_view name, double value) {
  return add_raw(name, python_float(value));
}

PythonObject& PythonObject::add(std::string_view name, std::int64_t value) {
  return add_raw(name, std::to_string(value));
}

PythonObject& PythonObject::add(std::string_view name, bool value) {
  return add_raw(name, value ? "true" : "false");
}

PythonObject& PythonObject::add(std::string_view name, std::string_view value) {
  return add_raw(name, python_string(value));
}

PythonObject& PythonObject::add_null(std::string_view name) { return add_raw(name, "null"); }

PythonObject& PythonObject::add_raw(std::string_view name, std::string_view json) {
  key(name);
  body_ += json;
  return *this;
}

}  // namespace wattledger::fold
