#include "projections/json/manifest.hpp"

#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "projections/json/day_files.hpp"
#include "projections/json/posix_file.hpp"
#include "projections/json/whole_files.hpp"

namespace wattledger::projections {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format = 2;

Failure unreadable(const std::filesystem::path& path, const std::string& why) {
  return fail(ErrorKind::corrupt, "the manifest " + path.string() + " cannot be read (" + why + ")",
              rebuild_remedy);
}

// Throws what nlohmann throws; the caller turns it into a Result.
Manifest from_json(const Json& json) {
  Manifest manifest;
  if (!json.at("sequence").is_null()) {
    Checkpoint checkpoint;
    const auto log = Id128::from_hex(json.at("log").get<std::string>());
    const auto root = Digest::from_hex(json.at("root").get<std::string>());
    if (!log || !root) throw std::runtime_error("log or root is not hexadecimal");
    checkpoint.log = *log;
    checkpoint.root = *root;
    checkpoint.sequence.value = json.at("sequence").get<std::uint64_t>();
    checkpoint.version = json.at("version").get<std::uint32_t>();
    manifest.checkpoint = checkpoint;
  }
  for (const auto& [name, length] : json.at("files").items()) {
    // A name from a file is followed only to where our own files can be.
    if (!is_appended(name)) throw std::runtime_error("'" + name + "' is not one of our files");
    manifest.files.emplace(name, length.get<std::uint64_t>());
  }
  manifest.newest_day = json.at("newest_day").get<std::string>();
  for (const Json& each : json.at("expired")) {
    if (!is_appended(each.get<std::string>()))
      throw std::runtime_error("an expired name is not one of our files");
    manifest.expired.push_back(each.get<std::string>());
  }
  if (json.contains("imported_day"))
    manifest.imported_day = json.at("imported_day").get<std::string>();
  if (json.contains("documents")) manifest.documents = json.at("documents").get<std::string>();
  if (json.contains("whole"))
    for (const Json& each : json.at("whole")) {
      if (!is_whole(each.get<std::string>()))
        throw std::runtime_error("'" + each.get<std::string>() + "' is not one of our files");
      manifest.whole.push_back(each.get<std::string>());
    }
  if (json.contains("adopting")) manifest.adopting = json.at("adopting").get<std::string>();
  return manifest;
}

Json to_json(const Manifest& manifest) {
  Json json;
  json["format"] = format;
  json["log"] = manifest.checkpoint ? Json(manifest.checkpoint->log.hex()) : Json();
  json["sequence"] = manifest.checkpoint ? Json(manifest.checkpoint->sequence.value) : Json();
  json["root"] = manifest.checkpoint ? Json(manifest.checkpoint->root.hex()) : Json();
  json["version"] = manifest.checkpoint ? Json(manifest.checkpoint->version) : Json();
  json["newest_day"] = manifest.newest_day;
  if (!manifest.imported_day.empty()) json["imported_day"] = manifest.imported_day;
  json["files"] = Json::object();
  for (const auto& [name, length] : manifest.files) json["files"][name] = length;
  json["expired"] = manifest.expired;
  json["documents"] = manifest.documents;
  if (!manifest.whole.empty()) json["whole"] = manifest.whole;
  if (manifest.adopting) json["adopting"] = *manifest.adopting;
  return json;
}

}  // namespace

Result<std::optional<Manifest>> read_manifest(const std::filesystem::path& out) {
  const std::filesystem::path path = out / manifest_name;
  const auto length = file_length(path);
  if (!length) return Failure(length.error());
  if (!*length) return std::optional<Manifest>();
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return unreadable(path, "the operating system gives no bytes");
  try {
    const Json json = Json::parse(text.str());
    const int found = json.at("format").get<int>();
    if (found > format)
      return fail(ErrorKind::newer,
                  "the manifest " + path.string() + " was written by a newer wattledger",
                  "use that version, or rebuild with 'wattledger replay --projection json'");
    return std::optional<Manifest>(from_json(json));
  } catch (const std::exception& error) {
    return unreadable(path, error.what());
  }
}

Result<void> write_manifest(const std::filesystem::path& out, const Manifest& manifest) {
  std::string text;
  try {
    text = to_json(manifest).dump(1) + "\n";
  } catch (const std::exception& error) {
    return fail(
        ErrorKind::invalid_input,
        "the manifest of " + out.string() + " cannot be written as JSON (" + error.what() + ")",
        "give a data directory whose name is UTF-8");
  }
  return replace_file(out / manifest_name, text);
}

}  // namespace wattledger::projections
