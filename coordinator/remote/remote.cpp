#include "coordinator/remote/remote.hpp"

#include <nlohmann/json.hpp>

namespace wattledger::remote {
namespace {

// rclone's words for some files of a directory; our names hold nothing that its patterns mean.
void add_files(std::vector<std::string>& words, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    words.emplace_back("--include");
    words.push_back("/" + file);
  }
}

Failure differs(const std::string& place, const Error& error) {
  return fail(ErrorKind::corrupt,
              "what stands in " + place + " is not what was sent: " + error.what,
              "look at the remote; it is sent again with the next run");
}

}  // namespace

Result<Remote> Remote::named(const std::string& place) {
  if (place.find(':') != std::string::npos && place.front() != ':' && place.front() != '-')
    return Remote(place);
  return fail(ErrorKind::invalid_input, "\"" + place + "\" is no remote of rclone",
              "write its name, a colon and a path there, as nas:house; rclone listremotes has the "
              "names");
}

std::string Remote::at(const std::string& name) const {
  if (name.empty()) return place_;
  const bool joined = place_.back() == ':' || place_.back() == '/';
  return place_ + (joined ? "" : "/") + name;
}

Result<void> Remote::check(const std::filesystem::path& from, const std::vector<std::string>& files,
                           const std::string& to, Compare compare) const {
  std::vector<std::string> words = {"check", from.string(), at(to), "--one-way"};
  add_files(words, files);
  if (compare == Compare::hash) {
    const auto compared = run_rclone(words, limits_);
    if (!compared)
      return compared.error().kind == ErrorKind::io ? differs(at(to), compared.error())
                                                    : Failure(compared.error());
    // As with a remote that encrypts: sizes alone were looked at.
    if (compared->errors.find("could not be checked") == std::string::npos) return {};
  }
  words.emplace_back("--download");
  const auto compared = run_rclone(words, limits_);
  if (compared) return {};
  return compared.error().kind == ErrorKind::io ? differs(at(to), compared.error())
                                                : Failure(compared.error());
}

// Not by time and size: a file that was damaged there has both.
Result<void> Remote::send(const std::filesystem::path& from, const std::vector<std::string>& files,
                          const std::string& to, Compare compare) const {
  std::vector<std::string> words = {"copy", from.string(), at(to), "--ignore-times"};
  add_files(words, files);
  if (const auto sent = run_rclone(words, limits_); !sent) return Failure(sent.error());
  return check(from, files, to, compare);
}

Result<void> Remote::fetch(const std::string& from, const std::vector<std::string>& files,
                           const std::filesystem::path& into) const {
  std::vector<std::string> words = {"copy", at(from), into.string()};
  add_files(words, files);
  if (const auto fetched = run_rclone(words, limits_); !fetched) return Failure(fetched.error());
  std::error_code error;
  for (const std::string& file : files)
    if (!std::filesystem::exists(into / file, error))
      return fail(ErrorKind::not_found, at(from) + " has no " + file,
                  "see what is there: rclone lsl " + at(from));
  return {};
}

Result<void> Remote::fetch_matching(const std::string& pattern,
                                    const std::filesystem::path& into) const {
  const auto fetched = run_rclone({"copy", place_, into.string(), "--include", pattern}, limits_);
  if (!fetched && fetched.error().kind != ErrorKind::not_found) return Failure(fetched.error());
  return {};
}

Result<std::vector<RemoteFile>> Remote::list() const {
  const auto run = run_rclone(
      {"lsjson", place_, "--recursive", "--files-only", "--no-modtime", "--no-mimetype"}, limits_);
  if (!run && run.error().kind == ErrorKind::not_found) return std::vector<RemoteFile>{};
  if (!run) return Failure(run.error());
  const auto json = nlohmann::json::parse(run->out, nullptr, /*allow_exceptions=*/false);
  std::vector<RemoteFile> files;
  bool sound = json.is_array();
  for (std::size_t i = 0; sound && i < json.size(); ++i) {
    const auto& each = json[i];
    sound = each.is_object() && each.contains("Path") && each["Path"].is_string() &&
            each.contains("Size") && each["Size"].is_number_integer();
    if (sound)
      files.push_back({each["Path"].get<std::string>(), each["Size"].get<std::uint64_t>()});
  }
  if (sound) return files;
  return fail(ErrorKind::io, "rclone lsjson " + place_ + " said something else than a list",
              "see what rclone lsjson " + place_ + " writes");
}

Result<void> Remote::remove_file(const std::string& name) const {
  const auto removed = run_rclone({"deletefile", at(name)}, limits_);
  return removed ? Result<void>() : Failure(removed.error());
}

Result<void> Remote::remove_directory(const std::string& name) const {
  const auto removed = run_rclone({"purge", at(name)}, limits_);
  return removed ? Result<void>() : Failure(removed.error());
}

}  // namespace wattledger::remote
