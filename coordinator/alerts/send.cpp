#include "coordinator/alerts/send.hpp"

#include "coordinator/config/secrets.hpp"

namespace wattledger::alerts {
namespace {

Result<void> send_on(const config::AlertReceiver& receiver, const Message& message,
                     const SendLimits& limits, const std::stop_token& stop) {
  const std::string json = message_json(message);
  if (!receiver.command.empty())
    return run_command(receiver.command, json + "\n", message_variables(message), limits, stop);
  std::string secret;
  if (!receiver.secret_file.empty()) {
    auto read = config::read_secret(receiver.secret_file);
    if (!read) return Failure(read.error());
    secret = *std::move(read);
  }
  return receiver.mqtt.empty() ? post_json(receiver.webhook, secret, json, limits, stop)
                               : publish(receiver.mqtt, secret, json, limits, stop);
}

}  // namespace

Result<void> send(const config::AlertReceiver& receiver, const Message& message,
                  const SendLimits& limits, const std::stop_token& stop) {
  auto sent = send_on(receiver, message, limits, stop);
  if (sent) return sent;
  Error error = sent.error();
  error.what = "alerts: " + receiver.name + " was not told: " + error.what;
  return Failure(std::move(error));
}

}  // namespace wattledger::alerts
