#include "replay/audit/find_decisions.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "replay/audit/state_at.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

// A decision rests on a reading that is not older: without one in this time it is stale.
constexpr std::chrono::minutes lead{30};
constexpr std::uint64_t chunk_records = 4'096;

UtcTime later(UtcTime time, microseconds by) {
  if (by.count() > 0 && time > UtcTime::max() - by) return UtcTime::max();
  if (by.count() < 0 && time < UtcTime::min() - by) return UtcTime::min();
  return time + by;
}

// Which time a session is of, by its name: "charge-2025-10-01-2" was planned for that day,
// "charge-4711" began with that command.
struct NameSays {
  std::optional<UtcTime> day;
  std::optional<Sequence> command;
};

NameSays read_name(const std::string& name) {
  NameSays says;
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos) return says;
  const std::string rest = name.substr(dash + 1);
  if (rest.size() >= 10) {
    const auto day = parse_time(std::string_view(rest).substr(0, 10), ZoneOffsets());
    if (day) says.day = *day;
  }
  Sequence command;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), command.value);
  if (error == std::errc() && end == rest.data() + rest.size() && command.value != 0)
    says.command = command;
  return says;
}

struct SessionFound {
  Sequence started, ended, cause;
  UtcTime from, to;
};

// Adds what the record says of the session.
template <class Fact>
void look(SessionFound& found, const log::RecordView& record, const std::string& name) {
  const auto* fact = record.event.as<Fact>();
  if (fact == nullptr || fact->session() == nullptr || fact->session()->string_view() != name)
    return;
  const UtcTime at = record.event.occurred_at();
  switch (fact->change()) {
    case fb::SessionChange::started:
      found.started = record.sequence;
      found.cause = Sequence{record.event.event().cause().value_or(0)};
      found.from = found.to = at;
      return;
    case fb::SessionChange::completed:
    case fb::SessionChange::cancelled:
    case fb::SessionChange::failed:
      found.ended = record.sequence;
      found.to = at;
      return;
    case fb::SessionChange::planned:
    case fb::SessionChange::progressed:
      return;
  }
}

Result<SessionFound> find_session(const log::Snapshot& snapshot, const std::string& name,
                                  Sequence last) {
  SessionFound found;
  const auto each = [&](const log::RecordView& record) -> Result<bool> {
    if (record.sequence > last) return false;
    look<fb::ChargingSessionChanged>(found, record, name);
    look<fb::SellingSessionChanged>(found, record, name);
    return found.ended.value == 0 || found.started.value == 0;
  };
  const NameSays says = read_name(name);
  // A day and more on either side, for zones and for what lasts over midnight.
  if (says.day)
    WATTLEDGER_TRY(scan_occurred_on(snapshot, *says.day - hours(48), *says.day + hours(96), each));
  else if (says.command)
    WATTLEDGER_TRY(
        scan_on(snapshot, *says.command, Sequence{says.command->value + 4 * chunk_records}, each));
  if (found.started.value == 0) WATTLEDGER_TRY(scan_on(snapshot, snapshot.first(), last, each));
  return found;
}

// The decision that the session's command was for; else the session's own event.
Sequence beginning(const log::Snapshot& snapshot, const SessionFound& found) {
  const auto command = snapshot.at(found.cause);
  const auto* issued = command ? command->event.as<fb::CommandIssued>() : nullptr;
  return issued != nullptr && issued->decision() ? Sequence{*issued->decision()} : found.started;
}

}  // namespace

Result<void> follow_decisions(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                              const Span& span, const DecisionFollower::Done& done) {
  const UtcTime from = later(span.period.from, -lead);
  const UtcTime to = later(span.period.to, in_force_max);
  Sequence before{0};
  if (!span.period.everything()) {
    const auto first = snapshot.first_recorded_at_or_after(from);
    if (!first) return Failure(first.error());
    before = Sequence{first->value - 1};
  }
  auto prices = prices_at(snapshot, cache, before);
  if (!prices) return Failure(prices.error());
  DecisionFollower follower(*std::move(prices), [&](FollowedDecision&& told) {
    if (span.holds(told.sequence, told.at)) done(std::move(told));
  });
  const auto each = [&](const log::RecordView& record) -> Result<bool> {
    if (record.sequence > span.known) return false;
    follower.record(record);
    return true;
  };
  WATTLEDGER_TRY(span.period.everything() ? scan_on(snapshot, snapshot.first(), span.known, each)
                                          : scan_occurred_on(snapshot, from, to, each));
  follower.finish();
  return {};
}

Result<Span> session_span(const log::Snapshot& snapshot, const std::string& name, Span span) {
  const auto found = find_session(snapshot, name, span.known);
  if (!found) return Failure(found.error());
  if (found->started.value == 0)
    return fail(ErrorKind::not_found, "no session \"" + name + "\" has begun",
                "wattledger log cat --kind ChargingSessionChanged and SellingSessionChanged show "
                "the names");
  span.first = std::max(span.first, beginning(snapshot, *found));
  if (found->ended.value != 0) {
    span.last = std::min(span.last, found->ended);
    span.period.to = std::min(span.period.to, found->to);
  }
  // The decision came before the reading that shows its session, by an hour at most.
  span.period.from = std::max(span.period.from, later(found->from, -hours(1)));
  return span;
}

Result<Span> newest_part(const log::Snapshot& snapshot, Span span, std::uint64_t limit,
                         const Wanted& wanted) {
  struct Found {
    Sequence sequence;
    UtcTime at;
  };
  std::uint64_t kept = 0;
  UtcTime earliest = span.period.to;
  Sequence end = span.last;
  // What was imported may stand anywhere.
  if (span.period.to != UtcTime::max() && snapshot.meta().batches.empty()) {
    const auto behind = snapshot.first_recorded_at_or_after(later(span.period.to, lead));
    if (!behind) return Failure(behind.error());
    end = std::min(end, *behind);
  }
  for (Sequence last = end; last >= span.first && last.value > 0;) {
    const Sequence first{std::max(last.value - std::min(last.value, chunk_records) + 1,
                                  std::max<std::uint64_t>(span.first.value, 1))};
    std::vector<Found> found;
    WATTLEDGER_TRY(
        scan_on(snapshot, first, last, [&](const log::RecordView& record) -> Result<bool> {
          const auto* fact = record.event.as<fb::DecisionMade>();
          const UtcTime at = record.event.occurred_at();
          if (fact != nullptr && span.holds(record.sequence, at) && wanted(record, *fact))
            found.push_back({record.sequence, at});
          return true;
        }));
    for (auto each = found.rbegin(); each != found.rend(); ++each) {
      earliest = std::min(earliest, each->at);
      if (++kept < limit) continue;
      span.first = each->sequence;
      span.period.from = std::max(span.period.from, earliest);
      return span;
    }
    if (first.value <= std::max<std::uint64_t>(span.first.value, 1)) break;
    last = Sequence{first.value - 1};
  }
  return span;
}

}  // namespace wattledger::tool
