// Signed notes, the text format of transparency logs (c2sp.org/signed-note): a text, an empty line,
// and a line for each signature: "— name base64(key id ‖ signature)". The key id is the first four
// bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key); 0x01 says Ed25519. Pure, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "log/signing_key.hpp"

namespace wattledger::log {

inline constexpr std::size_t note_bytes_max = 65'536;
inline constexpr std::size_t note_signatures_max = 100;  // the format asks for at least 16

using KeyId = std::array<std::uint8_t, 4>;

// Whose notes are believed: a name and a public key. Its text, the "vkey", is
// "name+8 hex digits of the id+base64(0x01 ‖ key)".
class VerifierKey {
 public:
  // A name is not empty and has neither spaces, control characters nor '+'; ours are.
  VerifierKey(std::string name, const PublicKey& key);
  // invalid_input, saying what is wrong.
  static Result<VerifierKey> parse(std::string_view text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const KeyId& id() const { return id_; }
  [[nodiscard]] const PublicKey& key() const { return key_; }
  [[nodiscard]] std::string text() const;
  bool operator==(const VerifierKey&) const = default;

 private:
  std::string name_;
  PublicKey key_;
  KeyId id_;
};

struct NoteSignature {
  std::string name;
  KeyId id{};
  std::vector<std::uint8_t> bytes;
};

struct Note {
  std::string text;  // what is signed: ends with a newline
  std::vector<NoteSignature> signatures;
};

// corrupt if it has not the form of a note; says nothing of its signatures.
[[nodiscard]] Result<Note> parse_note(std::string_view note);
// The text as a note signed by `name`. invalid_input if a note cannot hold it.
[[nodiscard]] Result<std::string> sign_note(std::string_view text, const std::string& name,
                                            const SigningKey& key);
// The note's text when `key` signed it; signatures by others are not looked at. corrupt if it has
// not the form of a note, if `key` did not sign it or if a signature that claims to be of `key`
// does not hold.
[[nodiscard]] Result<std::string> open_note(std::string_view note, const VerifierKey& key);

}  // namespace wattledger::log
