// How one key of the configuration is read, checked and shown, for the files that list keys. For
// this room only.
#pragma once

#include <algorithm>
#include <limits>

#include "coordinator/config/keys.hpp"
#include "coordinator/sources/parse/decimal.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {

// What a number's text counts: 10^-places of the unit, times `scale` in the field.
struct NumberRange {
  int places = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::int64_t scale = 1;
};

inline std::string range_text(const NumberRange& range) {
  return sources::decimal_text(range.min, range.places) + " to " +
         sources::decimal_text(range.max, range.places);
}

inline Result<std::int64_t> take_number(std::string_view text, const NumberRange& range) {
  const auto number = sources::parse_decimal(text, range.places);
  const std::string quoted = shown(text);
  const std::string remedy = "write a number from " + range_text(range);
  if (number.trouble == sources::DecimalTrouble::not_a_number) {
    return fail(ErrorKind::invalid_input, quoted + " is not a number", remedy);
  }
  if (number.trouble == sources::DecimalTrouble::too_many_digits) {
    return fail(ErrorKind::invalid_input, quoted + " has too many decimals",
                range.places == 0 ? "write a whole number"
                                  : "write at most " + std::to_string(range.places) + " decimals");
  }
  if (number.trouble || number.count < range.min || number.count > range.max) {
    return fail(ErrorKind::invalid_input, quoted + " is out of range", remedy);
  }
  return number.count;
}

template <class Unit, class Rep>
void assign(Quantity<Unit, Rep>& field, std::int64_t value) {
  field = Quantity<Unit, Rep>(value);
}
template <class Rep, class Period>
void assign(std::chrono::duration<Rep, Period>& field, std::int64_t value) {
  field = std::chrono::duration<Rep, Period>(value);
}
template <std::integral Integer>
void assign(Integer& field, std::int64_t value) {
  field = static_cast<Integer>(value);
}

template <class Unit, class Rep>
std::int64_t count_of(const Quantity<Unit, Rep>& field) {
  return field.count();
}
template <class Rep, class Period>
std::int64_t count_of(const std::chrono::duration<Rep, Period>& field) {
  return field.count();
}
template <std::integral Integer>
std::int64_t count_of(const Integer& field) {
  return static_cast<std::int64_t>(field);
}

// A number kept in the field that `of(config)` refers to.
template <class Of>
ScalarKey number(std::string path, std::string unit, NumberRange range, Of of) {
  ScalarKey key{std::move(path), std::move(unit), range_text(range), {}, {}, true};
  key.take = [range, of](std::string_view text, Config& into) -> Result<void> {
    const auto value = take_number(text, range);
    if (!value) return Failure(value.error());
    assign(of(into), *value * range.scale);
    return {};
  };
  key.show = [range, of](const Config& config) {
    Config copy = config;
    return sources::decimal_text(count_of(of(copy)) / range.scale, range.places);
  };
  return key;
}

// Degrees, kept as doubles because nothing is decided by them.
template <class Of>
ScalarKey degrees(std::string path, std::int64_t limit, Of of) {
  constexpr double unit = 1e6;
  const NumberRange range{6, -limit * 1'000'000, limit * 1'000'000};
  ScalarKey key{std::move(path), "degrees", range_text(range), {}, {}, true};
  key.take = [range, of](std::string_view text, Config& into) -> Result<void> {
    const auto value = take_number(text, range);
    if (!value) return Failure(value.error());
    of(into) = static_cast<double>(*value) / unit;
    return {};
  };
  key.show = [of](const Config& config) -> std::string {
    Config copy = config;
    const std::optional<double> value = of(copy);
    return value ? sources::decimal_text(static_cast<std::int64_t>(*value * unit), 6) : "";
  };
  return key;
}

// One of a closed set of numbers.
template <class Numbers, class Of>
ScalarKey choice(std::string path, std::string unit, const Numbers& numbers, Of of) {
  std::string range;
  for (const std::uint32_t each : numbers)
    range += (range.empty() ? "" : ", ") + std::to_string(each);
  ScalarKey key{std::move(path), std::move(unit), range, {}, {}, true};
  key.take = [numbers, range, of](std::string_view text, Config& into) -> Result<void> {
    const auto found = std::find_if(numbers.begin(), numbers.end(), [&](std::uint32_t each) {
      return std::to_string(each) == text;
    });
    if (found == numbers.end())
      return fail(ErrorKind::invalid_input, shown(text) + " is not one of its numbers",
                  "write one of " + range);
    of(into) = *found;
    return {};
  };
  key.show = [of](const Config& config) {
    Config copy = config;
    return std::to_string(of(copy));
  };
  return key;
}

// One of a closed set of words; `of` refers to an enum (its values 0, 1, 2 … in the order of the
// words).
template <class Of>
ScalarKey word(std::string path, std::vector<std::string> words, Of of) {
  ScalarKey key{std::move(path), "", "", {}, {}};
  for (std::size_t i = 0; i < words.size(); ++i) key.range += (i == 0 ? "" : ", ") + words[i];
  key.take = [words, of](std::string_view text, Config& into) -> Result<void> {
    const auto found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) {
      return fail(ErrorKind::invalid_input, shown(text) + " is not one of its words",
                  near_match_remedy(text, words));
    }
    auto& field = of(into);
    field = static_cast<std::decay_t<decltype(field)>>(found - words.begin());
    return {};
  };
  key.show = [words, of](const Config& config) {
    Config copy = config;
    return words[static_cast<std::size_t>(of(copy))];
  };
  return key;
}

using TextCheck =
    std::optional<std::string> (*)(std::string_view);  // what is wrong, if something is

template <class Of>
ScalarKey text_key(std::string path, const std::string& range, TextCheck wrong, Of of) {
  ScalarKey key{std::move(path), "", range, {}, {}};
  key.take = [range, wrong, of](std::string_view text, Config& into) -> Result<void> {
    constexpr std::size_t text_max = 1024;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (text.size() > text_max || std::any_of(text.begin(), text.end(), control)) {
      return fail(ErrorKind::invalid_input,
                  "the text is longer than 1024 bytes or holds control characters",
                  "write " + range);
    }
    if (const auto trouble = wrong(text)) {
      return fail(ErrorKind::invalid_input, shown(text) + " " + *trouble, "write " + range);
    }
    of(into) = std::string(text);
    return {};
  };
  key.show = [of](const Config& config) {
    Config copy = config;
    return std::filesystem::path(of(copy)).string();
  };
  return key;
}

inline std::optional<std::string> anything(std::string_view) { return std::nullopt; }

constexpr NumberRange whole(std::int64_t min, std::int64_t max, std::int64_t scale = 1) {
  return {0, min, max, scale};
}
constexpr NumberRange percent(std::int64_t min, std::int64_t max) {
  return {2, min * 100, max * 100, 1};
}
constexpr NumberRange thousandths(std::int64_t min, std::int64_t max) {
  return {3, min * 1'000, max * 1'000, 1};
}
constexpr NumberRange price(std::int64_t min, std::int64_t max) {
  return {8, min * 100'000'000, max * 100'000'000, 1};
}

}  // namespace wattledger::config
