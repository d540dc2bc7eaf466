#include "replay/trust.hpp"

#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

constexpr std::size_t key_bytes_max = 4'096;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

// The key itself, or a file with it.
Result<log::VerifierKey> read_key(const std::string& argument) {
  auto key = log::VerifierKey::parse(argument);
  if (key) return key;
  const auto text = read_text_file(argument, key_bytes_max);
  if (text) return log::VerifierKey::parse(trimmed(*text));
  if (text.error().kind != ErrorKind::not_found) return Failure(text.error());
  return fail(ErrorKind::invalid_input, "\"" + argument + "\" is neither a key nor a file with one",
              "write the key as wattledger log key prints it, or the file that holds it");
}

}  // namespace

void add_trust(CLI::App& command, TrustWish& wish, const std::string& against) {
  add_text(command, "--key", wish.key,
           "The log's public key, as log key prints it, or a file that holds it")
      .type_name("KEY");
  add_text(command, "--against", wish.against, against).type_name("FILE");
}

Result<log::Trust> read_trust(const TrustWish& wish) {
  log::Trust trust;
  if (!wish.key.empty()) {
    auto key = read_key(wish.key);
    if (!key) return Failure(key.error());
    trust.key = *std::move(key);
  }
  if (!wish.against.empty()) {
    auto note = read_text_file(wish.against, log::note_bytes_max);
    if (!note) return Failure(note.error());
    trust.note = *std::move(note);
  }
  return trust;
}

std::optional<log::VerifierKey> own_key(const Place& place, const log::Meta& meta) {
  const auto key = log::SigningKey::open(log::signing_key_file(place.data));
  if (key) return log::VerifierKey(log::checkpoint_origin(meta.uuid), key->public_key());
  if (key.error().kind != ErrorKind::not_found)
    note("the checkpoints' signatures are not checked: " + key.error().line());
  return std::nullopt;
}

}  // namespace wattledger::tool
