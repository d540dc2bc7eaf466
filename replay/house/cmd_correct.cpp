// wattledger correct SEQ FIELD VALUE --reason TEXT: an earlier fact was wrong. Writes; the record
// itself stays. correct --rule NAME [--from T] [--to T] [--yes]: what a known fault left, shown
// and, with --yes, corrected.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "events/near_match.hpp"
#include "events/set_field.hpp"
#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/correction.hpp"
#include "replay/house/correction_rules.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::uint64_t sequence = 0;
  std::string field, value, reason;
  std::string rule, from, to;
  bool yes = false;
};

struct Corrected {
  std::string kind;
  std::string previous;
  bool implausible = false;  // such readings have no rows
};

// What the record says now; empty where it says nothing.
std::string previous_value(const EventView& event, const std::string& field) {
  const auto json = nlohmann::json::parse(event_json(event), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("fact") || !json["fact"].contains(field)) return "";
  const auto& value = json["fact"][field];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// As the last correction says, if there is any.
Result<std::string> corrected_value(const log::Snapshot& snapshot, const Wish& wish,
                                    std::string value) {
  const auto read = [&](const log::RecordView& record) -> Result<bool> {
    const auto* fact = record.event.as<fb::CorrectionRecorded>();
    const bool same = fact != nullptr && fact->corrects() == wish.sequence &&
                      fact->field() != nullptr && fact->field()->str() == wish.field;
    if (same && fact->value() != nullptr) value = fact->value()->str();
    return true;
  };
  if (snapshot.head().value > wish.sequence)
    WATTLEDGER_TRY(snapshot.scan(Sequence{wish.sequence}.next(), snapshot.head(), read));
  return value;
}

// not_found: no such record. invalid_input: no such field, or a value that it cannot hold.
Result<Corrected> look(const Place& place, const Wish& wish) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto record = open->snapshot.at(Sequence{wish.sequence});
  if (!record) return Failure(record.error());
  fb::EventT tried = record->event.unpack();
  const bool left_out = wish.value == "unknown" && set_field(tried, wish.field, wish.value);
  if (!left_out) WATTLEDGER_TRY(check_correction(record->event.kind(), wish.field, wish.value));
  auto previous = corrected_value(open->snapshot, wish, previous_value(record->event, wish.field));
  if (!previous) return Failure(previous.error());
  const auto* reading = record->event.as<fb::ReadingRecorded>();
  return Corrected{std::string(kind_name(record->event.kind())), std::move(*previous),
                   reading != nullptr && reading->quality() == fb::Quality::implausible};
}

// What shows it.
std::string outlook(const Corrected& found, const std::string& field) {
  if (found.implausible) return "a reading recorded as implausible stands in no table or file";
  return can_set_field(kind_from_name(found.kind), field)
             ? "wattledger replay shows it in tables and files"
             : "no table or file shows a correction of this field";
}

Exit run_one(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto found = look(*place, wish);
  if (!found && found.error().kind == ErrorKind::invalid_input)
    return usage(found.error().what, found.error().remedy);
  if (!found) return cannot(found.error());
  if (found->previous == wish.value)
    return usage(
        fmt::format("{} of record {} is {} already", wish.field, wish.sequence, wish.value),
        "nothing was written");
  const Json event = {{"type", "CorrectionRecorded"}, {"corrects", wish.sequence},
                      {"field", wish.field},          {"value", wish.value},
                      {"previous", found->previous},  {"reason", wish.reason}};
  return report(invocation,
                submit(*place, event.dump(-1, ' ', false, Json::error_handler_t::replace)),
                fmt::format("{} {}: {} is {} instead of {}", found->kind, wish.sequence, wish.field,
                            wish.value, found->previous.empty() ? "unknown" : found->previous) +
                    "; " + outlook(*found, wish.field));
}

Json event_of(const Proposal& proposal, const std::string& rule) {
  return {{"type", "CorrectionRecorded"},  {"corrects", proposal.record.value},
          {"field", proposal.field},       {"value", proposal.value},
          {"previous", proposal.previous}, {"reason", rule + ": " + proposal.why}};
}

void show(const Invocation& invocation, const Proposal& each, const ZoneOffsets& zone) {
  if (invocation.format == Format::json) {
    say(Json({{"record", each.record.value},
              {"occurred_at", utc_text(each.at)},
              {"kind", each.kind},
              {"field", each.field},
              {"previous", each.previous},
              {"value", each.value},
              {"why", each.why}})
            .dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  say(fmt::format("{:>10}  {}  {} {}: {} instead of {} ({})", each.record.value,
                  local_text(each.at, zone), each.kind, each.field, each.value, each.previous,
                  each.why));
}

Result<std::vector<Proposal>> proposed(const Place& place, const Wish& wish, ZoneOffsets& zone) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  zone = house_zone(open->snapshot);
  UtcTime from = UtcTime::min(), to = UtcTime::max();
  for (const auto& [text, into] : {std::pair(&wish.from, &from), std::pair(&wish.to, &to)}) {
    if (text->empty()) continue;
    const auto time = time_argument(*text, zone, clock_now());
    if (!time) return Failure(time.error());
    *into = *time;
  }
  return propose(open->snapshot, wish.rule, from, to);
}

Exit run_rule(const Invocation& invocation, const Wish& wish) {
  const std::vector<std::string> rules = correction_rules();
  if (std::find(rules.begin(), rules.end(), wish.rule) == rules.end())
    return usage("\"" + wish.rule + "\" is no rule of correct",
                 near_match_remedy(wish.rule, rules));
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  ZoneOffsets zone;
  const auto all = proposed(*place, wish, zone);
  if (!all && all.error().kind == ErrorKind::invalid_input)
    return usage(all.error().what, all.error().remedy);
  if (!all) return cannot(all.error());
  for (const Proposal& each : *all) show(invocation, each, zone);
  if (all->empty()) {
    note("the rule finds nothing to correct");
    return Exit::done;
  }
  if (!wish.yes) {
    note(fmt::format("{} corrections, none written yet: add --yes", all->size()));
    return Exit::findings;
  }
  for (const Proposal& each : *all) {
    const Json event = event_of(each, wish.rule);
    const auto submitted =
        submit(*place, event.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (!submitted) return cannot(submitted.error());
  }
  note(fmt::format("{} corrections written; wattledger replay shows them in tables and files",
                   all->size()));
  return Exit::done;
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const bool one = wish.sequence != 0 || !wish.field.empty() || !wish.value.empty();
  if (!wish.rule.empty() && (one || !wish.reason.empty()))
    return usage("correct: --rule stands by itself", "leave out SEQ, FIELD, VALUE and --reason");
  if (!wish.rule.empty()) return run_rule(invocation, wish);
  if (!wish.from.empty() || !wish.to.empty() || wish.yes)
    return usage("correct: --from, --to and --yes go with --rule", "see wattledger correct --help");
  if (wish.sequence == 0 || wish.field.empty() || wish.value.empty() || wish.reason.empty())
    return usage("correct: SEQ, FIELD, VALUE and --reason belong together",
                 "see wattledger correct --help");
  return run_one(invocation, wish);
}

}  // namespace

void add_correct(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(
      app, "correct",
      "Say that a recorded value was wrong, and what is right. The record stays as it is; the "
      "correction is an event of its own beside it. Tables and files show the right value from the "
      "next wattledger replay on; what was decided before rests on what was known then. Writes an "
      "event.",
      "wattledger correct 1234 battery_soc_bp 6400 --reason \"the inverter reported 0\"");
  const auto wish = std::make_shared<Wish>();
  add_count(*command, "sequence", wish->sequence,
            "The wrong record's sequence, as wattledger log cat shows it")
      .type_name("SEQ");
  add_words(*command, "field", wish->field,
            "Its field by the schema's name, as log cat --format json shows it")
      .type_name("FIELD");
  add_words(*command, "value", wish->value,
            "The right value, in the field's unit; unknown where nobody knows it")
      .type_name("VALUE");
  add_words(*command, "--reason", wish->reason, "Why, for whoever reads the log later")
      .type_name("TEXT");
  add_text(*command, "--rule", wish->rule,
           "Instead: everything that a known fault left. cost-per-mwh: amounts 1000 times too low. "
           "sales-by-meter: sales of more than the export counter measured")
      .type_name("NAME");
  add_text(*command, "--from", wish->from, "With --rule: only facts of this time and later")
      .type_name("TIME");
  add_text(*command, "--to", wish->to, "With --rule: only facts before this time")
      .type_name("TIME");
  add_flag(*command, "--yes", wish->yes, "With --rule: write what it shows");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
