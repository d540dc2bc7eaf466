// The JSON of requests and answers, and their frames. For this part.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/control/control.hpp"

namespace wattledger::control {

inline constexpr std::size_t frame_head_bytes = 4;

// Length and text. `full` if it is longer than a frame may be.
[[nodiscard]] Result<std::string> frame(const std::string& text);
// The length that a frame's head says.
[[nodiscard]] std::size_t frame_length(std::string_view head);

// An object without repeated keys, at most 16 levels deep. `what` names it in errors.
[[nodiscard]] Result<void> check_object(std::string_view text, const std::string& what);

[[nodiscard]] std::string request_text(const Request& request);
// `source` is left to the caller.
[[nodiscard]] Result<Request> read_request(std::string_view text);

[[nodiscard]] std::string answer_text(const Result<std::string>& result);
// The daemon's result or its error, or `corrupt` if the text is no answer.
[[nodiscard]] Result<std::string> read_answer(std::string_view text);

[[nodiscard]] std::string_view kind_word(ErrorKind kind);
[[nodiscard]] std::optional<ErrorKind> kind_from_word(std::string_view word);

}  // namespace wattledger::control
