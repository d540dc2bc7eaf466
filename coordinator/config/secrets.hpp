// What of a configuration must not be shown, and files that hold secrets.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/config/config.hpp"
#include "events/result.hpp"

namespace wattledger::config {

// As load() and parse(), for who looks at a house and runs none: a ${NAME} that nobody set leaves
// its key as it is without it. Such keys stand in Config::from_environment.
[[nodiscard]] Result<Config> load_to_look(const std::filesystem::path& file);
[[nodiscard]] Result<Config> parse_to_look(const std::string& yaml, const std::string& file_name);

// The keys whose values are never printed, packed or recorded: what came from ${NAME}, and whatever
// of an alert's receiver may hold a token ("alerts[1].webhook", counted from 1). In that order,
// each once.
[[nodiscard]] std::vector<std::string> secret_paths(const Config& config);

// "user:password@" in an address with a scheme.
[[nodiscard]] bool holds_password(std::string_view address);
// What looks as if it were a service's token behind the host of a web address: a query's token=,
// key=, secret= and the like, a UUID, or 20 letters and digits in a row as nobody would think them
// up.
[[nodiscard]] bool holds_token(std::string_view address);

// The first word of a file that only its owner may read. Errors name the file, never what it holds:
// not_found; invalid_input where others may read it (with the command that mends it), where it is
// no file, or where nothing stands in it; io.
[[nodiscard]] Result<std::string> read_secret(const std::filesystem::path& file);

}  // namespace wattledger::config
