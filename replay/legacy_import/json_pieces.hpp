// The older system's JSON files, cut into records without reading them into memory: the elements of
// an array, the lines of a file of lines, or the one document. What is damaged costs its own
// record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "events/result.hpp"
#include "projections/fold/imported.hpp"

namespace wattledger::tool {

// No record of the older system is longer; an event could not hold it.
inline constexpr std::size_t legacy_record_bytes_max = 900'000;

struct JsonPiece {
  fb::LegacyForm form = fb::LegacyForm::document;
  std::string_view text;       // valid until the next piece
  std::uint64_t position = 0;  // an element's, from 0; a line's, from 1
  std::uint64_t line = 1;      // where it begins in the file, from 1
  std::string trouble;         // why it is none; empty: none found while cutting
};

// Calls `each` for every piece of the file, in order. io when it cannot be read; what `each` fails
// with.
Result<void> cut_json(const std::filesystem::path& file,
                      const std::function<Result<void>(const JsonPiece&)>& each);

// The same of a file's text.
Result<void> cut_json_text(std::string_view text,
                           const std::function<Result<void>(const JsonPiece&)>& each);

// One object, its values as they were spelled but for white space, which is as json.dumps puts it.
struct JsonObject {
  fold::LegacyFields fields;
  bool plain = true;    // no key has escapes, is other than ASCII, or stands there twice
  bool broken = false;  // values that are no numbers (NaN, Infinity) were there
};

// invalid_input, saying what is wrong and at which byte, for text that is no JSON object.
[[nodiscard]] Result<JsonObject> read_object(std::string_view text);

// invalid_input for what is no JSON of any kind; NaN and Infinity, which Python writes, are taken.
[[nodiscard]] Result<void> check_json(std::string_view text);

}  // namespace wattledger::tool
