// Text as Python's json module writes it (json.dumps with default separators, or indent=2), byte
// for byte: numbers, escapes (ASCII only), spacing. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wattledger::fold {

// repr(float): shortest round-trip, "1.0", "1e-05", "1e+16"; NaN and infinities as json.dumps has
// them.
[[nodiscard]] std::string python_float(double value);
// With quotes; non-ASCII as \uXXXX (surrogate pairs above the BMP); invalid UTF-8 as \ufffd.
[[nodiscard]] std::string python_string(std::string_view text);

// The text itself, with U+FFFD in place of what is no UTF-8.
[[nodiscard]] std::string valid_utf8(std::string_view text);

// The same JSON, compact as PythonObject writes it, as json.dump(…, indent=2) sets it; the lines
// behind the first stand `level` levels deeper.
[[nodiscard]] std::string python_indented(std::string_view compact, std::size_t level = 0);

// Writes one object, compact ({"a": 1, "b": 2}), keys in the order given.
class PythonObject {
 public:
  PythonObject& add(std::string_view key, double value);
  PythonObject& add(std::string_view key, std::int64_t value);
  PythonObject& add(std::string_view key, bool value);
  PythonObject& add(std::string_view key, std::string_view value);
  PythonObject& add(std::string_view key, const char* value) {
    return add(key, std::string_view(value));
  }
  PythonObject& add_null(std::string_view key);
  PythonObject& add_raw(std::string_view key, std::string_view json);
  template <class T>
  PythonObject& add_or_null(std::string_view key, const std::optional<T>& value) {
    return value ? add(key, *value) : add_null(key);
  }
  // A missing sensor is the string "Unknown" in the legacy current_data.
  template <class T>
  PythonObject& add_or_unknown(std::string_view key, const std::optional<T>& value) {
    return value ? add(key, *value) : add(key, std::string_view("Unknown"));
  }
  [[nodiscard]] std::string text() const { return body_.empty() ? "{}" : "{" + body_ + "}"; }

 private:
  PythonObject& key(std::string_view name);
  std::string body_;
};

}  // namespace wattledger::fold
