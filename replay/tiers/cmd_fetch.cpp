// wattledger tiers fetch [--from TIME] [--to TIME]: brings cold segments back from their remote, so
// that a replay or an audit of that time can read them. Writes to the log's segments alone.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/remote/cold_store.hpp"
#include "log/archive.hpp"
#include "log/tiers.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/tiers/commands.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::string from, to;
};

struct Period {
  UtcTime from = UtcTime::min();
  UtcTime to = UtcTime::max();
};

Result<Period> period_of(const Wish& wish, const ZoneOffsets& zone) {
  Period period;
  if (!wish.from.empty()) {
    const auto from = time_argument(wish.from, zone, clock_now());
    if (!from) return Failure(from.error());
    period.from = *from;
  }
  if (!wish.to.empty()) {
    const auto to = time_argument(wish.to, zone, clock_now());
    if (!to) return Failure(to.error());
    period.to = *to;
  }
  if (period.from < period.to) return period;
  return fail(ErrorKind::invalid_input, "--from is not before --to", "give an earlier --from");
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto period = period_of(wish, house_zone(open->snapshot));
  if (!period) return usage(period.error().what, period.error().remedy);
  const auto cold = log::list_cold(place->log());
  if (!cold) return cannot(cold.error());
  const auto archive = log::Archive::open(place->log(), open->snapshot.meta());
  if (!archive) return cannot(archive.error());
  Json names = Json::array();
  std::uint64_t bytes = 0;
  for (const log::ColdSegment& each : *cold) {
    if (each.recorded_to < period->from || each.recorded_from >= period->to) continue;
    if (archive->gaps(each.records.first, each.records.last).empty()) continue;  // it is here
    if (const auto fetched = remote::fetch_segment(place->log(), each, {}); !fetched)
      return cannot(fetched.error());
    names.push_back(each.name());
    bytes += each.bytes;
    if (invocation.format == Format::text)
      say(fmt::format("{}  {}, from {}", each.name(), bytes_text(each.bytes), each.place));
  }
  if (invocation.format == Format::json) {
    say(Json{{"fetched", names}, {"bytes", bytes}}.dump(-1, ' ', false,
                                                        Json::error_handler_t::replace));
    return Exit::done;
  }
  if (names.empty())
    note("nothing to fetch: no segment of that time is with a remote alone");
  else
    say(fmt::format("{} segments, {}, are here again; tiers run lets them go after a week",
                    names.size(), bytes_text(bytes)));
  return Exit::done;
}

}  // namespace

void add_tiers_fetch(CLI::App& tiers, Invocation& invocation) {
  CLI::App* command = add_command(
      tiers, "fetch",
      "Bring segments back from their remote, all of them or those with records of a time, each "
      "known again by its SHA-256. Replays and audits then read them. Writes to the segments.",
      "wattledger tiers fetch --from 2024-01-01 --to 2024-02-01");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "--from", wish->from, "Recorded at this time or later").type_name("TIME");
  add_text(*command, "--to", wish->to, "Recorded before this time").type_name("TIME");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
