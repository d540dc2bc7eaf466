// A decision in words that never change, for the file that proves it: what a reader sees there is
// compared with the proven bytes, so that it cannot say anything else.
#pragma once

#include <string>
#include <string_view>

#include "events/result.hpp"
#include "log/reader.hpp"

namespace wattledger::tool {

// Lines "# name value" of a DecisionMade, times in UTC; the first names this form. Whoever changes
// a line changes the number in it, for files are kept for years. not_found if the record is no
// decision.
[[nodiscard]] Result<std::string> decision_words(const log::RecordView& record);

// The lines beginning with '#' that stand before anything else.
[[nodiscard]] std::string_view leading_words(std::string_view text);

// Whether the words of a file, which may be none, are those of its record. corrupt, saying what to
// believe, if not or if they are of another form.
Result<void> check_words(std::string_view words, const log::RecordView& record);

}  // namespace wattledger::tool
