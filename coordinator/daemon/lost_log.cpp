#include "coordinator/daemon/lost_log.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <string>
#include <system_error>

#include "log/backup_store.hpp"
#include "log/lost_file.hpp"
#include "projections/json/json_projector.hpp"
#include "projections/sqlite/sqlite_projector.hpp"

namespace wattledger::daemon {
namespace {

namespace fs = std::filesystem;

std::string made_from(const std::string& what, const projections::Checkpoint& checkpoint) {
  return what + " made from records 1 to " + std::to_string(checkpoint.sequence.value) +
         " of the log " + checkpoint.log.hex();
}

// What was made from a log; nothing where nothing was.
std::optional<std::string> made_from_a_log(const config::Config& config) {
  projections::SqliteOptions tables;
  tables.data = config.data;
  tables.file = config.sqlite.path;
  const fs::path file =
      tables.file.empty() ? config.data / projections::sqlite_file_name : tables.file;
  if (const auto found = projections::make_sqlite_projector(tables)->checkpoint(); found && *found)
    return made_from(file.string() + " was", **found);
  projections::JsonOptions files;
  files.data = config.data;
  if (const auto found = projections::make_json_projector(files)->checkpoint(); found && *found)
    return made_from("the files under " + (config.data / "out").string() + " were", **found);
  return std::nullopt;
}

}  // namespace

Result<void> require_no_lost_log(const config::Config& config) {
  const fs::path directory = config.data / "log";
  std::error_code error;
  if (fs::exists(directory / "data.mdb", error)) return {};
  const fs::path store = config.backup.to.empty() ? config.data / "backups" : config.backup.to;
  const auto newest = log::newest_backup(store, std::nullopt);
  const auto made = made_from_a_log(config);
  if (!made && !newest) return {};
  std::string what = "the log in " + directory.string() + " is gone: ";
  what += made ? *made : store.string() + " has backups of it";
  std::string remedy;
  if (fs::exists(directory, error) && !fs::is_empty(directory, error))
    remedy = "move what is left of it away ('mv " + directory.string() + " " + directory.string() +
             ".lost'), then ";
  remedy += "bring it back with 'wattledger --data " + config.data.string() + " backup restore " +
            (newest ? newest->manifest.id : "ID --from DIR");
  if (newest && !config.backup.to.empty()) remedy += " --from " + store.string();
  if (newest && newest->manifest.key_id && !config.backup.key_file.empty())
    remedy += " --key-file " + config.backup.key_file.string();
  return fail(ErrorKind::corrupt, std::move(what),
              remedy + "'; to begin anew, move " + config.data.string() + " away");
}

Result<void> require_log_in_place(const log::Log& log) {
  const log::DataFile standing = log::data_file_of(log);
  if (standing == log::DataFile::in_place) return {};
  const std::string what = "the log in " + log.directory().string() + " was ";
  if (standing == log::DataFile::deleted)
    return fail(ErrorKind::conflict, what + "deleted while the daemon runs",
                "it ends and writes out what it has open; start it again");
  return fail(ErrorKind::conflict, what + "moved away while the daemon runs",
              "it ends; start it where the log is now, or move that back");
}

void keep_deleted_log(const log::Log& log, log::Appender& appender) {
  if (log::data_file_of(log) != log::DataFile::deleted) return;
  if (const auto flushed = appender.flush(); !flushed)
    spdlog::error("the last events are not in it: {}", flushed.error().line());
  const auto written = log::write_out_again(log);
  if (!written) return spdlog::critical("the log is lost: {}", written.error().line());
  spdlog::warn("records 1 to {} were written out again to {}", appender.committed().value,
               written->string());
}

}  // namespace wattledger::daemon
