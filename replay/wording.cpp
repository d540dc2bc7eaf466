#include "replay/wording.hpp"

#include <charconv>

#include "projections/fold/reason_words.hpp"

namespace wattledger::tool {
namespace {

// What stands for the braces' inside: a value, or a word's form.
std::string_view filling(std::string_view hole, std::initializer_list<std::string> values,
                         fold::Language language) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(hole.data(), hole.data() + hole.size(), index);
  if (error != std::errc() || index >= values.size()) return "?";
  const std::string& value = values.begin()[index];
  const std::string_view forms = hole.substr(static_cast<std::size_t>(end - hole.data()));
  if (forms.empty()) return value;
  std::int64_t count = 0;
  std::from_chars(value.data(), value.data() + value.size(), count);
  return fold::form_for(language, count, forms.substr(1));
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

}  // namespace

std::string Wording::operator()(std::string_view english, std::string_view polish,
                                std::initializer_list<std::string> values) const {
  std::string_view rest = language_ == fold::Language::polish ? polish : english;
  std::string said;
  for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const std::size_t close = rest.find('}', open);
    said += rest.substr(0, open);
    said += filling(rest.substr(open + 1, close - open - 1), values, language_);
    rest.remove_prefix(close + 1);
  }
  return said += rest;
}

std::string Wording::quantity(std::string text) const {
  if (language_ != fold::Language::polish) return text;
  for (std::size_t i = 1; i + 1 < text.size(); ++i)
    if (text[i] == '.' && is_digit(text[i - 1]) && is_digit(text[i + 1])) text[i] = ',';
  if (text.ends_with(" %")) text.erase(text.size() - 2, 1);
  return text;
}

}  // namespace wattledger::tool
