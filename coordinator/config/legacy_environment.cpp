#include "coordinator/config/legacy_environment.hpp"

namespace wattledger::config {
namespace {

std::string value(const Environ& environ, const char* name) {
  const char* given = environ(name);
  return given == nullptr ? "" : given;
}

}  // namespace

Result<void> take_legacy_environment(const Environ& environ, Config& config) {
  if (!value(environ, "DATABASE_POOL_SIZE").empty())
    config.without_meaning.emplace_back("DATABASE_POOL_SIZE (environment)");
  const std::filesystem::path database = value(environ, "DATABASE_PATH");
  if (database.empty() || !config.sqlite.path.empty()) return {};
  if (database.is_relative())
    return fail(ErrorKind::invalid_input,
                "DATABASE_PATH: \"" + database.string() +
                    "\" meant a place in whatever directory the older program was started in",
                "write the whole path, or projections.sqlite.path in the configuration");
  config.sqlite.path = database;
  return {};
}

std::vector<std::string> legacy_environment_remarks(const Environ& environ) {
  std::vector<std::string> remarks;
  if (!value(environ, "DATABASE_PATH").empty())
    remarks.emplace_back(
        "DATABASE_PATH of the environment stands for projections.sqlite.path where the file does "
        "not say it");
  if (!value(environ, "DATABASE_POOL_SIZE").empty())
    remarks.emplace_back(
        "DATABASE_POOL_SIZE of the environment sets nothing: one writer and its readers need no "
        "pool");
  return remarks;
}

}  // namespace wattledger::config
