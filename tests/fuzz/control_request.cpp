// A request as it comes out of the control socket's frame, and the event that an `append` is.
#include "coordinator/control/messages.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

const Target control_request("control_request", [](Bytes bytes) {
  const std::string_view text = text_of(bytes).substr(0, control::frame_bytes_max);
  const auto answer = control::read_answer(text);
  if (!answer) must(!answer.error().what.empty(), "an error says what");
  const auto request = control::read_request(text);
  if (!request) {
    must(!request.error().what.empty(), "a refusal says why");
    must(request.error().line().find('\n') == std::string::npos, "a refusal is one line");
    return;
  }
  must(control::known_verb(request->verb), "no other verb passes");
  const auto again = control::read_request(control::request_text(*request));
  must(again.has_value(), "what was read can be sent");
  must(again->verb == request->verb && again->id == request->id, "and means the same");
  const UtcTime now = utc_from_us(1'759'276'800'000'000);
  const auto event = control::event_from_args(request->args_json, *request, now);
  if (event)
    must(encode(*event).has_value(), "an event that is made can be appended");
  else
    must(!event.error().what.empty() && event.error().line().find('\n') == std::string::npos,
         "a refusal says why, in one line");
});

}  // namespace
}  // namespace wattledger::fuzz
