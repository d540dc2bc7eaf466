#include "coordinator/alerts/post.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "projections/damage.hpp"

namespace wattledger::alerts {
namespace {

using Json = nlohmann::json;

// The file need not follow every record; a start reads as many at most for nothing.
constexpr std::uint64_t saved_every = 10'000;

// {"log": uuid, "told": {receiver: sequence}}; nothing where it says nothing of this log.
std::map<std::string, std::uint64_t> told_in(const std::filesystem::path& file, const Id128& uuid) {
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::map<std::string, std::uint64_t> told;
  if (!json.is_object() || json.value("log", Json()) != uuid.hex() || !json.contains("told") ||
      !json["told"].is_object())
    return told;
  for (const auto& [name, sequence] : json["told"].items())
    if (sequence.is_number_unsigned()) told.emplace(name, sequence.get<std::uint64_t>());
  return told;
}

Result<void> write_whole(const std::filesystem::path& file, const std::string& text) {
  const std::string beside = file.string() + ".new";
  const int out = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  const bool written =
      out >= 0 && ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(out) == 0;
  const int code = errno;
  if (out >= 0) ::close(out);
  if (written && ::rename(beside.c_str(), file.c_str()) == 0) return {};
  return fail(ErrorKind::io,
              file.string() + " cannot be written: " + std::strerror(written ? errno : code),
              "without it an alert may be told twice after a restart: free space, check its owner");
}

}  // namespace

std::chrono::seconds retry_after(std::uint32_t failures) {
  std::chrono::seconds wait = retry_first;
  for (std::uint32_t i = 1; i < failures && wait < retry_max; ++i) wait *= 2;
  return std::min<std::chrono::seconds>(wait, retry_max);
}

Result<Post> Post::open(const log::Log& log, std::filesystem::path file,
                        std::vector<config::AlertReceiver> receivers, std::string house,
                        Send send) {
  Post post(log, std::move(file), std::move(house), std::move(send));
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  post.uuid_ = snapshot->meta().uuid;
  post.taken_ = snapshot->head();
  const auto told = told_in(post.file_, post.uuid_);
  for (config::AlertReceiver& receiver : receivers) {
    const auto found = told.find(receiver.name);
    // Beyond the head: an older copy of the log was put back.
    const Sequence from = found == told.end() ? snapshot->head()
                                              : std::min(Sequence{found->second}, snapshot->head());
    post.taken_ = std::min(post.taken_, from);
    post.receivers_.push_back({std::move(receiver), from, {}, 0, {}});
  }
  WATTLEDGER_TRY(post.save());
  return post;
}

Result<std::vector<Post::Line>> Post::look(UtcTime now, const std::stop_token& stop) {
  std::vector<Line> lines;
  const auto snapshot = log_->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  WATTLEDGER_TRY(take(*snapshot, lines));
  for (Waiting& each : receivers_) WATTLEDGER_TRY(tell(each, now, stop, lines));
  if (taken_.value >= saved_.value + saved_every) WATTLEDGER_TRY(save());
  return lines;
}

Result<void> Post::take(const log::Snapshot& snapshot, std::vector<Line>& lines) {
  if (snapshot.head() <= taken_) return {};
  std::vector<Message> messages;
  projections::Damage damage;  // the journal's to tell
  WATTLEDGER_TRY(projections::scan_over_damage(
      snapshot, Sequence{taken_.value + 1}, snapshot.head(),
      [&](const log::RecordView& record) -> Result<bool> {
        History history;
        if (const auto* ended = record.event.as<fb::AlertEnded>()) {
          const auto raised = snapshot.at(Sequence{ended->raised()});
          if (raised) history.take(raised->sequence, raised->event);
        }
        history.take(record.sequence, record.event);
        for (const Occurrence& each : history.all())
          messages.push_back({each.raised, each.ended, house_, false});
        return true;
      },
      damage));
  taken_ = snapshot.head();
  for (const Message& message : messages) add(message, lines);
  return {};
}

void Post::add(const Message& message, std::vector<Line>& lines) {
  for (Waiting& each : receivers_) {
    if (message.sequence() <= each.told || !wants(each.receiver, message.raised)) continue;
    if (each.messages.size() == waiting_max) {
      each.messages.pop_front();
      each.failures = 0;
      lines.push_back({true, "alerts: " + each.receiver.name + " has " +
                                 std::to_string(waiting_max) + " waiting: the oldest is dropped"});
    }
    each.messages.push_back(message);
  }
}

Result<void> Post::tell(Waiting& waiting, UtcTime now, const std::stop_token& stop,
                        std::vector<Line>& lines) {
  while (!waiting.messages.empty() && !stop.stop_requested()) {
    if (waiting.failed_at && now >= *waiting.failed_at &&
        now < *waiting.failed_at + retry_after(waiting.failures))
      return {};
    const Message& message = waiting.messages.front();
    const auto sent = send_(waiting.receiver, message, stop);
    if (stop.stop_requested() && !sent) return {};
    const bool given_up = !sent && now - message.at() >= given_up_after;
    if (!sent && !given_up) {
      waiting.failed_at = now;
      ++waiting.failures;
      // Said once, not with every try of a night without a network.
      if (waiting.failures == 1) lines.push_back({false, sent.error().line()});
      return {};
    }
    if (given_up)
      lines.push_back({true, sent.error().line() + "; " + message.raised.alert +
                                 (message.ended ? " (ended)" : " (raised)") +
                                 " is a day old and not told any more"});
    waiting.told = message.sequence();
    waiting.messages.pop_front();
    waiting.failures = 0;
    waiting.failed_at.reset();
    WATTLEDGER_TRY(save());
  }
  return {};
}

Result<void> Post::save() {
  Json told = Json::object();
  for (Waiting& each : receivers_) {
    if (each.messages.empty()) each.told = std::max(each.told, taken_);
    told[each.receiver.name] = each.told.value;
  }
  saved_ = taken_;
  return write_whole(file_, Json{{"log", uuid_.hex()}, {"told", told}}.dump() + "\n");
}

}  // namespace wattledger::alerts
