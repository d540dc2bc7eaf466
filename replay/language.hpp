// In which language who asks is told why.
#pragma once

#include <string>

#include "projections/fold/language.hpp"

namespace wattledger::tool {

// That of the configuration if the file has one (one that does not hold is the command's to tell;
// empty: none is asked), else that of the locale: the first of LC_ALL, LC_MESSAGES and LANG that is
// set and not empty. English where neither says.
[[nodiscard]] fold::Language usual_language(const std::string& config_file);

}  // namespace wattledger::tool
