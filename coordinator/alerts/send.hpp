// One message to one receiver: by a command, a webhook or an MQTT broker. libcurl's header stays in
// send_web.cpp.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "coordinator/alerts/message.hpp"
#include "events/result.hpp"

namespace wattledger::alerts {

struct SendLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds whole{30'000};  // then a command is killed, with its children
};

// Blocks for limits.whole at most, or until `stop`, which it sees within a second. Errors name the
// receiver, never an address, a command or a secret: rejected (the other side said no), timed_out,
// io, conflict (stopped), and those of config::read_secret.
Result<void> send(const config::AlertReceiver& receiver, const Message& message,
                  const SendLimits& limits, const std::stop_token& stop = {});

// The ways themselves. `input` stands on the command's standard input; what it prints goes nowhere.
// It runs in the caller's directory and environment, with `variables` beside; children that it
// leaves behind when it ends by itself live on.
Result<void> run_command(const std::string& command, const std::string& input,
                         const std::vector<std::pair<std::string, std::string>>& variables,
                         const SendLimits& limits, const std::stop_token& stop);
// A POST of JSON that is answered by 2xx; redirects are not followed, since they would carry the
// token elsewhere.
Result<void> post_json(const std::string& url, const std::string& token, const std::string& json,
                       const SendLimits& limits, const std::stop_token& stop);
// CONNECT and PUBLISH with QoS 0, not retained, as libcurl can: done is that the broker took us in
// and the message was written to it.
Result<void> publish(const std::string& url, const std::string& password, const std::string& json,
                     const SendLimits& limits, const std::stop_token& stop);

}  // namespace wattledger::alerts
