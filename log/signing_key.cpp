#include "log/signing_key.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr mode_t key_mode = 0600;
constexpr mode_t directory_mode = 0700;
constexpr mode_t others = 077;
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

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// Text that must not stay in memory.
class Secret {
 public:
  explicit Secret(std::size_t size) : text_(size, '\0') {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { OPENSSL_cleanse(text_.data(), text_.size()); }
  [[nodiscard]] char* data() { return text_.data(); }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
};

Failure system_failure(const std::string& what) {
  const int code = errno;
  const bool no_space = code == ENOSPC || code == EDQUOT;
  return fail(no_space ? ErrorKind::full : ErrorKind::io, what + ": " + std::strerror(code),
              no_space ? "free space on the disk" : "check the directory and its permissions");
}

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

Result<void> check_mode(const fs::path& file, int fd) {
  struct ::stat status {};
  if (::fstat(fd, &status) != 0) return system_failure(file.string() + " cannot be looked at");
  if (!S_ISREG(status.st_mode))
    return fail(ErrorKind::invalid_input, file.string() + " is no file", "put the log's key there");
  if ((status.st_mode & others) == 0) return {};
  const char digit = '0';
  const auto octal = [&](unsigned shift) {
    return static_cast<char>(digit + static_cast<char>((status.st_mode >> shift) & 7U));
  };
  return fail(
      ErrorKind::invalid_input,
      file.string() + " may be read by others: its mode is 0" + octal(6) + octal(3) + octal(0),
      "chmod 600 it; if somebody may have read it, move it away for a new one");
}

// A file whose key is encrypted: nobody is asked for its password on a terminal.
int no_password(char*, int, int, void*) noexcept { return -1; }

Result<KeyHandle> parse_pem(const fs::path& file, Secret& pem, std::size_t length) {
  const BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(length)));
  if (!bio) return openssl_failed("reading " + file.string());
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return no_key(file);
  return Result<KeyHandle>(std::move(key));
}

// Under a name of its own, whole and on disk, before it gets the name that others look for.
Result<void> write_new(const fs::path& file, std::string_view pem) {
  const std::string temporary = file.string() + ".new";
  ::unlink(temporary.c_str());  // of a process that died here
  {
    const File out(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, key_mode));
    if (out.get() < 0) return system_failure(temporary + " cannot be made");
    const auto written = ::write(out.get(), pem.data(), pem.size());
    const bool whole = written == static_cast<ssize_t>(pem.size());
    if (!whole && written >= 0) errno = ENOSPC;
    if (!whole || ::fsync(out.get()) != 0) {
      auto failure = system_failure(temporary + " cannot be written");
      ::unlink(temporary.c_str());
      return failure;
    }
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0)
    return system_failure(file.string() + " cannot be made");
  const File directory(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return system_failure(file.parent_path().string() + " cannot be synced");
  return {};
}

Result<void> create_key(const fs::path& file) {
  const fs::path directory = file.parent_path();
  if (::mkdir(directory.c_str(), directory_mode) != 0 && errno != EEXIST)
    return system_failure(directory.string() + " cannot be made");
  const KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const BioHandle bio(BIO_new(BIO_s_mem()));  // wiped when freed
  if (!key || !bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1)
    return openssl_failed("making a key");
  char* pem = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &pem);
  if (length <= 0) return openssl_failed("making a key");
  return write_new(file, {pem, static_cast<std::size_t>(length)});
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
  const File in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0 && errno == ENOENT)
    return fail(ErrorKind::not_found, "there is no signing key " + file.string(),
                "the daemon makes it when it starts, and so does wattledger log checkpoint");
  if (in.get() < 0) return system_failure(file.string() + " cannot be read");
  WATTLEDGER_TRY(check_mode(file, in.get()));
  Secret pem(pem_bytes_max);
  const ssize_t length = ::read(in.get(), pem.data(), pem.size());
  if (length < 0) return system_failure(file.string() + " cannot be read");
  auto key = parse_pem(file, pem, static_cast<std::size_t>(length));
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
