// Hands a fact of the owner's to the log: to the daemon if one answers, else under the writer lock,
// with the same function (control::event_from_args), so that both ways give the same event.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "replay/place.hpp"

namespace wattledger::tool {

// Who asks, as the daemon would find out by itself: "uid:1000".
[[nodiscard]] std::string asker();

// `args_json` are the verb's arguments. Nothing when no daemon listens.
[[nodiscard]] Result<std::optional<std::string>> ask_daemon(
    const Place& place, const std::string& verb, const std::string& args_json,
    std::chrono::milliseconds timeout = std::chrono::seconds(10));

struct Submitted {
  Sequence sequence;
  bool by_daemon = false;
};

// `event_json` is {"type": "OverrideRequested", …}. locked, naming the holder, when somebody holds
// the log and does not answer.
[[nodiscard]] Result<Submitted> submit(const Place& place, const std::string& event_json);

// Appends under a lock that the caller holds. Recorded now (house_now()), but never before
// the log's head.
[[nodiscard]] Result<Sequence> append_locked(log::Log& log, const log::WriterLock& lock,
                                             fb::EventT event);

// locked, naming the holder and saying that it does not answer.
[[nodiscard]] Result<log::WriterLock> take_lock(const Place& place);

// Prints where the event went: "recorded as 1234" or {"sequence":1234}; `remark` follows in text.
Exit report(const Invocation& invocation, const Result<Submitted>& submitted,
            const std::string& remark);

}  // namespace wattledger::tool
