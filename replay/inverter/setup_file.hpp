// The configuration that setup writes: what it found, and nothing made up. Keys whose value only
// the owner knows stand as comments, with the default that holds until then.
#pragma once

#include <filesystem>
#include <string>

#include "coordinator/config/config.hpp"
#include "replay/inverter/unit_survey.hpp"

namespace wattledger::tool {

struct SetupChoice {
  std::string zone = "UTC";
  std::string zone_remark;  // why it may not be the house's; empty: it is
  std::string data = "wattledger-data";
};

// The file's text. Pure.
[[nodiscard]] std::string setup_yaml(const Survey& survey, const SetupChoice& choice);

// Puts it there, once it has been loaded from beside that place as the daemon will load it. What
// stands there is replaced only with `replace`, at once and whole. Errors: conflict; io; config's
// own, which would be a defect.
[[nodiscard]] Result<config::Config> write_setup(const std::filesystem::path& file,
                                                 const std::string& text, bool replace);
// What write_setup would refuse before anything is asked of an inverter: conflict, not_found.
[[nodiscard]] Result<void> check_place(const std::filesystem::path& file, bool replace);

}  // namespace wattledger::tool
