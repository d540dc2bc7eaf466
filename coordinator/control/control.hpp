// Asking the daemon: <data>/control.sock, one request per connection, u32 length (big-endian) and
// JSON of at most 64 KiB:
// {"v":1,"id":"<32 hex digits>","verb":"…","args":{…}} → {"ok":true,"result":…} (with "sequence"
// beside it when the result has one) or {"ok":false,"error":…,"kind":…,"remedy":…}. `id` becomes
// the event's correlation, so a retry returns the first answer.
//
// The server's thread only hands requests to the Handler, which must not wait for Modbus.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/codec.hpp"
#include "events/identity.hpp"
#include "events/result.hpp"

namespace wattledger::control {

inline constexpr std::size_t frame_bytes_max = 64U * 1024U;
inline constexpr std::size_t connections_max = 8;
inline constexpr std::chrono::seconds connection_time_max{5};
inline constexpr int connections_queued_max =
    32;  // wait in the kernel until one of the eight is done

// What one server allows; tests make it smaller.
struct ServerLimits {
  std::size_t connections = connections_max;
  std::chrono::milliseconds connection_time =
      connection_time_max;  // to send a request, and to take its answer
};

struct Request {
  Id128 id;
  std::string verb;       // of the closed set; others are refused before the handler
  std::string args_json;  // an object
  std::string source;     // "uid:1000", the peer's; or the tool's own under the lock
};

// The answer's result as JSON, or an error for the asker.
using Handler = std::function<Result<std::string>(const Request&)>;

[[nodiscard]] bool known_verb(
    std::string_view verb);  // status append adopt retire checkpoint reload fetch

class Server {
 public:
  // Binds <data>/control.sock (0660, `group` if given), removing a stale one. The caller holds the
  // writer lock. Errors: locked (another server answers there), foreign (something else has the
  // name), invalid_input (a path longer than a socket's may be), not_found (no such group), io.
  static Result<std::unique_ptr<Server>> start(const std::filesystem::path& data,
                                               const std::string& group, Handler handler,
                                               const ServerLimits& limits = {});
  virtual ~Server() = default;  // stops and joins
};

// Sends one request and waits for its answer. not_found when no daemon listens; timed_out; or the
// daemon's own error.
[[nodiscard]] Result<std::string> ask(const std::filesystem::path& data, const Request& request,
                                      std::chrono::milliseconds timeout = std::chrono::seconds(10));

// The same; nothing when no daemon listens, so that a daemon's own "not found" is not taken for
// that.
[[nodiscard]] Result<std::optional<std::string>> ask_if_running(
    const std::filesystem::path& data, const Request& request,
    std::chrono::milliseconds timeout = std::chrono::seconds(10));

// The verb `append`'s arguments → an event: overrides, fault clearing, corrections, operations
// only.
// {"event": {"type": "OverrideRequested", …fields by schema name…}}; ids and digests are hex, enums
// words; an override's end is until_us or `until`, a time with Z or an offset. Pure: time comes
// from the caller.
[[nodiscard]] Result<fb::EventT> event_from_args(const std::string& args_json,
                                                 const Request& request, UtcTime now);

}  // namespace wattledger::control
