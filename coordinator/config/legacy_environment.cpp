#include "coordinator/config/legacy_environment.hpp"

namespace wattledger::config {

Result<void> take_legacy_environment(const Environ& environ, Config& config) {
  const auto value = [&](const char* name) {
    const char* given = environ(name);
    return std::string(given == nullptr ? "" : given);
  };
  if (!value("DATABASE_POOL_SIZE").empty())
    config.without_meaning.emplace_back("DATABASE_POOL_SIZE (environment)");
  const std::filesystem::path database = value("DATABASE_PATH");
  if (database.empty() || !config.sqlite.path.empty()) return {};
  if (database.is_relative())
    return fail(ErrorKind::invalid_input,
                "DATABASE_PATH: \"" + database.string() +
                    "\" meant a place in whatever directory the older program was started in",
                "write the whole path, or projections.sqlite.path in the configuration");
  config.sqlite.path = database;
  return {};
}

}  // namespace wattledger::config
