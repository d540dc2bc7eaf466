#include "log/base64.hpp"

#include <openssl/evp.h>

#include <limits>

namespace wattledger::log {
namespace {

constexpr std::size_t bytes_max = std::size_t{64} << 20U;  // OpenSSL counts in int
static_assert(bytes_max * 2 < static_cast<std::size_t>(std::numeric_limits<int>::max()));

const unsigned char* raw(const void* bytes) { return static_cast<const unsigned char*>(bytes); }

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  if (bytes.size() > bytes_max) return {};
  // OpenSSL ends its text with a zero byte.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(static_cast<unsigned char*>(static_cast<void*>(text.data())),
                                     raw(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::vector<std::byte>> bytes_from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > bytes_max) return std::nullopt;
  std::vector<std::byte> bytes(text.size() / 4 * 3);
  if (text.empty()) return bytes;
  const int length = EVP_DecodeBlock(static_cast<unsigned char*>(static_cast<void*>(bytes.data())),
                                     raw(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  // It counts padding as bytes and lets spaces and stray bits pass: what encodes to the same text
  // is what was meant.
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  if (static_cast<std::size_t>(length) < padding) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace wattledger::log
