// wattledger audit explain SEQ|TIME [--corrections]: why one decision was made, and what came of
// it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "projections/fold/reason.hpp"
#include "replay/audit/commands.hpp"
#include "replay/audit/explain.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::string which;
  bool all_corrections = false;
};

std::optional<Sequence> sequence_of(const std::string& text) {
  Sequence sequence;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, sequence.value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return sequence;
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

// A time of day alone is the last such that the log can tell of: today's, or of the day on which it
// ends.
Result<UtcTime> time_of(const std::string& text, const log::Snapshot& snapshot,
                        const ZoneOffsets& zone) {
  const UtcTime now = clock_now();
  if (!is_time_of_day(text)) return time_argument(text, zone, now);
  const auto head = snapshot.at(snapshot.head());
  const UtcTime told = head ? std::min(now, head->recorded_at + in_force_max) : now;
  const auto time = time_argument(text, zone, told);
  if (!time || *time <= told) return time;
  return time_argument(text, zone, zone.day_start(told) - std::chrono::hours(1));
}

std::string nearest(const NoDecision& other) {
  std::string text;
  if (other.before) text = fmt::format("{} before it", other.before->sequence.value);
  if (other.after)
    text += (text.empty() ? "" : ", or ") + fmt::format("{} after it", other.after->sequence.value);
  return text.empty() ? "no decision stands near it; wattledger audit list shows which there are"
                      : "ask for the decision " + text;
}

std::string line_of(Sequence sequence, UtcTime at, const ZoneOffsets& zone,
                    const std::string& what) {
  return fmt::format("{:>8}  {}  {}", sequence.value, local_text(at, zone), what);
}

std::string line_of(const FollowedDecision& told, const ZoneOffsets& zone,
                    fold::Language language) {
  return line_of(told.sequence, told.at, zone,
                 told.is_imported ? "Imported: " + told.imported_reason
                                  : fold::reason_text(told.decision, zone, language));
}

Exit say_other(const NoDecision& other, const Invocation& invocation, const ZoneOffsets& zone) {
  const std::string what =
      fmt::format("record {} is no decision but a {}", other.sequence.value, other.kind);
  if (invocation.format == Format::json) {
    Json result = {{"sequence", other.sequence.value},
                   {"at", utc_text(other.at)},
                   {"kind", other.kind},
                   {"event", Json::parse(other.json, nullptr, /*allow_exceptions=*/false)},
                   {"decision_before", nullptr},
                   {"decision_after", nullptr}};
    if (other.before) result["decision_before"] = other.before->sequence.value;
    if (other.after) result["decision_after"] = other.after->sequence.value;
    say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
    return usage(what, nearest(other));
  }
  if (other.before) say(line_of(*other.before, zone, invocation.language));
  say(line_of(other.sequence, other.at, zone, other.kind));
  if (other.after) say(line_of(*other.after, zone, invocation.language));
  return usage(what, nearest(other));
}

// Their last newline is say()'s.
void say_text(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  say(text);
}

void say_explanation(const Explanation& explanation, const Invocation& invocation) {
  switch (invocation.format) {
    case Format::json:
      say(explain_json(explanation));
      return;
    case Format::html:
      say_text(explain_html(explanation));
      return;
    case Format::text:
    case Format::csv:
      TextForm form;
      form.colour = wants_colour();
      say_text(explain_text(explanation, form));
      return;
  }
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  auto sequence = sequence_of(wish.which);
  if (!sequence) {
    const auto time = time_of(wish.which, open->snapshot, zone);
    if (!time)
      return usage("\"" + wish.which + "\" is neither a record nor a time",
                   "write 12345, or a time as 2025-10-26T18:30, 18:30 (the last in the log) or "
                   "2025-10-26T16:30Z");
    const auto found = in_force_at(open->snapshot, *time, zone);
    if (!found) return cannot(found.error());
    sequence = *found;
  }
  const projections::FoldCache cache(place->data / "cache");
  auto explained =
      explain(open->snapshot, cache, *sequence, {wish.all_corrections, invocation.language});
  if (!explained) return cannot(explained.error());
  if (auto* explanation = std::get_if<Explanation>(&*explained)) {
    if (explanation->told.is_imported) explanation->zone = zone;
    say_explanation(*explanation, invocation);
    return tell_damage();
  }
  return say_other(std::get<NoDecision>(*explained), invocation, zone);
}

}  // namespace

void add_audit_explain(CLI::App& audit, Invocation& invocation) {
  CLI::App* command = add_command(
      audit, "explain",
      "Why a decision was made: what it knew, every rule tried, the plan, what else was open, what "
      "the inverter was told and did, what the meter then counted, and whether it can be made "
      "again. With --format html one page to look at or send. Read-only.",
      "wattledger audit explain 2025-10-26T06:00");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "which", wish->which,
           "The decision's record, or a time: the decision in force then. Of a time of day, the "
           "last such in the log")
      .type_name("SEQ|TIME")
      .required();
  add_flag(*command, "--corrections", wish->all_corrections,
           "Look for corrections in the log itself up to its end, not in the cache's index of them "
           "(without "
           "one 50000 records on)");
  on_call(*command, invocation, {Format::html},
          [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
