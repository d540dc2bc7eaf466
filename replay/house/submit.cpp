#include "replay/house/submit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "coordinator/control/control.hpp"
#include "log/appender.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

control::Request make_request(const std::string& verb, const std::string& args_json) {
  control::Request request;
  request.id = random_id();
  request.verb = verb;
  request.args_json = args_json;
  request.source = asker();
  return request;
}

bool lost(ErrorKind kind) { return kind == ErrorKind::timed_out || kind == ErrorKind::io; }

Result<Submitted> from_answer(const std::string& answer) {
  const auto json = nlohmann::json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("sequence") || !json["sequence"].is_number_unsigned())
    return fail(ErrorKind::corrupt, "the daemon's answer names no sequence: " + answer,
                "look for the event with wattledger log tail");
  return Submitted{Sequence{json["sequence"].get<std::uint64_t>()}, /*by_daemon=*/true};
}

Result<Submitted> submit_locked(const Place& place, const control::Request& request) {
  const auto lock = take_lock(place);
  if (!lock) return Failure(lock.error());
  auto log = log::Log::open(place.log());
  if (!log) return Failure(log.error());
  const auto now = [&]() -> Result<UtcTime> {
    const auto snapshot = log->snapshot();
    if (!snapshot) return Failure(snapshot.error());
    return house_now(*snapshot);
  }();
  if (!now) return Failure(now.error());
  auto event = control::event_from_args(request.args_json, request, *now);
  if (!event) return Failure(event.error());
  const auto sequence = append_locked(*log, *lock, std::move(*event));
  if (!sequence) return Failure(sequence.error());
  return Submitted{*sequence, /*by_daemon=*/false};
}

}  // namespace

std::string asker() { return "uid:" + std::to_string(::getuid()); }

Result<std::optional<std::string>> ask_daemon(const Place& place, const std::string& verb,
                                              const std::string& args_json,
                                              std::chrono::milliseconds timeout) {
  return control::ask_if_running(place.data, make_request(verb, args_json), timeout);
}

Result<log::WriterLock> take_lock(const Place& place) {
  auto lock = log::WriterLock::take(place.log(), "wattledger");
  if (lock || lock.error().kind != ErrorKind::locked) return lock;
  const std::string holder = log::writer_lock_holder(place.log()).value_or("another process");
  return fail(
      ErrorKind::locked,
      holder + " holds the log and does not answer on " + (place.data / "control.sock").string(),
      "wait a moment and try again, or stop that process");
}

Result<Sequence> append_locked(log::Log& log, const log::WriterLock& lock, fb::EventT event) {
  UtcTime now;
  ZoneOffsets zone;
  {
    const auto snapshot = log.snapshot();
    if (!snapshot) return Failure(snapshot.error());
    const auto state = fold_all(log.directory().parent_path(), *snapshot);
    if (!state) return Failure(state.error());
    zone = state->site.zone;
    now = house_now(*snapshot);
    if (snapshot->head().value != 0 && snapshot->meta().head_recorded_at > now)
      now = snapshot->meta().head_recorded_at;
  }
  event.occurred_at_us = to_us(now);
  if (event.source == fb::Source::unknown) event.source = fb::Source::tool;
  if (!event.utc_offset_s)
    event.utc_offset_s = static_cast<std::int32_t>(zone.offset_at(now).count());
  const auto encoded = encode(event);
  if (!encoded) return Failure(encoded.error());
  auto appender = log::Appender::open(log, lock, {});
  if (!appender) return Failure(appender.error());
  const auto appended = appender->append(*encoded, now, {});
  if (!appended) return Failure(appended.error());
  return appended->sequence;
}

Result<Submitted> submit(const Place& place, const std::string& event_json) {
  const control::Request request = make_request("append", "{\"event\":" + event_json + "}");
  auto answer = control::ask_if_running(place.data, request);
  // Once more with the same id: what was recorded before its answer got lost is answered, not
  // recorded twice.
  if (!answer && lost(answer.error().kind)) answer = control::ask_if_running(place.data, request);
  if (!answer) return Failure(answer.error());
  return *answer ? from_answer(**answer) : submit_locked(place, request);
}

Exit report(const Invocation& invocation, const Result<Submitted>& submitted,
            const std::string& remark) {
  if (!submitted && submitted.error().kind == ErrorKind::invalid_input)
    return usage(submitted.error().what, submitted.error().remedy);
  if (!submitted) return cannot(submitted.error());
  if (invocation.format == Format::json) {
    say(nlohmann::json{{"sequence", submitted->sequence.value}, {"by_daemon", submitted->by_daemon}}
            .dump());
    return Exit::done;
  }
  say(fmt::format(
      "{}; recorded as {}{}", remark, submitted->sequence.value,
      submitted->by_daemon ? "" : " (no daemon is running: the next one finds it in the log)"));
  return Exit::done;
}

}  // namespace wattledger::tool
