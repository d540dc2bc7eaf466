#include "log/signing_key.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <utility>

#include "log/private_file.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t pem_bytes_max = 16'384;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* handle) const {
    release(handle);
  }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using ContextHandle = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using BioHandle = std::unique_ptr<BIO, Release<BIO_free_all>>;

Failure no_key(const fs::path& file) {
  return fail(
      ErrorKind::invalid_input, file.string() + " holds no Ed25519 key in PEM",
      "put the log's key back; without it move the file away, and the next checkpoint makes "
      "a new one");
}

Failure openssl_failed(const std::string& what) {
  return fail(ErrorKind::unsupported, what + " failed in OpenSSL",
              "check that this system's OpenSSL has Ed25519");
}

// A file whose key is encrypted: nobody is asked for its password on a terminal.
int no_password(char*, int, int, void*) noexcept { return -1; }

Result<KeyHandle> parse_pem(const fs::path& file, const Secret& pem) {
  if (pem.size() == 0) return no_key(file);
  const BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return openssl_failed("reading " + file.string());
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return no_key(file);
  return Result<KeyHandle>(std::move(key));
}

Result<void> create_key(const fs::path& file) {
  const KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const BioHandle bio(BIO_new(BIO_s_mem()));  // wiped when freed
  if (!key || !bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1)
    return openssl_failed("making a key");
  char* pem = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &pem);
  if (length <= 0) return openssl_failed("making a key");
  return write_private_file(file, {pem, static_cast<std::size_t>(length)});
}

}  // namespace

struct SigningKey::Handle {
  KeyHandle key;
};

fs::path signing_key_file(const fs::path& data) { return data / "keys" / "log.pem"; }

SigningKey::SigningKey(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {
  std::size_t length = public_key_.size();
  EVP_PKEY_get_raw_public_key(handle_->key.get(), public_key_.data(), &length);
}

SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::open(const fs::path& file) {
  const auto pem = read_private_file(file, pem_bytes_max);
  if (!pem && pem.error().kind == ErrorKind::not_found)
    return fail(ErrorKind::not_found, "there is no signing key " + file.string(),
                "the daemon makes it when it starts, and so does wattledger log checkpoint");
  if (!pem) return Failure(pem.error());
  auto key = parse_pem(file, *pem);
  if (!key) return Failure(key.error());
  return SigningKey(std::make_unique<Handle>(Handle{*std::move(key)}));
}

Result<SigningKey> SigningKey::open_or_create(const fs::path& file) {
  auto key = open(file);
  if (key || key.error().kind != ErrorKind::not_found) return key;
  WATTLEDGER_TRY(create_key(file));
  return open(file);
}

Result<SigningKey> SigningKey::from_seed(std::span<const std::uint8_t, seed_bytes> seed) {
  KeyHandle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (!key) return openssl_failed("taking a key");
  return SigningKey(std::make_unique<Handle>(Handle{std::move(key)}));
}

Result<Signature> SigningKey::sign(std::string_view message) const {
  const ContextHandle context(EVP_MD_CTX_new());
  Signature signature{};
  std::size_t length = signature.size();
  const auto* bytes = static_cast<const unsigned char*>(static_cast<const void*>(message.data()));
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &length, bytes, message.size()) != 1 ||
      length != signature.size())
    return openssl_failed("signing");
  return signature;
}

bool signature_holds(const PublicKey& key, std::string_view message,
                     std::span<const std::uint8_t> signature) {
  if (signature.size() != signature_bytes) return false;
  const KeyHandle handle(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const ContextHandle context(EVP_MD_CTX_new());
  const auto* bytes = static_cast<const unsigned char*>(static_cast<const void*>(message.data()));
  return handle && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes,
                          message.size()) == 1;
}

}  // namespace wattledger::log
