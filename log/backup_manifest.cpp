#include "log/backup_manifest.hpp"

#include <openssl/evp.h>

#include <nlohmann/json.hpp>

#include "log/base64.hpp"
#include "log/meta.hpp"

namespace wattledger::log {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* format_name = "wattledger-backup";
constexpr const char* cipher_name = "xchacha20-poly1305 (libsodium secretstream)";

std::string sha256_hex(std::string_view text) {
  Digest digest;
  EVP_Digest(text.data(), text.size(), digest.bytes.data(), nullptr, EVP_sha256(), nullptr);
  return digest.hex();
}

// All but the manifest's own SHA-256.
Json to_json(const BackupManifest& manifest) {
  Json result = {{"format", format_name},
                 {"version", backup_version},
                 {"program", manifest.program},
                 {"id", manifest.id},
                 {"taken_at", utc_text(manifest.taken_at)},
                 {"log", manifest.meta.uuid.hex()},
                 {"log_format", manifest.meta.format},
                 {"kind_highest", static_cast<std::uint16_t>(manifest.meta.kind_highest)},
                 {"base", manifest.base ? Json(*manifest.base) : Json(nullptr)},
                 {"first", manifest.first.value},
                 {"last", manifest.last().value},
                 {"root", manifest.root().hex()},
                 {"checkpoint", manifest.checkpoint},
                 {"cipher", manifest.key_id ? Json(cipher_name) : Json(nullptr)},
                 {"key", manifest.key_id ? Json(*manifest.key_id) : Json(nullptr)},
                 {"files", Json::array()},
                 {"meta", Json::object()}};
  for (const BackupFile& file : manifest.files)
    result["files"].push_back({{"name", file.name},
                               {"first", file.records.first.value},
                               {"last", file.records.last.value},
                               {"bytes", file.bytes},
                               {"sha256", file.digest.hex()}});
  for (const auto& [name, bytes] : encode_meta(manifest.meta)) result["meta"][name] = base64(bytes);
  return result;
}

// A member of a closed form: what is not there or of another type is an exception, caught below.
std::optional<std::string> text_or_null(const Json& json, const char* name) {
  const Json& member = json.at(name);
  if (member.is_null()) return std::nullopt;
  return member.get<std::string>();
}

Meta meta_from(const Json& json) {
  MetaValues values;
  for (const auto& [name, text] : json.items())
    values.emplace(name, bytes_from_base64(text.get<std::string>()).value());
  auto meta = decode_meta(values);
  if (!meta) throw std::invalid_argument(meta.error().line());
  return *std::move(meta);
}

BackupManifest from_json(const Json& json) {
  BackupManifest manifest;
  manifest.id = json.at("id").get<std::string>();
  manifest.taken_at = parse_time(json.at("taken_at").get<std::string>(), {}).value();
  manifest.program = json.at("program").get<std::string>();
  manifest.base = text_or_null(json, "base");
  manifest.first.value = json.at("first").get<std::uint64_t>();
  manifest.meta = meta_from(json.at("meta"));
  manifest.checkpoint = json.at("checkpoint").get<std::string>();
  manifest.key_id = text_or_null(json, "key");
  for (const Json& file : json.at("files"))
    manifest.files.push_back({file.at("name").get<std::string>(),
                              {Sequence{file.at("first").get<std::uint64_t>()},
                               Sequence{file.at("last").get<std::uint64_t>()}},
                              file.at("bytes").get<std::uint64_t>(),
                              Digest::from_hex(file.at("sha256").get<std::string>()).value()});
  return manifest;
}

// Names that lead nowhere else, and records without a gap.
bool makes_sense(const BackupManifest& manifest) {
  if (manifest.id.empty() || manifest.id.find('/') != std::string::npos) return false;
  if (manifest.base.has_value() != (manifest.first.value > 1)) return false;
  Sequence next = manifest.first;
  for (const BackupFile& file : manifest.files) {
    if (file.name.empty() || file.name.front() == '.' || file.name.find('/') != std::string::npos)
      return false;
    if (file.records.first != next || file.records.last < next) return false;
    next = file.records.last.next();
  }
  return next == manifest.last().next() && !manifest.files.empty();
}

Failure newer(const std::string& where, const Json& json) {
  const auto program = json.find("program");
  const bool named = program != json.end() && program->is_string();
  return fail(ErrorKind::newer,
              where + " was written by " +
                  (named ? "wattledger " + program->get<std::string>()
                         : std::string("a later wattledger")) +
                  ", whose backups this program does not know",
              "use that wattledger, or a later one");
}

}  // namespace

std::uint64_t BackupManifest::bytes() const {
  std::uint64_t sum = 0;
  for (const BackupFile& file : files) sum += file.bytes;
  return sum;
}

std::string render_backup_manifest(const BackupManifest& manifest) {
  Json json = to_json(manifest);
  json["sha256"] = sha256_hex(json.dump(1));
  return json.dump(1) + "\n";
}

Result<BackupManifest> parse_backup_manifest(std::string_view text, const std::string& where) {
  const auto damaged = [&] {
    return fail(ErrorKind::corrupt, where + " is damaged: it is not as it was written",
                "take it from another copy of this backup, or use another backup");
  };
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return damaged();
  if (!json.is_object() || json.value("format", Json()) != Json(format_name))
    return fail(ErrorKind::foreign, where + " is no manifest of a wattledger backup",
                "name the directory that backups were made in");
  try {
    if (json.at("version").get<std::uint64_t>() > backup_version ||
        json.at("log_format").get<std::uint64_t>() > format_version ||
        json.at("kind_highest").get<std::uint64_t>() > static_cast<std::uint64_t>(kind_max))
      return newer(where, json);
    BackupManifest manifest = from_json(json);
    if (!makes_sense(manifest) || render_backup_manifest(manifest) != text) return damaged();
    return manifest;
  } catch (const std::exception&) {  // a member that is missing, or of another type
    return damaged();
  }
}

}  // namespace wattledger::log
