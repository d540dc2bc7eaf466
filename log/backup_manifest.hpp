// What a backup says about itself: <id>/manifest.json, which FORMAT.md describes. A backup is a
// directory of segments; a full one begins with record 1, an incremental one behind its base. Pure
// values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.hpp"
#include "log/reader.hpp"

namespace wattledger::log {

inline constexpr std::uint32_t backup_version = 1;
inline constexpr const char* backup_manifest_file = "manifest.json";
inline constexpr std::size_t backup_manifest_bytes_max = std::size_t{16} << 20U;

struct BackupFile {
  std::string name;
  SequenceRange records;
  std::uint64_t bytes = 0;  // as it lies there, encrypted or not
  Digest digest;            // SHA-256 of them
  bool operator==(const BackupFile&) const = default;
};

struct BackupManifest {
  std::string id;                   // "20251029T020000Z-49411": when, and the last record
  UtcTime taken_at{};               // by the house's time
  std::string program;              // that took it: its version
  std::optional<std::string> base;  // an incremental one continues this one
  Sequence first{1};
  Meta meta;               // of the log when its head was the last record, all in one environment
  std::string checkpoint;  // the signed note of exactly these records
  std::optional<std::string> key_id;  // encrypted, with this key
  std::vector<BackupFile> files;      // by record, gapless from first to last

  [[nodiscard]] Sequence last() const { return meta.head; }
  [[nodiscard]] Digest root() const { return meta.frontier.root(); }
  [[nodiscard]] std::uint64_t bytes() const;  // of all files
};

[[nodiscard]] std::string render_backup_manifest(const BackupManifest& manifest);
// foreign: none of ours; newer: of a later version, or of events that this program does not know,
// naming the program that took it; corrupt: not what render_backup_manifest() writes. `where` names
// the file in errors.
[[nodiscard]] Result<BackupManifest> parse_backup_manifest(std::string_view text,
                                                           const std::string& where);

}  // namespace wattledger::log
