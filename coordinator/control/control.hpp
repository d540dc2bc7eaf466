// Asking the daemon: <data>/control.sock, one request per connection, u32 length (big-endian) and JSON of at most 64 KiB:
// {"v":1,"id":"<32 hex digits>","verb":"…","args":{…}} → {"ok":true,"result":…} or {"ok":false,"error":…,"remedy":…}.
// `id` becomes the event's correlation, so a retry returns the first answer.
//
// The server's thread only hands requests to the Handler, which must not wait for Modbus.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "events/codec.hpp"
#include "events/identity.hpp"
#include "events/result.hpp"

namespace wattledger::control {

inline constexpr std::size_t frame_bytes_max = 64U * 1024U;
inline constexpr std::size_t connections_max = 8;
inline constexpr std::chrono::seconds connection_time_max{5};

struct Request {
  Id128 id;
  std::string verb;       // of the closed set; others are refused before the handler
  std::string args_json;  // an object
  std::string source;     // "uid:1000", the peer's; or the tool's own under the lock
};

// The answer's result as JSON, or an error for the asker.
using Handler = std::function<Result<std::string>(const Request&)>;

[[nodiscard]] bool known_verb(std::string_view verb);  // status append adopt retire checkpoint reload fetch

class Server {
 public:
  // Binds <data>/control.sock (0660, `group` if given), removing a stale one. The caller holds the writer lock.
  static Result<std::unique_ptr<Server>> start(const std::filesystem::path& data, const std::string& group, Handler handler);
  virtual ~Server() = default;  // stops and joins
};

// Sends one request and waits for its answer. not_found when no daemon listens; timed_out; or the daemon's own error.
[[nodiscard]] Result<std::string> ask(const std::filesystem::path& data, const Request& request,
                                      std::chrono::milliseconds timeout = std::chrono::seconds(10));

// The verb `append`'s arguments → an event: overrides, fault clearing, corrections, operations only.
// {"event": {"type": "OverrideRequested", …fields by schema name…}}. Pure but for nothing: time comes from the caller.
[[nodiscard]] Result<fb::EventT> event_from_args(const std::string& args_json, const Request& request, UtcTime now);

}  // namespace wattledger::control
