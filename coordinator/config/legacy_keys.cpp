#include "coordinator/config/legacy_keys.hpp"

namespace wattledger::config {

const std::vector<LegacyKey>& legacy_keys() {
  static const std::vector<LegacyKey> keys{
      {"data_storage.file_storage.enabled", "projections.json.enabled"},
      {"data_storage.database_storage.enabled", "projections.sqlite.enabled"},
      {"data_storage.database_storage.sqlite.path", "projections.sqlite.path"},
      // Places, retention and retries are this program's own business.
      {"data_storage.file_storage.energy_data_dir", ""},
      {"data_storage.file_storage.state_dir", ""},
      {"data_storage.file_storage.retention_days", ""},
      {"data_storage.database_storage.sqlite.connection_pool_size", ""},
      {"data_storage.database_storage.sqlite.timeout", ""},
      {"data_storage.database_storage.sqlite.wal_mode", ""},
      {"data_storage.database_storage.sqlite.max_retries", ""},
      {"data_storage.database_storage.sqlite.retry_delay", ""},
  };
  return keys;
}

}  // namespace wattledger::config
