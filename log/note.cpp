#include "log/note.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <optional>
#include <span>

#include "log/base64.hpp"

namespace wattledger::log {
namespace {

constexpr std::string_view signature_mark = "\xE2\x80\x94 ";  // an em dash and a space
constexpr std::uint8_t algorithm_ed25519 = 0x01;
constexpr std::string_view hex_digits = "0123456789abcdef";

std::string id_hex(const KeyId& id) {
  std::string text;
  for (const std::uint8_t byte : id) {
    text += hex_digits[byte >> 4U];
    text += hex_digits[byte & 0x0FU];
  }
  return text;
}

KeyId id_of(std::string_view name, const PublicKey& key) {
  std::string input(name);
  input += '\n';
  input += static_cast<char>(algorithm_ed25519);
  for (const std::uint8_t byte : key) input += static_cast<char>(byte);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(static_cast<const unsigned char*>(static_cast<const void*>(input.data())), input.size(),
         digest.data());
  KeyId id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

// One character of UTF-8 (RFC 3629: shortest form, no surrogates); nothing if there is none.
std::optional<std::uint32_t> take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = sequence_length(byte(0));
  if (length == 0 || text.size() < length) return std::nullopt;
  std::uint32_t character = length == 1 ? byte(0) : byte(0) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return std::nullopt;
    character = (character << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  const bool longer_than_needed =
      (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  if (surrogate || longer_than_needed || character > 0x10FFFF) return std::nullopt;
  text.remove_prefix(length);
  return character;
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const auto character = take_character(text);
    if (!character || (*character < 0x20 && *character != '\n')) return false;
  }
  return true;
}

// Unicode's White_Space beyond the control characters.
bool is_space(std::uint32_t c) {
  return c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_name(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto character = take_character(name);
    if (!character || *character < 0x20 || *character == '+' || is_space(*character)) return false;
  }
  return true;
}

Failure no_note(const std::string& why) {
  return fail(ErrorKind::corrupt, "not a signed note: " + why);
}

Failure no_key(const std::string& why) {
  return fail(ErrorKind::invalid_input, "not a verifier key: " + why,
              "write it as wattledger log key prints it: name+id+key");
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(signature_mark)) return no_note("a signature's line begins otherwise");
  line.remove_prefix(signature_mark.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_name(line.substr(0, space)))
    return no_note("a signature's line has no name");
  const auto bytes = bytes_from_base64(line.substr(space + 1));
  NoteSignature signature{std::string(line.substr(0, space)), {}, {}};
  if (!bytes || bytes->size() <= signature.id.size())
    return no_note("the signature of " + signature.name + " is not in base64");
  for (std::size_t i = 0; i < bytes->size(); ++i) {
    const auto byte = std::to_integer<std::uint8_t>((*bytes)[i]);
    if (i < signature.id.size())
      signature.id[i] = byte;
    else
      signature.bytes.push_back(byte);
  }
  return signature;
}

}  // namespace

VerifierKey::VerifierKey(std::string name, const PublicKey& key)
    : name_(std::move(name)), key_(key), id_(id_of(name_, key_)) {}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  const std::size_t first = text.find('+');
  // Base64 may hold a '+', an id cannot.
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return no_key("it has not three parts with + between them");
  const std::string_view name = text.substr(0, first);
  if (!is_name(name)) return no_key("its name is empty or has spaces");
  const auto bytes = bytes_from_base64(text.substr(second + 1));
  if (!bytes) return no_key("its last part is not base64");
  if (bytes->empty() || std::to_integer<std::uint8_t>((*bytes)[0]) != algorithm_ed25519)
    return no_key("it is not of Ed25519");
  PublicKey key{};
  if (bytes->size() != key.size() + 1)
    return no_key("an Ed25519 key has " + std::to_string(key.size()) + " bytes");
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = std::to_integer<std::uint8_t>((*bytes)[i + 1]);
  VerifierKey verifier(std::string(name), key);
  if (text.substr(first + 1, second - first - 1) != id_hex(verifier.id_))
    return no_key("its id does not fit name and key");
  return verifier;
}

std::string VerifierKey::text() const {
  std::vector<std::byte> bytes = {std::byte{algorithm_ed25519}};
  for (const std::uint8_t byte : key_) bytes.push_back(std::byte{byte});
  return name_ + "+" + id_hex(id_) + "+" + base64(bytes);
}

Result<Note> parse_note(std::string_view note) {
  if (note.size() > note_bytes_max)
    return no_note("it is longer than " + std::to_string(note_bytes_max) + " bytes");
  if (!is_text(note)) return no_note("it is not UTF-8, or has control characters");
  // The text may have empty lines: the last one is where it ends.
  const std::size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos) return no_note("no empty line stands before its signatures");
  Note parsed{std::string(note.substr(0, split + 1)), {}};
  std::string_view rest = note.substr(split + 2);
  if (rest.empty() || rest.back() != '\n')
    return no_note("it does not end with a signature's line");
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    auto signature = parse_signature(rest.substr(0, end));
    if (!signature) return Failure(signature.error());
    parsed.signatures.push_back(*std::move(signature));
    if (parsed.signatures.size() > note_signatures_max)
      return no_note("it has too many signatures");
    rest.remove_prefix(end + 1);
  }
  return parsed;
}

Result<std::string> sign_note(std::string_view text, const std::string& name,
                              const SigningKey& key) {
  if (!is_name(name))
    return fail(ErrorKind::invalid_input, "\"" + name + "\" cannot be the name of a note's key");
  if (text.empty() || text.back() != '\n' || !is_text(text))
    return fail(ErrorKind::invalid_input,
                "a note's text is UTF-8 without control characters and ends with a newline");
  const auto signature = key.sign(text);
  if (!signature) return Failure(signature.error());
  std::vector<std::byte> bytes;
  const KeyId id = id_of(name, key.public_key());
  for (const std::uint8_t byte : id) bytes.push_back(std::byte{byte});
  for (const std::uint8_t byte : *signature) bytes.push_back(std::byte{byte});
  std::string note(text);
  note += "\n" + std::string(signature_mark) + name + " " + base64(bytes) + "\n";
  if (note.size() > note_bytes_max)
    return fail(ErrorKind::invalid_input, "the text is too long for a note");
  return note;
}

Result<std::string> open_note(std::string_view note, const VerifierKey& key) {
  auto parsed = parse_note(note);
  if (!parsed) return Failure(parsed.error());
  bool signed_by_key = false;
  for (const NoteSignature& signature : parsed->signatures) {
    if (signature.name != key.name() || signature.id != key.id()) continue;
    if (!signature_holds(key.key(), parsed->text, signature.bytes))
      return fail(ErrorKind::corrupt, "the signature of " + key.name() + " does not hold",
                  "the text was changed, or another key signed it");
    signed_by_key = true;
  }
  if (!signed_by_key)
    return fail(ErrorKind::corrupt,
                "the note is not signed by " + key.name() + " with the key " + id_hex(key.id()),
                "check that the key is that of this log");
  return std::move(parsed->text);
}

}  // namespace wattledger::log
