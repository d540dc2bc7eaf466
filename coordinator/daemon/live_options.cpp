#include "coordinator/daemon/live_options.hpp"

#include <spdlog/spdlog.h>

namespace wattledger::daemon {

projections::LiveOptions live_options_of(const config::Config& config, bool simulated) {
  projections::LiveOptions options;
  options.data = config.data;
  options.sqlite = config.sqlite.enabled;
  options.sqlite_file = config.sqlite.path;
  options.sqlite_schema = config.sqlite.schema;
  options.slow_queries = {config.sqlite.slow_query_above,
                          [](std::string_view sql, std::chrono::milliseconds took) {
                            spdlog::warn("slow query, {} ms: {}", took.count(), sql);
                          }};
  options.json = config.json.enabled;
  options.json_selling_files = !config.sqlite.enabled;
  // Nobody waits for a simulation's files: they need not be synced every five simulated minutes.
  if (simulated) options.json_settle_every = std::chrono::hours(24);
  options.rebuild_mismatched = config.environment != config::Environment::production;
  return options;
}

bool same_projections(const config::Config& one, const config::Config& other) {
  return one.sqlite.enabled == other.sqlite.enabled && one.sqlite.path == other.sqlite.path &&
         one.sqlite.schema == other.sqlite.schema &&
         one.sqlite.slow_query_above == other.sqlite.slow_query_above &&
         one.json.enabled == other.json.enabled;
}

}  // namespace wattledger::daemon
