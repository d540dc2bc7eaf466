#include "replay/rebuild/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Rebuild {
  Sequence sequence;
  UtcTime recorded_at;
  std::string by;  // "uid:1000", or the program that did it unasked
  fb::ProjectionRebuiltT fact;
};

std::string who(const log::RecordView& record) {
  const auto* name = record.event.event().source_name();
  if (name != nullptr && name->size() != 0) return name->str();
  return fb::EnumNameSource(record.event.event().source());
}

// And the sequences of all corrections, if wanted.
Result<void> each_rebuild(const log::Snapshot& snapshot,
                          const std::function<void(const Rebuild&)>& each,
                          std::vector<Sequence>* corrections = nullptr) {
  return snapshot.scan(
      snapshot.first(), snapshot.head(), [&](const log::RecordView& record) -> Result<bool> {
        if (corrections != nullptr && record.event.kind() == Kind::CorrectionRecorded)
          corrections->push_back(record.sequence);
        const auto* fact = record.event.as<fb::ProjectionRebuilt>();
        if (fact == nullptr) return true;
        Rebuild rebuild{record.sequence, record.recorded_at, who(record), {}};
        fact->UnPackTo(&rebuild.fact);
        each(rebuild);
        return true;
      });
}

Json to_json(const Rebuild& rebuild) {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  return {{"sequence", rebuild.sequence.value},
          {"recorded_at", utc_text(rebuild.recorded_at)},
          {"projection", rebuild.fact.projection},
          {"version", rebuild.fact.version},
          {"schema", number(rebuild.fact.schema_version)},
          {"up_to", rebuild.fact.up_to},
          {"rows", number(rebuild.fact.rows)},
          {"took_ms", number(rebuild.fact.took_ms)},
          {"reason", rebuild.fact.reason},
          {"by", rebuild.by}};
}

std::string shown(const Rebuild& rebuild, const ZoneOffsets& zone) {
  std::string text =
      fmt::format("{} by {}, from records 1 to {}", local_text(rebuild.recorded_at, zone),
                  rebuild.by, rebuild.fact.up_to);
  if (rebuild.fact.took_ms)
    text += fmt::format(", in {:.1f} s", static_cast<double>(*rebuild.fact.took_ms) / 1000.0);
  return text;
}

// Those that what was last built has not seen.
std::size_t unseen(const std::vector<Sequence>& corrections, const Rebuild* last) {
  const Sequence seen{last != nullptr ? last->fact.up_to : 0};
  return static_cast<std::size_t>(corrections.end() -
                                  std::upper_bound(corrections.begin(), corrections.end(), seen));
}

// Empty where nothing has to be done.
std::string pending(const ProjectionHere& here, std::size_t corrections) {
  if (!here.message.empty()) return here.message;
  if (!here.version) return "not built yet; the daemon does at its start, or wattledger replay";
  if (here.standing == "current" || here.standing == "behind") {
    if (corrections == 0) return {};
    return fmt::format(
        "{} not shown yet: wattledger replay",
        corrections == 1 ? "a correction is" : std::to_string(corrections) + " corrections are");
  }
  if (*here.version != here.wanted)
    return fmt::format("built by version {}, this program continues {}: wattledger replay",
                       *here.version, here.wanted);
  return "it does not go with this log (" + here.standing + "): wattledger replay";
}

void print(const ProjectionHere& here, Sequence head, const Rebuild* last,
           const std::string& pending, const ZoneOffsets& zone) {
  const std::string version = here.version ? std::to_string(*here.version) : "none";
  say(fmt::format("{:<11}version {}, wanted {}", here.name, version, here.wanted));
  if (here.version)
    say(fmt::format("           {} at record {}, {} behind the log", here.standing,
                    here.sequence.value, head.value - std::min(here.sequence, head).value));
  say("           rebuilt " + (last != nullptr ? shown(*last, zone) : std::string("never")));
  if (!pending.empty()) say("           pending: " + pending);
}

Json to_json(const ProjectionHere& here, Sequence head, const Rebuild* last,
             const std::string& pending) {
  return {{"projection", here.name},
          {"version", here.version ? Json(*here.version) : Json(nullptr)},
          {"wanted", here.wanted},
          {"standing", here.standing},
          {"sequence", here.sequence.value},
          {"lag", head.value - std::min(here.sequence, head).value},
          {"rebuilt", last != nullptr ? to_json(*last) : Json(nullptr)},
          {"pending", pending.empty() ? Json(nullptr) : Json(pending)}};
}

void say_json(const Json& json) { say(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

}  // namespace

Exit replay_status(const Invocation& invocation, const Place& place, const Owner& owner) {
  const auto open = open_log(place);
  if (!open) return cannot(open.error());
  std::map<std::string, Rebuild> last;
  std::vector<Sequence> corrections;
  const auto scanned = each_rebuild(
      open->snapshot,
      [&](const Rebuild& rebuild) { last.insert_or_assign(rebuild.fact.projection, rebuild); },
      &corrections);
  if (!scanned) return cannot(scanned.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  const auto all = owner.here(place, open->snapshot.meta());
  bool waits = false;
  for (const ProjectionHere& here : all) {
    const auto found = last.find(here.name);
    const Rebuild* rebuild = found == last.end() ? nullptr : &found->second;
    const std::string what = pending(here, unseen(corrections, rebuild));
    waits = waits || !what.empty();
    if (invocation.format == Format::json)
      say_json(to_json(here, open->snapshot.head(), rebuild, what));
    else
      print(here, open->snapshot.head(), rebuild, what, zone);
  }
  if (all.empty()) note("this house has no projection; enable one in the configuration");
  return waits ? Exit::findings : Exit::done;
}

Exit replay_history(const Invocation& invocation, const Place& place) {
  const auto open = open_log(place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  std::size_t count = 0;
  const auto scanned = each_rebuild(open->snapshot, [&](const Rebuild& rebuild) {
    ++count;
    if (invocation.format == Format::json) return say_json(to_json(rebuild));
    say(fmt::format("{:>10}  {:<7} version {:<6} {}, {}", rebuild.sequence.value,
                    rebuild.fact.projection, rebuild.fact.version, rebuild.fact.reason,
                    shown(rebuild, zone)));
  });
  if (!scanned) return cannot(scanned.error());
  if (count == 0 && invocation.format != Format::json) say("nothing was ever rebuilt");
  return Exit::done;
}

}  // namespace wattledger::tool
