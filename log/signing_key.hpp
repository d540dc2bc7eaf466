// The log's Ed25519 key (RFC 8032): the private half, in a file of its owner's alone, and the
// public half as the text that a verifier keeps. OpenSSL's EVP stays in the .cpp file.
//
// Threads: both may be shared; signing changes nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "events/result.hpp"

namespace wattledger::log {

inline constexpr std::size_t public_key_bytes = 32;
inline constexpr std::size_t signature_bytes = 64;
inline constexpr std::size_t seed_bytes = 32;

using PublicKey = std::array<std::uint8_t, public_key_bytes>;
using Signature = std::array<std::uint8_t, signature_bytes>;

// Where the key of the log below a data directory stands.
[[nodiscard]] std::filesystem::path signing_key_file(const std::filesystem::path& data);

// Its memory is wiped when it goes.
class SigningKey {
 public:
  // From a PEM file (PKCS #8). not_found; invalid_input if others than its owner may read or write
  // the file (the mode must be 0600 or less), or if it holds no Ed25519 key; io.
  static Result<SigningKey> open(const std::filesystem::path& file);
  // The same, and makes a new key where there is none: mode 0600, in a directory made with 0700,
  // under its name only when it is whole and on disk. The caller holds the writer lock: two that
  // make a key at once would each believe in its own.
  static Result<SigningKey> open_or_create(const std::filesystem::path& file);
  // RFC 8032's private key, for known answers; kept nowhere.
  static Result<SigningKey> from_seed(std::span<const std::uint8_t, seed_bytes> seed);

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] Result<Signature> sign(std::string_view message) const;

 private:
  struct Handle;
  explicit SigningKey(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
  PublicKey public_key_{};
};

[[nodiscard]] bool signature_holds(const PublicKey& key, std::string_view message,
                                   std::span<const std::uint8_t> signature);

}  // namespace wattledger::log
