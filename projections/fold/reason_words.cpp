#include "projections/fold/reason_words.hpp"

#include <algorithm>

namespace wattledger::fold {
namespace {

std::uint64_t size_of(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

// The form at `index` of "charge|charges"; the last one where there are fewer.
std::string_view form(std::string_view forms, std::size_t index) {
  for (; index > 0; --index) {
    const std::size_t bar = forms.find('|');
    if (bar == std::string_view::npos) break;
    forms.remove_prefix(bar + 1);
  }
  return forms.substr(0, forms.find('|'));
}

// Polish: 1 sesja; 2, 3, 4, 22 sesje; 5, 12, 21 sesji.
std::size_t form_of(Language language, std::int64_t count) {
  const std::uint64_t size = size_of(count);
  if (size == 1) return 0;
  if (language == Language::english) return 1;
  const bool teen = size % 100 >= 12 && size % 100 <= 14;
  return size % 10 >= 2 && size % 10 <= 4 && !teen ? 1 : 2;
}

}  // namespace

std::string_view language_code(Language language) {
  switch (language) {
    case Language::english:
      return "en";
    case Language::polish:
      return "pl";
  }
  return "en";
}

std::optional<Language> language_of(std::string_view code) {
  for (const Language each : {Language::english, Language::polish})
    if (language_code(each) == code) return each;
  return std::nullopt;
}

std::string_view form_for(Language language, std::int64_t count, std::string_view forms) {
  return form(forms, form_of(language, count));
}

Value counted(std::string_view name, std::int64_t count) {
  return {name, std::to_string(count), count};
}

Words::Words(Language language)
    : language_(language),
      texts_(language == Language::polish ? polish_texts() : english_texts()) {}

std::string Words::say(Phrase phrase, std::initializer_list<Value> values) const {
  std::string_view rest = texts_[static_cast<std::size_t>(phrase)].text;
  std::string said;
  for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    said += rest.substr(0, open);
    const std::size_t close = rest.find('}', open);
    const std::string_view hole = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    const std::size_t bar = hole.find('|');
    const std::string_view name = hole.substr(0, bar);
    const auto value = std::find_if(values.begin(), values.end(),
                                    [name](const Value& each) { return each.name == name; });
    if (value == values.end())
      said += "{" + std::string(hole) + "}";  // tests look for these
    else
      said += bar == std::string_view::npos
                  ? std::string_view(value->text)
                  : form_for(language_, value->count, hole.substr(bar + 1));
  }
  return said += rest;
}

// `value` / 10^`digits` with at most `shown` decimals (half away from zero), at least `least`.
std::string Words::decimal(std::int64_t value, int digits, int shown, int least) const {
  std::uint64_t size = size_of(value);
  std::uint64_t cut = 1;
  for (int i = shown; i < digits; ++i) cut *= 10;
  size = size / cut + (size % cut * 2 >= cut && cut > 1 ? 1 : 0);
  std::uint64_t unit = 1;
  for (int i = 0; i < shown; ++i) unit *= 10;
  std::string fraction = std::to_string(size % unit + unit).substr(1);
  while (static_cast<int>(fraction.size()) > least && fraction.back() == '0') fraction.pop_back();
  std::string text = value < 0 && size != 0 ? "-" : "";
  text += std::to_string(size / unit);
  if (fraction.empty()) return text;
  return text + (language_ == Language::polish ? "," : ".") + fraction;
}

std::string Words::price(std::int64_t e8) const { return decimal(e8, 8, 4, 4); }

std::string Words::money(std::int64_t e8) const { return decimal(e8, 8, 2, 2); }

std::string Words::percent(std::int64_t basis_points) const {
  return decimal(basis_points, 2, 2, 0) + (language_ == Language::polish ? "%" : " %");
}

std::string Words::kilowatts(std::int64_t watts) const {
  const std::string text = decimal(watts, 3, 3, 1);
  return text.substr(text.front() == '-' ? 1 : 0) + " kW";
}

std::string Words::celsius(std::int64_t thousandths) const {
  return decimal(thousandths, 3, 2, 0) + " °C";
}

}  // namespace wattledger::fold
