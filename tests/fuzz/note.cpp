// Signed notes, the checkpoints in them, and verifier keys.
#include "log/note.hpp"

#include "log/checkpoint.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

void read_key(std::string_view text) {
  const auto key = log::VerifierKey::parse(text);
  if (!key) return must(!key.error().what.empty(), "a refusal says why");
  must(key->text() == text, "a key that was read is written as the same text");
}

void read_note(std::string_view text) {
  const auto note = log::parse_note(text);
  const auto checkpoint = log::read_checkpoint(text);
  if (!note) {
    must(!note.error().what.empty(), "a refusal says why");
    return must(!checkpoint.has_value(), "what is no note holds no checkpoint");
  }
  must(!note->text.empty() && note->text.back() == '\n', "what is signed ends with a line");
  must(text.starts_with(note->text), "and stands at the note's beginning");
  must(!note->signatures.empty(), "somebody signed it");
  if (!checkpoint) return;
  must(log::checkpoint_text(*checkpoint) == note->text,
       "a checkpoint that was read is written as the same text");
}

const Target note("note", [](Bytes bytes) {
  read_key(text_of(bytes));
  read_note(text_of(bytes));
});

}  // namespace
}  // namespace wattledger::fuzz
