#include "replay/language.hpp"

#include <cstdlib>
#include <string_view>

#include "coordinator/config/secrets.hpp"

namespace wattledger::tool {
namespace {

// "pl", "pl_PL.UTF-8", "pl@euro"; not "plt", which is another language.
fold::Language language_of_locale(std::string_view locale) {
  const std::string_view code = locale.substr(0, locale.find_first_of("_.@"));
  return fold::language_of(code).value_or(fold::Language::english);
}

}  // namespace

fold::Language usual_language(const std::string& config_file) {
  if (!config_file.empty())
    if (const auto config = config::load_to_look(config_file); config && config->language)
      return *config->language;
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* locale = std::getenv(variable); locale != nullptr && *locale != '\0')
      return language_of_locale(locale);
  return fold::Language::english;
}

}  // namespace wattledger::tool
