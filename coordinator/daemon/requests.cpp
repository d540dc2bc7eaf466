// What the control socket asks, answered. The same functions would serve a later web server.
#include <nlohmann/json.hpp>

#include "coordinator/control/status.hpp"
#include "coordinator/daemon/daemon.hpp"

namespace wattledger::daemon {

Result<std::string> Daemon::answer(const control::Request& request) {
  if (request.verb == "status") return answer_status();
  if (request.verb == "append") return answer_append(request);
  if (request.verb == "adopt") return answer_adopt(request);
  if (request.verb == "reload") {
    if (!options_.reload)
      return fail(ErrorKind::unsupported, "this daemon runs without a configuration file",
                  "start it with --config FILE");
    const auto fresh = options_.reload();
    if (!fresh) return Failure(fresh.error());
    request_reload();
    return std::string("{}");
  }
  return fail(ErrorKind::unsupported, "the daemon does not know how to " + request.verb + " yet",
              "use a later wattledger");
}

Result<std::string> Daemon::answer_append(const control::Request& request) {
  auto event = control::event_from_args(request.args_json, request, clock_.now());
  if (!event) return Failure(event.error());
  const auto appended = journal_->record_request(std::move(*event));
  if (!appended) return Failure(appended.error());
  clock_.wake();
  return nlohmann::json{{"sequence", appended->sequence.value}, {"repeated", appended->repeated}}
      .dump();
}

Result<std::string> Daemon::answer_adopt(const control::Request& request) {
  const auto args = nlohmann::json::parse(request.args_json, nullptr, /*allow_exceptions=*/false);
  if (!args.is_object() || !args.contains("staged") || !args["staged"].is_string())
    return fail(ErrorKind::invalid_input, "adopt needs {\"staged\": \"DIRECTORY\"}");
  if (!projection_thread_)
    return fail(ErrorKind::conflict, "the daemon's projections are not running yet", "try again");
  return projection_thread_->adopt(args["staged"].get<std::string>());
}

}  // namespace wattledger::daemon
