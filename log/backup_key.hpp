// Encrypted backups: the owner's key, and files sealed with it (libsodium's secretstream:
// XChaCha20-Poly1305 in chunks, each bound to the one before, the last one marked). libsodium stays
// in the .cpp file. Any thread; errors name the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "events/result.hpp"
#include "log/disk_file.hpp"

namespace wattledger::log {

// 32 random bytes in a text file of its owner's alone; memory is wiped when it goes.
class BackupKey {
 public:
  // Makes the file, mode 0600, durably; conflict if one has the name.
  static Result<BackupKey> make(const std::filesystem::path& file);
  // not_found; invalid_input if others than its owner may read or write it, or if it holds no key.
  static Result<BackupKey> open(const std::filesystem::path& file);

  // Which key it is, without telling it: 16 hex digits, kept in each manifest.
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::uint8_t* bytes() const;  // 32 of them

 private:
  struct Secret;
  explicit BackupKey(std::shared_ptr<const Secret> secret);
  std::shared_ptr<const Secret> secret_;
  std::string id_;
};

// `to` gets `from`'s bytes sealed; not yet synced. `label` is bound to them: a file that was
// renamed or is of another backup does not open.
Result<void> seal_file(const BackupKey& key, std::string_view label, const DiskFile& from,
                       DiskFile& to);
// The bytes again, in memory alone. corrupt: changed, cut short, of another label or another key.
[[nodiscard]] Result<DiskFile> unseal_file(const BackupKey& key, std::string_view label,
                                           const DiskFile& from);

}  // namespace wattledger::log
