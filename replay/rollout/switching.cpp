#include "replay/rollout/switching.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "replay/house/submit.hpp"
#include "replay/rebuild/commands.hpp"
#include "replay/told_error.hpp"

namespace wattledger::tool {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_every{200};
constexpr std::chrono::seconds health_spare{10};
constexpr std::chrono::seconds quiet_wait{3};  // longer waits are told

Result<void> restart(const SwitchWish& wish) {
  const int ended = std::system(wish.restart_command.c_str());
  if (ended == 0) return {};
  const std::string how = WIFEXITED(ended)     ? "exit code " + std::to_string(WEXITSTATUS(ended))
                          : WIFSIGNALED(ended) ? "signal " + std::to_string(WTERMSIG(ended))
                                               : "no result";
  return fail(ErrorKind::io, "the restart command ended with " + how,
              "see what it said: " + wish.restart_command);
}

Result<void> reload(const Place& place) {
  const auto answer = ask_daemon(place, "reload", "{}");
  if (!answer) return Failure(answer.error());
  if (!*answer) return {};
  const auto json = nlohmann::json::parse(**answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("needs_restart")) return {};
  for (const auto& key : json["needs_restart"])
    if (key.is_string() && key.get<std::string>().rfind("projections.", 0) == 0)
      return fail(ErrorKind::unsupported,
                  "this daemon takes " + key.get<std::string>() + " over only when it starts",
                  "systemctl restart wattledgerd, or give --restart-command");
  return {};
}

struct Standing {
  std::string waits;     // what is not as it should be yet; empty when all is
  bool rebuild = false;  // only a replay helps
};

// A daemon that ran is waited for: the log's lock is its own to take again.
Standing standing_of(const Place& place, const Owner& owner, bool ran) {
  const HouseState house = house_state(place, owner);
  if (!house.holder.empty()) return {house.holder + " does not answer yet", false};
  if (ran && !house.running) return {"the daemon does not answer any more", false};
  const auto open = open_log(place);
  if (!open) return {open.error().line(), false};
  std::map<std::string, ProjectionHere> here;
  for (ProjectionHere& each : owner.here(place, open->snapshot.meta()))
    here.emplace(each.name, std::move(each));
  for (const auto& [name, state] : house.projections)
    if (!here.contains(name)) return {name + " is still fed", false};
  for (const auto& [name, marks] : here) {
    const auto found = house.projections.find(name);
    if (found == house.projections.end()) return {name + " is not fed yet", false};
    const bool built = marks.version == marks.wanted;
    if (built && found->second.fed()) continue;
    const bool refused = house.running ? found->second.standing == "stopped" : true;
    return {name + ": " +
                (found->second.message.empty() ? found->second.standing : found->second.message),
            refused};
  }
  return {};
}

Result<void> wait_until_fed(const Invocation& invocation, const Place& place, const Owner& owner,
                            bool ran, Clock::time_point deadline) {
  bool rebuilt = false;
  std::string told;
  const Clock::time_point begun = Clock::now();
  while (true) {
    const Standing standing = standing_of(place, owner, ran);
    if (standing.waits.empty()) return {};
    if (standing.rebuild && !rebuilt) {
      rebuilt = true;
      if (rebuild_live(invocation, place, owner, /*anyway=*/true) != Exit::done)
        return fail(ErrorKind::io, "the rebuild failed: " + told_error());
      continue;
    }
    if (Clock::now() > deadline)
      return fail(ErrorKind::timed_out, standing.waits,
                  "does the daemon run with this configuration? See wattledger status");
    if (standing.waits != told && Clock::now() > begun + quiet_wait) {
      note("waiting: " + standing.waits);
      told = standing.waits;
    }
    std::this_thread::sleep_for(look_every);
  }
}

// A report that the daemon wrote after the change. A daemon that writes none is judged by what it
// answers alone.
Result<void> wait_until_healthy(const Place& place, const std::optional<HealthFile>& before,
                                Clock::time_point deadline) {
  if (!before || !place.config || !place.config->health.write) return {};
  const auto begun = Clock::now();
  const auto patience = begun + 2 * place.config->health.every + health_spare;
  bool told = false;
  while (true) {
    const auto now = health_file(place);
    const bool fresh = now && now->written != before->written;
    const std::string failed = fresh ? newly_failed(before, *now) : std::string();
    if (fresh && failed.empty()) return {};
    if (Clock::now() > deadline || (!fresh && Clock::now() > patience)) {
      if (fresh) return fail(ErrorKind::conflict, "the house's health has failed: " + failed);
      note("health.json is not written anew: " + before->at);
      return {};
    }
    if (!told && Clock::now() > begun + quiet_wait) {
      told = true;
      note("waiting for the daemon's next report of its health (health.every_s)");
    }
    std::this_thread::sleep_for(look_every);
  }
}

}  // namespace

Result<void> bring_into_force(const Invocation& invocation, const Place& place, const Owner& owner,
                              const SwitchWish& wish) {
  const auto deadline = Clock::now() + std::chrono::seconds(wish.wait_s);
  const bool running = house_state(place, owner).running;
  const auto before = running ? health_file(place) : std::nullopt;
  WATTLEDGER_TRY(wish.restart_command.empty() ? reload(place) : restart(wish));
  WATTLEDGER_TRY(wait_until_fed(invocation, place, owner, running, deadline));
  return wait_until_healthy(place, before, deadline);
}

void add_switch_options(CLI::App& command, SwitchWish& wish) {
  add_text(command, "--restart-command", wish.restart_command,
           "Restart the daemon by this instead of having it reload, as \"systemctl restart "
           "wattledgerd\"")
      .type_name("COMMAND");
  add_count(command, "--wait", wish.wait_s, "Seconds until it must be well (default 300)");
}

}  // namespace wattledger::tool
