// The door for bytes from outside: a limit, no binary, no web page; then text or JSON. For this
// part, and for the tool's planning problems. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "events/result.hpp"

namespace wattledger::sources {

// What an answer is about, for its messages, and what its reader may be given.
struct AnswerDoor {
  std::string subject;  // begins each error: "prices"
  std::string remedy;   // what to do when it is something else
  std::size_t bytes_max = 0;
  std::string thing = "answer";                     // how messages call it
  std::string mend = "get the whole answer again";  // what to do when its JSON breaks
};

// The text without byte order mark and blanks before it. invalid_input when it is empty, too long
// or binary.
[[nodiscard]] Result<std::string_view> open_answer(std::string_view bytes, const AnswerDoor& door);

// A JSON value. Numbers stay text: a double would change what was said.
struct Json {
  enum class Kind : unsigned char { null, boolean, number, text, list, object };

  Kind kind = Kind::null;
  std::string text;                // of a number or a text; "true", "false"; else empty
  std::vector<Json> items;         // of a list or an object, in its order
  std::vector<std::string> names;  // of an object's items

  // The object's member of that name; nullptr where there is none, or no object.
  [[nodiscard]] const Json* find(std::string_view name) const;
  // The same, but only a list or only an object.
  [[nodiscard]] const Json* list(std::string_view name) const;
  [[nodiscard]] const Json* object(std::string_view name) const;
  // A member's number, text, "true" or "false"; empty where it is null, missing or no scalar.
  [[nodiscard]] std::string_view scalar(std::string_view name) const;
};

// What `text` (opened above) holds. invalid_input, in one line, for what is no JSON, nests more
// than 16 deep, has more than 500 000 values or names a member twice in one object.
[[nodiscard]] Result<Json> read_json(std::string_view text, const AnswerDoor& door);

// SHA-256 of the bytes as they came, the parts one after the other.
[[nodiscard]] std::unique_ptr<fb::Digest256> digest_of(const std::vector<std::string_view>& parts);

}  // namespace wattledger::sources
