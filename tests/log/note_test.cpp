#include "log/note.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "log/base64.hpp"
#include "log/signing_key.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::log {
namespace {

using wattledger::testing::kind_of;
using wattledger::testing::TemporaryDirectory;
using wattledger::testing::value;

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

template <std::size_t n>
std::array<std::uint8_t, n> array_of(std::string_view hex) {
  const auto bytes = bytes_of(hex);
  REQUIRE(bytes.size() == n);
  std::array<std::uint8_t, n> array{};
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

// RFC 8032 §7.1.
struct KnownSignature {
  const char* name;
  std::string_view seed, key, message, signature;
};
constexpr std::array known_signatures = {
    KnownSignature{
        "TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
        "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    KnownSignature{
        "TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
        "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    KnownSignature{
        "TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
        "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

// The keys and note by which implementations of signed notes show that they agree.
constexpr const char* peter_vkey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
// Of "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz".
constexpr const char* peter_secret = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr const char* peter_text =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr const char* peter_signature =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

// A key of another algorithm, and one under the password "house": made to be refused.
constexpr const char* x25519_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VuBCIEIBBJrzvh8Ke9F5P3IMupcXcaTYS/oA+NgVZp0+ismPd8\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* locked_pem =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg1CWIjDL923AICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEP9vOv6X4Tky6NUAOJttMUgEQAKr\n"
    "wQi1irY8m1YcjeHSs+z+2SKY3noy+/i6z99VinJfYdZNtsYGsjb4gwHUlTvWSsyb\n"
    "g+U0lYDsL8dCeFbHfaU=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

std::string peter_note() { return std::string(peter_text) + "\n" + peter_signature; }

SigningKey peter_key() {
  const auto bytes = bytes_from_base64(peter_secret);
  REQUIRE(bytes.has_value());
  REQUIRE(bytes->size() == seed_bytes + 1);
  std::array<std::uint8_t, seed_bytes> seed{};
  for (std::size_t i = 0; i < seed.size(); ++i)
    seed[i] = std::to_integer<std::uint8_t>((*bytes)[i + 1]);
  return value(SigningKey::from_seed(seed));
}

VerifierKey peter() { return value(VerifierKey::parse(peter_vkey)); }

SigningKey key_of(std::uint8_t number) {
  std::array<std::uint8_t, seed_bytes> seed{};
  seed[0] = number;
  return value(SigningKey::from_seed(seed));
}

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

unsigned mode_of(const std::filesystem::path& path) {
  struct ::stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

TEST_SUITE("log/base64") {
  TEST_CASE("the known texts of RFC 4648 come and go") {
    const std::array<std::pair<std::string_view, std::string_view>, 7> known = {
        {{"", ""},
         {"f", "Zg=="},
         {"fo", "Zm8="},
         {"foo", "Zm9v"},
         {"foob", "Zm9vYg=="},
         {"fooba", "Zm9vYmE="},
         {"foobar", "Zm9vYmFy"}}};
    for (const auto& row : known) {
      const std::string_view plain = row.first;
      const std::string_view text = row.second;
      CAPTURE(plain);
      CHECK(base64(std::as_bytes(std::span(plain))) == text);
      const auto bytes = bytes_from_base64(text);
      REQUIRE(bytes.has_value());
      CHECK(std::equal(bytes->begin(), bytes->end(), std::as_bytes(std::span(plain)).begin(),
                       std::as_bytes(std::span(plain)).end()));
    }
  }

  TEST_CASE("one text for each bytes: every other is refused") {
    for (const std::string_view text :
         {"Zg", "Zg=", "Zh==", "Zg===", "Zm9=", "Zg==\n", " Zg==", "Zg== ", "Z g=", "====", "=",
          "Zm9v====", "Zg==Zg==", "Zm9-", "Zm9_", "Zm\n9v", "=g=="}) {
      CAPTURE(text);
      CHECK_FALSE(bytes_from_base64(text).has_value());
    }
  }

  TEST_CASE("any bytes come back, and any text that is taken is written again alike") {
    CHECK(rc::check("bytes come back", [](const std::vector<std::uint8_t>& numbers) {
      std::vector<std::byte> bytes;
      for (const std::uint8_t number : numbers) bytes.push_back(std::byte{number});
      RC_ASSERT(bytes_from_base64(base64(bytes)) == bytes);
    }));
    CHECK(rc::check("texts come back", [] {
      const auto text = *rc::gen::container<std::string>(
          rc::gen::element('A', 'B', 'Q', 'g', 'w', '/', '+', '=', '\n', ' '));
      const auto bytes = bytes_from_base64(text);
      RC_ASSERT((!bytes || base64(*bytes) == text));
    }));
  }
}

TEST_SUITE("log/signing_key") {
  TEST_CASE("Ed25519 gives the signatures of RFC 8032, and believes them and no others") {
    for (const KnownSignature& known : known_signatures) {
      CAPTURE(known.name);
      const auto key = value(SigningKey::from_seed(array_of<seed_bytes>(known.seed)));
      CHECK(key.public_key() == array_of<public_key_bytes>(known.key));
      const auto raw = bytes_of(known.message);
      const std::string message(raw.begin(), raw.end());
      const Signature signature = value(key.sign(message));
      CHECK(signature == array_of<signature_bytes>(known.signature));
      CHECK(signature_holds(key.public_key(), message, signature));
      CHECK_FALSE(signature_holds(key.public_key(), message + "x", signature));
      CHECK_FALSE(signature_holds(key.public_key(), message, std::span(signature).first(63)));
      for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        Signature flipped = signature;
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
        CHECK_FALSE(signature_holds(key.public_key(), message, flipped));
      }
    }
  }

  TEST_CASE("a key is made once, for its owner's eyes, and found again") {
    const TemporaryDirectory home;
    const auto file = signing_key_file(home.path());
    CHECK(kind_of(SigningKey::open(file)) == ErrorKind::not_found);
    const auto made = value(SigningKey::open_or_create(file));
    CHECK(mode_of(file) == 0600);
    CHECK(mode_of(file.parent_path()) == 0700);
    CHECK(content(file).starts_with("-----BEGIN PRIVATE KEY-----\n"));
    CHECK(value(SigningKey::open(file)).public_key() == made.public_key());
    CHECK(value(SigningKey::open_or_create(file)).public_key() == made.public_key());
    std::size_t files = 0;
    for (const auto& each : std::filesystem::directory_iterator(file.parent_path())) {
      CHECK(each.path() == file);
      ++files;
    }
    CHECK(files == 1);
    const auto other = value(SigningKey::open_or_create(signing_key_file(home.path() / "keys")));
    CHECK(other.public_key() != made.public_key());
  }

  TEST_CASE("what a process left that died while it made a key is no key") {
    const TemporaryDirectory home;
    const auto file = signing_key_file(home.path());
    std::filesystem::create_directory(file.parent_path());
    std::ofstream(file.string() + ".new") << "-----BEGIN PRI";
    const auto made = value(SigningKey::open_or_create(file));
    CHECK(mode_of(file) == 0600);
    CHECK_FALSE(std::filesystem::exists(file.string() + ".new"));
  }

  TEST_CASE("a key that others may read is refused in one line, and is not replaced") {
    const TemporaryDirectory home;
    const auto file = signing_key_file(home.path());
    value(SigningKey::open_or_create(file));
    const std::string before = content(file);
    for (const mode_t mode : {0640U, 0604U, 0660U, 0644U, 0610U}) {
      REQUIRE(::chmod(file.c_str(), mode) == 0);
      const auto refused = SigningKey::open_or_create(file);
      CHECK(kind_of(refused) == ErrorKind::invalid_input);
      CHECK(refused.error().line().find("may be read by others") != std::string::npos);
      CHECK(refused.error().line().find('\n') == std::string::npos);
    }
    CHECK(content(file) == before);
    REQUIRE(::chmod(file.c_str(), 0400) == 0);
    CHECK(SigningKey::open(file).has_value());
  }

  TEST_CASE("a file that holds no Ed25519 key is refused, and is not replaced") {
    const TemporaryDirectory home;
    const auto file = home.path() / "log.pem";
    const std::string good = [&] {
      value(SigningKey::open_or_create(home.path() / "good.pem"));
      return content(home.path() / "good.pem");
    }();
    for (const std::string& text :
         {std::string(), std::string("hello\n"), good.substr(0, good.size() / 2),
          std::string(x25519_pem), std::string(locked_pem)}) {
      CAPTURE(text);
      std::ofstream(file, std::ios::trunc) << text;
      REQUIRE(::chmod(file.c_str(), 0600) == 0);
      CHECK(kind_of(SigningKey::open_or_create(file)) == ErrorKind::invalid_input);
      CHECK(content(file) == text);
    }
  }
}

TEST_SUITE("log/note") {
  TEST_CASE("a verifier key is read and written as others do") {
    const VerifierKey key = peter();
    CHECK(key.name() == "PeterNeumann");
    CHECK(key.text() == peter_vkey);
    CHECK(key.key() == peter_key().public_key());
    CHECK(VerifierKey("PeterNeumann", key.key()) == key);
  }

  TEST_CASE("a verifier key of which anything is missing or changed is refused") {
    const std::string whole = peter_vkey;
    for (std::size_t from = 0; from <= whole.size(); ++from)
      for (std::size_t to = from; to <= whole.size(); ++to)
        if (to - from != whole.size())
          REQUIRE_FALSE(VerifierKey::parse(whole.substr(from, to - from)).has_value());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string changed = whole;
      ++changed[i];
      REQUIRE_FALSE(VerifierKey::parse(changed).has_value());
    }
    // A key too long, and another algorithm, each with the id that would fit.
    for (const char* text :
         {"PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
          "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"})
      CHECK(kind_of(VerifierKey::parse(text)) == ErrorKind::invalid_input);
  }

  TEST_CASE("the known note is signed and opened byte for byte") {
    CHECK(value(sign_note(peter_text, "PeterNeumann", peter_key())) == peter_note());
    CHECK(value(open_note(peter_note(), peter())) == peter_text);
  }

  TEST_CASE("a text may have empty lines, but no control characters, and it ends with a line") {
    const SigningKey key = key_of(1);
    const VerifierKey verifier("house", key.public_key());
    for (const std::string text :
         {"a\n", "a\n\nb\n", "a\n\n", "\n", "\n\n", "ż — ółć \xF0\x9F\x94\x8B\n"}) {
      CAPTURE(text);
      CHECK(value(open_note(value(sign_note(text, "house", key)), verifier)) == text);
    }
    for (const std::string& text :
         {std::string(), std::string("a"), std::string("a\r\n"), std::string("a\tb\n"),
          std::string("a\0b\n", 4), std::string("\xC0\x80\n"), std::string("\xED\xA0\x80\n"),
          std::string("\xF4\x90\x80\x80\n"), std::string("\xE2\x80\n"),
          std::string(note_bytes_max, 'a') + "\n"}) {
      CHECK(kind_of(sign_note(text, "house", key)) == ErrorKind::invalid_input);
    }
    for (const char* name : {"", "a b", "a+b",
                             "a\xC2\xA0"
                             "b",
                             "a\xE3\x80\x80"
                             "b",
                             "a\nb"})
      CHECK(kind_of(sign_note("a\n", name, key)) == ErrorKind::invalid_input);
  }

  TEST_CASE("signatures of others are passed over; one by the key must hold") {
    const SigningKey key = key_of(1);
    const VerifierKey verifier("house", key.public_key());
    const std::string text = "a\n";
    const std::string ours = value(sign_note(text, "house", key)).substr(text.size() + 1);
    const std::string same_name =
        value(sign_note(text, "house", key_of(2))).substr(text.size() + 1);
    const std::string same_key = value(sign_note(text, "another", key)).substr(text.size() + 1);
    const std::string of_else = value(sign_note("b\n", "house", key)).substr(text.size() + 1);
    const auto opened = [&](const std::string& signatures) {
      return open_note(text + "\n" + signatures, verifier);
    };
    CHECK(value(opened(ours)) == text);
    CHECK(value(opened(same_name + same_key + ours + peter_signature)) == text);
    CHECK(kind_of(opened(same_name + same_key + peter_signature)) == ErrorKind::corrupt);
    CHECK(kind_of(opened(of_else)) == ErrorKind::corrupt);
    CHECK(kind_of(opened(ours + of_else)) == ErrorKind::corrupt);
    CHECK(kind_of(opened("")) == ErrorKind::corrupt);
    std::string many;
    for (std::size_t i = 0; i < note_signatures_max; ++i) many += ours;
    CHECK(value(opened(many)) == text);
    CHECK(kind_of(opened(many + ours)) == ErrorKind::corrupt);
  }

  TEST_CASE("a note of which any byte is missing, changed or added is refused") {
    const VerifierKey key = peter();
    const std::string whole = peter_note();
    for (std::size_t i = 0; i < whole.size(); ++i) {
      CAPTURE(i);
      std::string changed = whole;
      for (unsigned bit = i % 2; bit < 8; bit += 2) {
        changed[i] = static_cast<char>(static_cast<unsigned char>(whole[i]) ^ (1U << bit));
        REQUIRE_FALSE(open_note(changed, key).has_value());
      }
      REQUIRE_FALSE(open_note(whole.substr(0, i), key).has_value());
      REQUIRE_FALSE(open_note(whole.substr(0, i) + "a" + whole.substr(i), key).has_value());
    }
    REQUIRE_FALSE(open_note(whole + "a", key).has_value());
    REQUIRE_FALSE(open_note(whole + "\n", key).has_value());
    REQUIRE(open_note(whole, key).has_value());
  }

  TEST_CASE("any bytes are taken or refused") {
    CHECK(rc::check("notes", [] {
      const auto text = *rc::gen::container<std::string>(
          rc::gen::oneOf(rc::gen::element('\n', '+', ' ', '=', 'A', '\xE2', '\x80', '\x94'),
                         rc::gen::arbitrary<char>()));
      (void)parse_note(text);
      (void)VerifierKey::parse(text);
      const auto opened = open_note(text, peter());
      RC_ASSERT(!opened.has_value());
    }));
  }
}

}  // namespace
}  // namespace wattledger::log
