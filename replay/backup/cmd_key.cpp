// wattledger backup key new [FILE]: makes the key that encrypts backups. Writes the file.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "replay/backup/backup_place.hpp"
#include "replay/backup/commands.hpp"

namespace wattledger::tool {
namespace {

Exit run(const Invocation& invocation, const std::string& name) {
  std::filesystem::path file;
  if (!name.empty()) {
    file = std::filesystem::absolute(name);
    // The house's, where one is named: its daemon is to read it.
    if (!invocation.data.empty() || !invocation.config.empty())
      if (const auto place = find_place(invocation); !place) return cannot(place.error());
  } else {
    const auto place = find_place(invocation);
    if (!place) return cannot(place.error());
    file = backup_key_file(*place);
  }
  const auto key = log::BackupKey::make(file);
  if (!key) return cannot(key.error());
  if (invocation.format == Format::json) {
    say(nlohmann::ordered_json{{"file", file.string()}, {"key", key->id()}}.dump());
    return Exit::done;
  }
  say(fmt::format("key {} in {}, for its owner alone", key->id(), file.string()));
  note(
      "keep a copy of that file away from this machine: without it no encrypted backup can be "
      "read, by anybody");
  return Exit::done;
}

}  // namespace

void add_backup_key(CLI::App& key, Invocation& invocation) {
  CLI::App* command = add_command(key, "new",
                                  "Make a key for encrypted backups, in a file of mode 0600. Keep "
                                  "a copy elsewhere: nothing reads them without it.",
                                  "wattledger backup key new /root/house.key");
  const auto file = std::make_shared<std::string>();
  add_text(*command, "file", *file, "The new file (else keys/backup.key below the data)")
      .type_name("FILE");
  on_call(*command, invocation, [&invocation, file] { return run(invocation, *file); });
}

}  // namespace wattledger::tool
