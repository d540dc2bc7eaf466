#include "coordinator/control/messages.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "events/near_match.hpp"

namespace wattledger::control {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> verbs{"status",     "append", "adopt", "retire",
                                                "checkpoint", "reload", "fetch"};

constexpr std::array<ErrorKind, 13> kinds{
    ErrorKind::invalid_input, ErrorKind::not_found, ErrorKind::conflict,  ErrorKind::corrupt,
    ErrorKind::foreign,       ErrorKind::newer,     ErrorKind::locked,    ErrorKind::poisoned,
    ErrorKind::full,          ErrorKind::io,        ErrorKind::timed_out, ErrorKind::rejected,
    ErrorKind::unsupported};

// Watches a parse: nlohmann keeps the last of repeated keys silently, and a deep document would
// exhaust the stack of whoever prints it.
struct Watch {
  static constexpr std::size_t levels_max = 16;
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  std::size_t levels = 0;
  std::string trouble;

  bool operator()(json::parse_event_t event, const json& value) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        keys.emplace_back();
        if (keys.size() > levels_max && trouble.empty())
          trouble = "is nested more than 16 levels deep";
        return keys.size() <= levels_max;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        if (!keys.empty()) keys.pop_back();
        return true;
      case json::parse_event_t::key: {
        const auto name = value.get<std::string>();
        if (!keys.empty() && !keys.back().insert(name).second && trouble.empty()) {
          trouble = "gives " + shown(name) + " twice";
        }
        return true;
      }
      case json::parse_event_t::value:
        return true;
    }
    return true;
  }
};

std::string dumped(const json& value) {
  // Texts of the operating system and of YAML files need not be UTF-8.
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Failure bad_request(const std::string& what) {
  return fail(ErrorKind::invalid_input, "control request: " + what,
              "send {\"v\":1,\"id\":\"<32 hex digits>\",\"verb\":\"…\",\"args\":{…}}");
}

std::optional<std::string> unknown_member(const json& object,
                                          const std::vector<std::string>& known) {
  for (const auto& member : object.items()) {
    if (std::find(known.begin(), known.end(), member.key()) == known.end()) return member.key();
  }
  return std::nullopt;
}

}  // namespace

bool known_verb(std::string_view verb) {
  return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}

std::string_view kind_word(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_input:
      return "invalid_input";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::foreign:
      return "foreign";
    case ErrorKind::newer:
      return "newer";
    case ErrorKind::locked:
      return "locked";
    case ErrorKind::poisoned:
      return "poisoned";
    case ErrorKind::full:
      return "full";
    case ErrorKind::io:
      return "io";
    case ErrorKind::timed_out:
      return "timed_out";
    case ErrorKind::rejected:
      return "rejected";
    case ErrorKind::unsupported:
      return "unsupported";
  }
  return "io";
}

std::optional<ErrorKind> kind_from_word(std::string_view word) {
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](ErrorKind kind) { return kind_word(kind) == word; });
  return found == kinds.end() ? std::nullopt : std::optional(*found);
}

Result<std::string> frame(const std::string& text) {
  if (text.size() > frame_bytes_max) {
    return fail(ErrorKind::full,
                "a message of " + std::to_string(text.size()) + " bytes is longer than the " +
                    std::to_string(frame_bytes_max) + " of a frame",
                "ask for less");
  }
  const auto length = static_cast<std::uint32_t>(text.size());
  std::string result;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    result += static_cast<char>((length >> shift) & 0xFFU);
  return result + text;
}

std::size_t frame_length(std::string_view head) {
  std::size_t length = 0;
  for (const char byte : head.substr(0, frame_head_bytes))
    length = (length << 8U) | static_cast<unsigned char>(byte);
  return length;
}

Result<void> check_object(std::string_view text, const std::string& what) {
  try {
    Watch watch;
    const auto listen = [&](int, json::parse_event_t event, json& value) {
      return watch(event, value);
    };
    const json object = json::parse(text.begin(), text.end(), listen, false);
    if (!watch.trouble.empty())
      return fail(ErrorKind::invalid_input, what + " " + watch.trouble, "send it without");
    if (object.is_discarded())
      return fail(ErrorKind::invalid_input, what + " is not JSON", "send one JSON object");
    if (!object.is_object())
      return fail(ErrorKind::invalid_input, what + " is no JSON object", "send one JSON object");
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid_input, what + " cannot be read: " + error.what(),
                "send one JSON object");
  }
}

std::string request_text(const Request& request) {
  json object{{"v", 1}, {"id", request.id.hex()}, {"verb", request.verb}};
  object["args"] =
      json::parse(request.args_json.empty() ? "{}" : request.args_json, nullptr, false);
  return dumped(object);
}

Result<Request> read_request(std::string_view text) {
  WATTLEDGER_TRY(check_object(text, "control request"));
  const json object = json::parse(text.begin(), text.end(), nullptr, false);
  const std::vector<std::string> known{"v", "id", "verb", "args"};
  if (const auto member = unknown_member(object, known)) {
    return fail(ErrorKind::invalid_input, "control request: unknown member " + shown(*member),
                near_match_remedy(*member, known));
  }
  const json none;
  const auto member = [&](const char* name) -> const json& {
    const auto found = object.find(name);
    return found == object.end() ? none : *found;
  };
  if (!member("v").is_number_integer()) return bad_request("no version v");
  if (member("v") != 1) {
    return fail(ErrorKind::unsupported,
                "control request: version " + dumped(member("v")) + " is not spoken here",
                "use the tool of the daemon's own version");
  }
  const auto id =
      member("id").is_string() ? Id128::from_hex(member("id").get<std::string>()) : std::nullopt;
  // All zeros would stand for "no correlation" in the log, and a retry would be appended twice.
  if (!id || *id == Id128{}) return bad_request("id is not 32 hex digits, not all of them zero");
  if (!member("verb").is_string()) return bad_request("no verb");
  const auto verb = member("verb").get<std::string>();
  if (!known_verb(verb)) {
    return fail(ErrorKind::unsupported, "control request: unknown verb " + shown(verb),
                near_match_remedy(verb, {verbs.begin(), verbs.end()}));
  }
  if (!member("args").is_object() && !member("args").is_null())
    return bad_request("args is no object");
  return Request{*id, verb, member("args").is_null() ? "{}" : dumped(member("args")), {}};
}

std::string answer_text(const Result<std::string>& result) {
  json answer;
  const auto refuse = [&](const Error& error) {
    answer = {{"ok", false},
              {"error", error.what},
              {"kind", kind_word(error.kind)},
              {"remedy", error.remedy}};
  };
  if (!result) {
    refuse(result.error());
    return dumped(answer);
  }
  json value = json::parse(*result, nullptr, false);
  if (value.is_discarded()) {
    refuse(
        {ErrorKind::corrupt, "the daemon's own result is not JSON", "report it with the request"});
    return dumped(answer);
  }
  answer["ok"] = true;
  if (value.is_object() && value.contains("sequence")) answer["sequence"] = value["sequence"];
  answer["result"] = std::move(value);
  return dumped(answer);
}

Result<std::string> read_answer(std::string_view text) {
  const json answer = json::parse(text.begin(), text.end(), nullptr, false);
  const bool shaped = answer.is_object() && answer.contains("ok") && answer["ok"].is_boolean();
  if (shaped && answer["ok"].get<bool>() && answer.contains("result"))
    return dumped(answer["result"]);
  const auto word = [&](const char* name) -> std::string {
    return shaped && answer.contains(name) && answer[name].is_string()
               ? answer[name].get<std::string>()
               : "";
  };
  if (!shaped || answer["ok"].get<bool>() || word("error").empty()) {
    return fail(ErrorKind::corrupt, "what answered at control.sock does not speak as a daemon does",
                "check that daemon and tool are of one version");
  }
  return fail(kind_from_word(word("kind")).value_or(ErrorKind::io), word("error"), word("remedy"));
}

}  // namespace wattledger::control
