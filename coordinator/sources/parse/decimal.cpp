#include "coordinator/sources/parse/decimal.hpp"

#include <limits>

namespace wattledger::sources {
namespace {

struct Parts {
  bool negative = false;
  std::string digits;  // without the point
  int point = 0;       // digits before the point
};

constexpr int exponent_max = 30;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads "e-5" off the end of `text`; nullopt when it is no exponent.
std::optional<int> read_exponent(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 3) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > exponent_max) return std::nullopt;
  return negative ? -value : value;
}

std::optional<Parts> split(std::string_view text) {
  Parts parts;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    parts.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  bool seen_point = false;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.' && !seen_point) {
      seen_point = true;
    } else if (is_digit(text[i])) {
      parts.digits += text[i];
      if (!seen_point) ++parts.point;
    } else {
      return std::nullopt;
    }
  }
  if (parts.digits.empty()) return std::nullopt;
  if (i < text.size()) {
    const auto exponent = read_exponent(text.substr(i + 1));
    if (!exponent) return std::nullopt;
    parts.point += *exponent;
  }
  return parts;
}

}  // namespace

Decimal parse_decimal(std::string_view text, int places, Digits digits) {
  constexpr std::size_t text_max = 400;
  if (text.size() > text_max) return {0, DecimalTrouble::not_a_number};
  const auto parts = split(text);
  if (!parts) return {0, DecimalTrouble::not_a_number};
  const int wanted = parts->point + places;  // how many of the digits make the count
  std::int64_t count = 0;
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 10 - 1;
  const int size = static_cast<int>(parts->digits.size());
  for (int i = 0; i < wanted; ++i) {
    if (count > limit) return {0, DecimalTrouble::too_large};
    count = count * 10 + (i < size ? parts->digits[static_cast<std::size_t>(i)] - '0' : 0);
  }
  const std::string_view rest = wanted < size
                                    ? std::string_view(parts->digits)
                                          .substr(static_cast<std::size_t>(wanted > 0 ? wanted : 0))
                                    : std::string_view();
  const bool more = rest.find_first_not_of('0') != std::string_view::npos;
  if (more && digits == Digits::exact) return {0, DecimalTrouble::too_many_digits};
  if (more && wanted >= 0 && rest.front() >= '5') ++count;
  return {parts->negative ? -count : count, std::nullopt};
}

std::string decimal_text(std::int64_t count, int places) {
  const bool negative = count < 0;
  // The magnitude as unsigned, for the most negative count has no positive one.
  std::uint64_t rest =
      negative ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  std::string reversed;
  for (int place = 0; place <= places || rest != 0; ++place, rest /= 10) {
    const char digit = static_cast<char>('0' + rest % 10);
    if (place == places && !reversed.empty()) reversed += '.';
    if (digit != '0' || !reversed.empty() || place >= places) reversed += digit;
  }
  if (negative) reversed += '-';
  return {reversed.rbegin(), reversed.rend()};
}

}  // namespace wattledger::sources
