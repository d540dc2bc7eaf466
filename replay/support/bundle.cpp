#include "replay/support/bundle.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "coordinator/config/shown_keys.hpp"
#include "coordinator/policy/decide.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/log/record_line.hpp"
#include "replay/support/pseudonyms.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t log_bytes_max = 4U << 20U;  // of text logs, the newest
constexpr std::chrono::hours events_back{24};

constexpr std::string_view about =
    "A support bundle of wattledger. Site, serial numbers, coordinates, hosts, users, paths and\n"
    "unique ids are replaced by pseudonyms, the same for the same thing in this bundle; values\n"
    "that an owner writes freely are in no configuration here. What a house used, produced and\n"
    "paid on its last day is in it: look before you send it (tar --zstd -xf FILE).\n\n";

class Gathering {
 public:
  Gathering(const Place& place, const std::string& key) : place_(place), names_(key) {}

  SupportBundle all(const std::string& config_file, const std::optional<Error>& config_error) {
    hide_machine(config_file);
    auto open = open_log(place_);
    if (open) hide_house(*open);
    bundle_.made = open ? house_now(open->snapshot) : clock_now();
    add_versions();
    add_configuration(config_error);
    add_json_file("health.json");
    if (open)
      add_log(*open);
    else
      leave_out("log", open.error());
    add_directory();
    add_text_logs();
    add_contents();
    return std::move(bundle_);
  }

 private:
  void add(const std::string& name, std::string text) {
    bundle_.members.push_back({"wattledger-support/" + name, std::move(text)});
  }
  void leave_out(const std::string& what, const Error& error) {
    bundle_.left_out.push_back(what + ": " + names_.cleaned(error.line()));
  }

  void hide_machine(const std::string& config_file) {
    utsname system{};
    if (::uname(&system) == 0) names_.hide("host", static_cast<const char*>(system.nodename));
    for (const char* variable : {"USER", "LOGNAME", "SUDO_USER"})
      if (const char* user = std::getenv(variable); user != nullptr) hide_user(user);
    struct stat owner {};
    if (::stat(place_.data.c_str(), &owner) == 0)
      if (const passwd* entry = ::getpwuid(owner.st_uid); entry != nullptr)
        hide_user(entry->pw_name);
    names_.hide("path", place_.data.string());
    if (!config_file.empty()) {
      std::error_code error;
      names_.hide("path", config_file);
      names_.hide("path", fs::absolute(config_file, error).parent_path().string());
    }
    if (!place_.config) return;
    for (const config::ShownKey& key : config::shown_keys(*place_.config))
      if (!key.plain) names_.hide(sort_of(key.path), key.value);
  }

  // Those that a system has anyway tell nothing of anybody.
  void hide_user(const std::string& user) {
    if (user != "root" && user != "wattledger") names_.hide("user", user);
  }

  static std::string_view sort_of(std::string_view key) {
    if (key == "site.name") return "site";
    if (key == "site.latitude" || key == "site.longitude" || key == "sources.station")
      return "place";
    return key == "inverter.host" ? "host" : "value";
  }

  void hide_coordinate(std::optional<std::int32_t> e6) {
    if (e6) names_.hide("place", fmt::format("{:.4f}", *e6 / 1e6));
  }

  // What the log itself says of the house, wherever else it is said again.
  void hide_house(const OpenLog& open) {
    const auto text = [](const auto* given) { return given == nullptr ? "" : given->str(); };
    const auto scanned = open.snapshot.scan(
        open.snapshot.first(), open.snapshot.head(),
        [&](const log::RecordView& record) -> Result<bool> {
          if (const auto* site = record.event.as<fb::SiteAdopted>()) {
            names_.hide("site", text(site->site()));
            names_.hide("serial", text(site->device_serial()));
            hide_coordinate(site->latitude_e6());
            hide_coordinate(site->longitude_e6());
          } else if (const auto* found = record.event.as<fb::InverterSettingsFound>()) {
            names_.hide("serial", text(found->serial()));
          } else if (const auto* started = record.event.as<fb::CoordinatorStarted>()) {
            names_.hide("host", text(started->host()));
          }
          return true;
        });
    if (!scanned) leave_out("names in the log's damaged part", scanned.error());
  }

  void add_versions() {
    utsname system{};
    ::uname(&system);
    std::string debian;
    std::ifstream release("/etc/os-release");
    for (std::string line; std::getline(release, line);)
      if (line.rfind("PRETTY_NAME=", 0) == 0) debian = line.substr(line.find('=') + 1);
    add("versions.txt",
        fmt::format(
            "wattledger       {}\nengine revision  {}\nfold revision    {}\nkinds of events  "
            "{}\nsystem           {} {} {}, {}\nmade             {}\n",
            version(), policy::engine_revision, fold::fold_revision, static_cast<int>(kind_max),
            static_cast<const char*>(system.sysname), static_cast<const char*>(system.release),
            static_cast<const char*>(system.machine), debian, utc_text(bundle_.made)));
  }

  void add_configuration(const std::optional<Error>& config_error) {
    if (config_error) return leave_out("configuration", *config_error);
    if (!place_.config)
      return leave_out("configuration", {ErrorKind::not_found, "none was named", "give --config"});
    std::string text = "# what is not the default's\n";
    for (const config::ShownKey& key : config::shown_keys(*place_.config))
      text += key.path + ": " +
              (key.plain ? key.value : names_.name(sort_of(key.path), key.value)) + "\n";
    for (const std::string& key : place_.config->without_meaning)
      text += "# without meaning: " + names_.cleaned(key) + "\n";
    add("configuration.txt", std::move(text));
  }

  void add_json_file(const std::string& name) {
    constexpr std::size_t bytes_max = 1 << 20;
    const auto text = read_regular_file(place_.data / name, bytes_max);
    if (!text) return leave_out(name, text.error());
    const auto clean = names_.cleaned_json(*text);
    if (!clean)
      return leave_out(name, {ErrorKind::corrupt, "is no JSON", "the daemon writes it anew"});
    add(name, *clean + "\n");
  }

  void add_log(const OpenLog& open) {
    if (const auto stat = log_stat_json(open)) {
      add("log_stat.json", names_.cleaned_json(*stat).value_or("") + "\n");
    } else {
      leave_out("log_stat.json", stat.error());
    }
    std::string lines;
    const auto scanned = open.snapshot.scan_occurred(
        open.snapshot.meta().head_recorded_at - events_back, UtcTime::max(),
        [&](const log::RecordView& record) -> Result<bool> {
          // Whole rows and files of an older system: nobody knows what stands in them.
          if (record.event.as<fb::LegacyRecordImported>() != nullptr)
            lines += fmt::format("{{\"sequence\":{},\"kind\":\"LegacyRecordImported\"}}\n",
                                 record.sequence.value);
          else
            lines += names_.cleaned_json(record_json(record)).value_or("") + "\n";
          return true;
        });
    if (!scanned) leave_out("events from a damaged record on", scanned.error());
    add("events.jsonl", std::move(lines));
  }

  // Names, sizes and rights of what stands there, two levels deep.
  void add_directory() {
    std::vector<std::string> lines;
    std::error_code error;
    for (fs::recursive_directory_iterator each(place_.data, error), end; each != end && !error;
         each.increment(error)) {
      if (each.depth() >= 1) each.disable_recursion_pending();
      std::error_code gone;
      const auto status = each->symlink_status(gone);
      const auto bytes = fs::is_regular_file(status) ? each->file_size(gone) : 0;
      lines.push_back(
          fmt::format("{:04o} {:>12} {}{}\n", static_cast<unsigned>(status.permissions()) & 07777U,
                      bytes, names_.cleaned(each->path().lexically_relative(place_.data).string()),
                      fs::is_directory(status) ? "/" : ""));
    }
    std::sort(lines.begin(), lines.end(), [](const std::string& a, const std::string& b) {
      return a.substr(18) < b.substr(18);
    });
    std::string text;
    for (const std::string& line : lines) text += line;
    add("files.txt", std::move(text));
  }

  void add_text_logs() {
    const fs::path named = place_.config ? place_.config->logging.file : fs::path();
    const fs::path newest = named.empty() ? place_.data / "logs" / "master_coordinator.log" : named;
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& each : fs::directory_iterator(newest.parent_path(), error))
      if (each.path().filename().string().rfind(newest.stem().string(), 0) == 0 &&
          each.is_regular_file(error))
        files.push_back(each.path());
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
      std::error_code gone;
      return fs::last_write_time(a, gone) > fs::last_write_time(b, gone);
    });
    std::uintmax_t room = log_bytes_max;
    for (const fs::path& file : files)
      if (room > 0) room -= std::min(room, add_tail(file, room));
    if (files.empty())
      leave_out("text log", {ErrorKind::not_found, "there is none beside " + newest.string(), ""});
  }

  // How much of the file was taken, from its end.
  std::uintmax_t add_tail(const fs::path& file, std::uintmax_t bytes_max) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    const std::uintmax_t bytes = std::min(size, bytes_max);
    stream.seekg(static_cast<std::streamoff>(size - bytes));
    std::string text(bytes, '\0');
    if (error || !stream.read(text.data(), static_cast<std::streamsize>(bytes))) {
      leave_out(file.filename().string(), {ErrorKind::io, "cannot be read", ""});
      return 0;
    }
    if (bytes < size) text.erase(0, text.find('\n') + 1);
    add("logs/" + names_.cleaned(file.filename().string()), names_.cleaned(text));
    return bytes;
  }

  void add_contents() {
    std::string text(about);
    for (const TarMember& member : bundle_.members)
      text += fmt::format("{:>10}  {}\n", member.text.size(), member.name);
    for (const std::string& each : bundle_.left_out) text += "left out    " + each + "\n";
    bundle_.members.insert(bundle_.members.begin(), {"wattledger-support/CONTENTS.txt", text});
  }

  const Place& place_;
  Pseudonyms names_;
  SupportBundle bundle_;
};

}  // namespace

SupportBundle make_support_bundle(const Place& place, const std::string& key,
                                  const std::string& config_file,
                                  const std::optional<Error>& config_error) {
  return Gathering(place, key).all(config_file, config_error);
}

}  // namespace wattledger::tool
