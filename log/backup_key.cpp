#include "log/backup_key.hpp"

#include <sodium.h>

#include <array>
#include <cstring>
#include <vector>

#include "log/private_file.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t key_bytes = crypto_secretstream_xchacha20poly1305_KEYBYTES;
constexpr std::size_t head_bytes = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t extra_bytes = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::uint8_t tag_final = crypto_secretstream_xchacha20poly1305_TAG_FINAL;
constexpr std::size_t chunk_bytes = 65'536;
constexpr std::size_t file_bytes_max = 4'096;
constexpr std::size_t id_bytes = 8;  // in hex twice as many letters
constexpr std::string_view first_word = "wattledger-backup-key-1 ";
constexpr std::size_t hex_digits = 2 * key_bytes;

unsigned char* raw(std::vector<std::byte>& bytes) {
  return static_cast<unsigned char*>(static_cast<void*>(bytes.data()));
}

const unsigned char* raw(const void* bytes) { return static_cast<const unsigned char*>(bytes); }

Result<void> ready() {
  if (sodium_init() >= 0) return {};
  return fail(ErrorKind::unsupported, "libsodium does not start on this system",
              "check the system's source of random numbers");
}

Failure no_key(const fs::path& file) {
  return fail(ErrorKind::invalid_input, file.string() + " holds no key for backups",
              "name the file that wattledger backup key new made");
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  std::string text(2 * count + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, count);
  text.pop_back();
  return text;
}

Failure does_not_open(const DiskFile& file) {
  return fail(ErrorKind::corrupt,
              file.path().string() + " does not decrypt: it was changed, cut short or renamed",
              "take it from another copy of this backup, or use another backup");
}

}  // namespace

struct BackupKey::Secret {
  std::array<std::uint8_t, key_bytes> bytes{};
  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { sodium_memzero(bytes.data(), bytes.size()); }
};

BackupKey::BackupKey(std::shared_ptr<const Secret> secret) : secret_(std::move(secret)) {
  std::array<std::uint8_t, crypto_generichash_BYTES_MIN> digest{};
  crypto_generichash(digest.data(), digest.size(), secret_->bytes.data(), key_bytes,
                     raw(first_word.data()), first_word.size());
  id_ = hex(digest.data(), id_bytes);
}

const std::uint8_t* BackupKey::bytes() const { return secret_->bytes.data(); }

Result<BackupKey> BackupKey::make(const fs::path& file) {
  WATTLEDGER_TRY(ready());
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error)))
    return fail(ErrorKind::conflict, file.string() + " is there already",
                "name a new file: backups that its key encrypted need it");
  const auto secret = std::make_shared<Secret>();
  crypto_secretstream_xchacha20poly1305_keygen(secret->bytes.data());
  log::Secret text(first_word.size() + hex_digits + 1);
  std::memcpy(text.data(), first_word.data(), first_word.size());
  sodium_bin2hex(text.data() + first_word.size(), hex_digits + 1, secret->bytes.data(), key_bytes);
  text.data()[text.size() - 1] = '\n';
  WATTLEDGER_TRY(write_private_file(file, {text.data(), text.size()}));
  return BackupKey(secret);
}

Result<BackupKey> BackupKey::open(const fs::path& file) {
  WATTLEDGER_TRY(ready());
  const auto text = read_private_file(file, file_bytes_max);
  if (!text && text.error().kind == ErrorKind::not_found)
    return fail(ErrorKind::not_found, "there is no key for backups in " + file.string(),
                "name it with --key-file, or make one: wattledger backup key new FILE");
  if (!text) return Failure(text.error());
  const auto secret = std::make_shared<Secret>();
  std::size_t length = 0;
  if (text->size() != first_word.size() + hex_digits + 1 ||
      std::memcmp(text->data(), first_word.data(), first_word.size()) != 0 ||
      sodium_hex2bin(secret->bytes.data(), key_bytes, text->data() + first_word.size(), hex_digits,
                     nullptr, &length, nullptr) != 0 ||
      length != key_bytes)
    return no_key(file);
  return BackupKey(secret);
}

Result<void> seal_file(const BackupKey& key, std::string_view label, const DiskFile& from,
                       DiskFile& to) {
  const auto size = from.size();
  if (!size) return Failure(size.error());
  crypto_secretstream_xchacha20poly1305_state state;
  std::vector<std::byte> head(head_bytes);
  crypto_secretstream_xchacha20poly1305_init_push(&state, raw(head), key.bytes());
  WATTLEDGER_TRY(to.append(head));
  std::uint64_t done = 0;
  do {
    const auto bytes = from.read(done, std::min<std::uint64_t>(chunk_bytes, *size - done));
    if (!bytes) return Failure(bytes.error());
    done += bytes->size();
    std::vector<std::byte> sealed(bytes->size() + extra_bytes);
    crypto_secretstream_xchacha20poly1305_push(&state, raw(sealed), nullptr, raw(bytes->data()),
                                               bytes->size(), raw(label.data()), label.size(),
                                               done == *size ? tag_final : std::uint8_t{0});
    WATTLEDGER_TRY(to.append(sealed));
  } while (done < *size);
  return {};
}

Result<DiskFile> unseal_file(const BackupKey& key, std::string_view label, const DiskFile& from) {
  const auto size = from.size();
  if (!size) return Failure(size.error());
  if (*size < head_bytes + extra_bytes) return does_not_open(from);
  const auto head = from.read(0, head_bytes);
  if (!head) return Failure(head.error());
  auto to = DiskFile::in_memory(from.path());
  if (!to) return to;
  crypto_secretstream_xchacha20poly1305_state state;
  if (crypto_secretstream_xchacha20poly1305_init_pull(&state, raw(head->data()), key.bytes()) != 0)
    return does_not_open(from);
  std::uint8_t tag = 0;
  for (std::uint64_t done = head_bytes; done < *size;) {
    const auto sealed =
        from.read(done, std::min<std::uint64_t>(chunk_bytes + extra_bytes, *size - done));
    if (!sealed) return Failure(sealed.error());
    done += sealed->size();
    std::vector<std::byte> bytes(sealed->size() < extra_bytes ? 0 : sealed->size() - extra_bytes);
    if (tag == tag_final || sealed->size() < extra_bytes ||
        crypto_secretstream_xchacha20poly1305_pull(&state, raw(bytes), nullptr, &tag,
                                                   raw(sealed->data()), sealed->size(),
                                                   raw(label.data()), label.size()) != 0)
      return does_not_open(from);
    WATTLEDGER_TRY(to->append(bytes));
  }
  if (tag != tag_final) return does_not_open(from);
  return to;
}

}  // namespace wattledger::log
