#include "replay/change/change.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "replay/change/history.hpp"
#include "replay/change/needs.hpp"
#include "replay/display.hpp"
#include "replay/told_error.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

// One change of a data directory at a time: two rebuilds would stage the same twice, and what a
// restore changes nobody else shall be changing.
Result<log::WriterLock> take_change_lock(const Place& place, const std::string& verb) {
  const std::filesystem::path directory = place.data / change_lock_directory;
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed)
    return fail(ErrorKind::io, directory.string() + " cannot be made: " + failed.message(),
                "check the owner and permissions of " + place.data.string());
  auto lock = log::WriterLock::take(directory, "wattledger " + verb);
  if (lock || lock.error().kind != ErrorKind::locked) return lock;
  const auto holder = log::writer_lock_holder(directory);
  return fail(ErrorKind::locked,
              "another change is at work in " + place.data.string() + ": " +
                  holder.value_or("it has just ended"),
              "try again when it has ended; see wattledger change list");
}

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string started_json(const std::string& id, const Change& change) {
  return text({{"type", "ChangeStarted"},
               {"change", id},
               {"verb", change.verb},
               {"arguments", change.arguments}});
}

std::string finished_json(const std::string& id, Sequence started, const char* result,
                          const std::string& detail) {
  return text({{"type", "ChangeFinished"},
               {"change", id},
               {"started", started.value},
               {"result", result},
               {"detail", detail}});
}

// Ends the process when the time is over.
class TimeLimit {
 public:
  TimeLimit(std::chrono::seconds limit, std::function<void()> last_words)
      : thread_([this, limit, words = std::move(last_words)](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          wake_.wait_for(lock, stop, limit, [&] { return stop.stop_requested(); });
          if (stop.stop_requested()) return;
          words();
          std::_Exit(static_cast<int>(Exit::cannot));
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: joined before the rest goes
};

// done: go on.
Exit ask_consent(const Change& change, const Place& place) {
  if (change.yes || change.asked || !change_rules(place.config).consent) return Exit::done;
  if (::isatty(STDIN_FILENO) != 1)
    return usage("in " + place.data.string() + ", " + change.verb + " " + change.will +
                     ", and nobody is at the terminal to agree",
                 "add --yes" + (change.instead.empty() ? "" : ", or " + change.instead));
  std::fprintf(stderr, "In %s, %s %s. Go on? [y/N] ", place.data.c_str(), change.verb.c_str(),
               change.will.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return Exit::done;
  return usage("not agreed, nothing was changed", {});
}

// For whoever waits at the terminal; a script has the list.
void tell_begin(const Invocation& invocation, const Place& place, const Change& change,
                const std::string& id) {
  if (invocation.format != Format::text || ::isatty(STDERR_FILENO) != 1) return;
  std::string took;
  if (const auto open = open_log(place))
    if (const auto last = last_duration(open->snapshot, change.verb); last && *last)
      took = "; the last one took " + duration_text(**last);
  note(fmt::format("change {}: {} {}{}", id.substr(0, change_id_shown), change.verb,
                   change.arguments, took));
}

const char* result_of(Exit exit, const ChangeEnd& end) {
  const bool good = (exit == Exit::done || exit == Exit::findings) && !end.failed;
  return good ? "succeeded" : "failed";
}

Exit act_within(const Place& place, const Change& change, const ChangeHouse& house, const Act& act,
                const std::string& id, Sequence started, ChangeEnd& end) {
  const std::chrono::seconds limit =
      place.config ? place.config->changes.time_limit : config::ChangesConfig{}.time_limit;
  const TimeLimit within(limit, [&] {
    const std::string now = change.undo ? change.undo() : "what was built is not in force";
    const std::string what = fmt::format("{} took longer than {} (changes.time_limit_min)",
                                         change.verb, duration_text(limit));
    // Not while the act holds the log.
    if (started.value != 0)
      (void)house.record(place, finished_json(id, started, "failed", what + " and was ended"));
    (void)cannot({ErrorKind::timed_out, what + " and is ended; " + now,
                  "raise the limit, or see why with wattledger change list"});
  });
  const Exit exit = act(end);
  if (exit != Exit::done && exit != Exit::findings && !end.failed && !told_error().empty())
    end.detail = told_error();
  return exit;
}

}  // namespace

Result<void> require_for(const Place& place, const Change& change) {
  const ChangeRules rules = change_rules(place.config);
  if (rules.windows) WATTLEDGER_TRY(require_window(place, change.now));
  if (!change.of_the_log || !there_is_a_log(place)) return {};
  if (rules.quiet) WATTLEDGER_TRY(require_quiet(place));
  if (rules.backup) WATTLEDGER_TRY(require_backup(place, place.config->changes.fresh_backup));
  return {};
}

Exit guarded(const Invocation& invocation, const Place& place, const Change& change,
             const ChangeHouse& house, const Act& act) {
  const auto lock = take_change_lock(place, change.verb);
  if (!lock) return cannot(lock.error());
  if (const auto able = require_for(place, change); !able) return cannot(able.error());
  if (const Exit agreed = ask_consent(change, place); agreed != Exit::done) return agreed;
  const std::string id = random_id().hex();
  Sequence started;
  if (there_is_a_log(place)) {
    const auto recorded = house.record(place, started_json(id, change));
    if (!recorded) return cannot(recorded.error());
    started = *recorded;
    tell_begin(invocation, place, change, id);
  }
  ChangeEnd end;
  const Exit exit = act_within(place, change, house, act, id, started, end);
  if (started.value == 0 && there_is_a_log(place)) {
    const auto recorded = house.record(place, started_json(id, change));
    if (!recorded) return cannot(recorded.error());
    started = *recorded;
  }
  if (started.value == 0) return exit;  // it did not come to a log
  const auto recorded =
      house.record(place, finished_json(id, started, result_of(exit, end), end.detail));
  if (!recorded) note("how it ended could not be recorded: " + recorded.error().line());
  return exit;
}

}  // namespace wattledger::tool
