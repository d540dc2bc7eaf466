// wattledger audit explain SEQ|TIME [--corrections]: why one decision was made, and what came of
// it.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "replay/audit/commands.hpp"
#include "replay/audit/explain.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"

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

std::string nearest(const NoDecision& other) {
  std::string text;
  if (other.before) text = fmt::format("the decision before it is {}", other.before->value);
  if (other.after)
    text += (text.empty() ? "" : ", ") + fmt::format("the one after is {}", other.after->value);
  return text.empty() ? "no decision stands near it" : text;
}

void say_other(const NoDecision& other, Format format, const ZoneOffsets& zone) {
  if (format == Format::json) {
    Json result = {{"sequence", other.sequence.value},
                   {"at", utc_text(other.at)},
                   {"kind", other.kind},
                   {"event", Json::parse(other.json, nullptr, /*allow_exceptions=*/false)},
                   {"decision_before", nullptr},
                   {"decision_after", nullptr}};
    if (other.before) result["decision_before"] = other.before->value;
    if (other.after) result["decision_after"] = other.after->value;
    say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  say(fmt::format("Record {} is no decision but a {} of {}; {}.", other.sequence.value, other.kind,
                  local_text(other.at, zone), nearest(other)));
  say(fmt::format("See it with: wattledger log cat {}", other.sequence.value));
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
      say_text(explain_html(explanation, invocation.language));
      return;
    case Format::text:
    case Format::csv:
      TextForm form;
      form.colour = wants_colour();
      form.language = invocation.language;
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
    const auto time = time_argument(wish.which, zone, clock_now());
    if (!time)
      return usage(
          "\"" + wish.which + "\" is neither a record nor a time",
          "write 12345, or a time as 2025-10-26T18:30, 18:30 (today) or 2025-10-26T16:30Z");
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
  } else {
    say_other(std::get<NoDecision>(*explained), invocation.format, zone);
  }
  return Exit::done;
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
           "The decision's record, or a time: the decision in force then")
      .type_name("SEQ|TIME")
      .required();
  add_flag(*command, "--corrections", wish->all_corrections,
           "Look for corrections up to the log's end, not 50000 records on");
  on_call(*command, invocation, {Format::html},
          [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
