// wattledger correct SEQ FIELD VALUE --reason TEXT: an earlier fact was wrong. Writes; the record
// itself stays.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "replay/house/commands.hpp"
#include "replay/house/correction.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::uint64_t sequence = 0;
  std::string field, value, reason;
};

struct Corrected {
  std::string kind;
  std::string previous;
};

// What the record says now; empty where it says nothing.
std::string previous_value(const EventView& event, const std::string& field) {
  const auto json = nlohmann::json::parse(event_json(event), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("fact") || !json["fact"].contains(field)) return "";
  const auto& value = json["fact"][field];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// not_found: no such record. invalid_input: no such field, or a value that it cannot hold.
Result<Corrected> look(const Place& place, const Wish& wish) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto record = open->snapshot.at(Sequence{wish.sequence});
  if (!record) return Failure(record.error());
  WATTLEDGER_TRY(check_correction(record->event.kind(), wish.field, wish.value));
  return Corrected{std::string(kind_name(record->event.kind())),
                   previous_value(record->event, wish.field)};
}

Exit run(const Invocation& invocation, const Wish& wish) {
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
                            wish.value, found->previous.empty() ? "unknown" : found->previous));
}

}  // namespace

void add_correct(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(
      app, "correct",
      "Say that a recorded value was wrong, and what is right. The record stays as it is; the "
      "correction is an event of its own beside it, for whoever reads the log. Projections and "
      "decisions do not apply it yet. Writes an event.",
      "wattledger correct 1234 battery_soc_bp 6400 --reason \"the inverter reported 0\"");
  const auto wish = std::make_shared<Wish>();
  add_count(*command, "sequence", wish->sequence,
            "The wrong record's sequence, as wattledger log cat shows it")
      ->type_name("SEQ")
      ->required();
  command
      ->add_option("field", wish->field,
                   "Its field by the schema's name, as log cat --format json shows it")
      ->type_name("FIELD")
      ->required();
  command->add_option("value", wish->value, "The right value, in the field's unit")
      ->type_name("VALUE")
      ->required();
  command->add_option("--reason", wish->reason, "Why, for whoever reads the log later")
      ->type_name("TEXT")
      ->required();
  command->callback([&invocation, wish] {
    invocation.run = [&invocation, wish] { return run(invocation, *wish); };
  });
}

}  // namespace wattledger::tool
