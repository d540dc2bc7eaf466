#include "replay/rollout/mode.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/config/secrets.hpp"
#include "replay/rollout/yaml_keys.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t text_max = 1U << 20U;  // as the configuration's reader allows

Result<std::string> set(const std::string& yaml, const char* path, const char* legacy, bool on) {
  const bool theirs = legacy != nullptr && !has_key(yaml, path) && has_key(yaml, legacy);
  return with_key(yaml, theirs ? legacy : path, on ? "true" : "false");
}

}  // namespace

std::optional<Mode> mode_of(const std::string& word) {
  for (const Mode each : {Mode::files, Mode::both, Mode::database})
    if (word == mode_name(each)) return each;
  return std::nullopt;
}

std::string mode_name(Mode mode) {
  switch (mode) {
    case Mode::files:
      return "files";
    case Mode::both:
      return "both";
    case Mode::database:
      return "database";
  }
  return {};
}

std::optional<Mode> mode_of(const config::Config& config) {
  if (config.sqlite.enabled) return config.json.enabled ? Mode::both : Mode::database;
  return config.json.enabled ? std::optional(Mode::files) : std::nullopt;
}

Result<std::string> asking_for(const std::string& yaml, const Wanting& wanting,
                               const std::string& file_name) {
  std::string text = yaml;
  if (wanting.mode) {
    auto files = set(text, "projections.json.enabled", "data_storage.file_storage.enabled",
                     *wanting.mode != Mode::database);
    if (!files) return files;
    auto tables = set(*files, "projections.sqlite.enabled", "data_storage.database_storage.enabled",
                      *wanting.mode != Mode::files);
    if (!tables) return tables;
    text = *std::move(tables);
  }
  if (wanting.schema) {
    auto schema = with_key(text, "projections.sqlite.schema", std::to_string(*wanting.schema));
    if (!schema) return schema;
    text = *std::move(schema);
  }
  const auto config = config::parse_to_look(text, file_name);
  if (!config) return Failure(config.error());
  if ((wanting.mode && mode_of(*config) != wanting.mode) ||
      (wanting.schema && config->sqlite.schema != *wanting.schema))
    return fail(ErrorKind::unsupported, file_name + " cannot be brought to ask for it line by line",
                "set projections.json.enabled, projections.sqlite.enabled and "
                "projections.sqlite.schema by hand, then say wattledger rollout migrate");
  return text;
}

fs::path text_before(const fs::path& file) {
  fs::path before = file;
  before += ".before-rollout";
  return before;
}

Result<std::string> read_configuration_text(const fs::path& file) {
  return read_regular_file(file, text_max);
}

Result<void> put_configuration(const fs::path& file, const std::string& text) {
  std::error_code failed;
  const fs::path place = fs::canonical(file, failed);  // of a link, what it leads to
  if (!failed)
    fs::copy_file(place, text_before(file), fs::copy_options::overwrite_existing, failed);
  if (failed)
    return fail(ErrorKind::io,
                text_before(file).string() + " cannot be written: " + failed.message(),
                "check the owner and permissions of its directory");
  struct ::stat was {};
  const bool known = ::stat(place.c_str(), &was) == 0;
  // A rollback reads it: nobody else may have written it.
  if (known && ::chown(text_before(file).c_str(), was.st_uid, was.st_gid) != 0) failed.clear();
  fs::path aside = place;
  aside += ".new";
  WATTLEDGER_TRY(write_text_file(aside, text));
  if (known) {
    fs::permissions(aside, static_cast<fs::perms>(was.st_mode & 07777U), failed);
    // Whoever may not give it away is its owner already, or the daemon reads it by its group.
    if (::chown(aside.c_str(), was.st_uid, was.st_gid) != 0) failed.clear();
  }
  fs::rename(aside, place, failed);
  if (!failed) return {};
  std::error_code ignored;
  fs::remove(aside, ignored);
  return fail(ErrorKind::io, place.string() + " cannot be replaced: " + failed.message(),
              "check the owner and permissions of its directory");
}

}  // namespace wattledger::tool
