// Sentences in the language of whoever reads, English and Polish side by side where they are said.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "projections/fold/language.hpp"

namespace wattledger::tool {

class Wording {
 public:
  explicit Wording(fold::Language language) : language_(language) {}
  [[nodiscard]] fold::Language language() const { return language_; }

  // "{0}", "{1}" are filled with values, in whatever order a language wants; "{0|slot|slots}" with
  // the form that goes with the whole number there: one and more in English, one, few and many in
  // Polish.
  [[nodiscard]] std::string operator()(std::string_view english, std::string_view polish,
                                       std::initializer_list<std::string> values = {}) const;
  // A quantity as display.hpp writes it, with the language's decimal comma, and no space before %.
  [[nodiscard]] std::string quantity(std::string text) const;

 private:
  fold::Language language_;
};

}  // namespace wattledger::tool
