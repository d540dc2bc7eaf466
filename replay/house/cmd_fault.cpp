// wattledger fault list, wattledger fault clear FAULT|all [--reason TEXT]: what safety has latched.
// `clear` writes.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "events/near_match.hpp"
#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;
constexpr auto replace_bad = Json::error_handler_t::replace;

// From the log, whether a daemon runs or not: faults are durable before anything rests on them.
Result<fold::State> read_state(const Place& place) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  return fold_all(place.data, open->snapshot);
}

Json fault_json(const fold::LatchedFault& fault) {
  return {{"fault", fb::EnumNameFault(fault.fault)},
          {"at", utc_text(fault.at)},
          {"latched", fault.latched},
          {"detail", fault.detail},
          {"sequence", fault.raised.value}};
}

Exit list(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto state = read_state(*place);
  if (!state) return cannot(state.error());
  if (invocation.format == Format::json) {
    for (const fold::LatchedFault& fault : state->faults)
      say(fault_json(fault).dump(-1, ' ', false, replace_bad));
    return Exit::done;
  }
  if (state->faults.empty()) say("no faults");
  for (const fold::LatchedFault& fault : state->faults)
    say(fmt::format("{:>8}  {}  {:<26}  {:<9}  {}", fault.raised.value,
                    local_text(fault.at, state->site.zone), fb::EnumNameFault(fault.fault),
                    fault.latched ? "latched" : "passing", fault.detail));
  return Exit::done;
}

struct Wish {
  std::string fault, reason;
};

std::vector<std::string> known_faults() {
  std::vector<std::string> names = {"all"};
  for (const fb::Fault fault : fb::EnumValuesFault())
    if (fault != fb::Fault::unknown) names.emplace_back(fb::EnumNameFault(fault));
  return names;
}

std::vector<fold::LatchedFault> chosen(const fold::State& state, const std::string& name) {
  std::vector<fold::LatchedFault> result;
  for (const fold::LatchedFault& fault : state.faults)
    if (name == "all" || name == fb::EnumNameFault(fault.fault)) result.push_back(fault);
  return result;
}

Exit clear(const Invocation& invocation, const Wish& wish) {
  const std::vector<std::string> known = known_faults();
  if (std::find(known.begin(), known.end(), wish.fault) == known.end())
    return usage("there is no fault \"" + wish.fault + "\"", near_match_remedy(wish.fault, known));
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto state = read_state(*place);
  if (!state) return cannot(state.error());
  const std::vector<fold::LatchedFault> faults = chosen(*state, wish.fault);
  if (faults.empty())
    return cannot(
        {ErrorKind::not_found,
         wish.fault == "all" ? "no fault stands" : "the fault " + wish.fault + " does not stand",
         "see wattledger fault list"});
  for (const fold::LatchedFault& fault : faults) {
    Json event = {{"type", "FaultCleared"},
                  {"fault", fb::EnumNameFault(fault.fault)},
                  {"raised", fault.raised.value}};
    if (!wish.reason.empty()) event["reason"] = wish.reason;
    const Exit exit = report(invocation, submit(*place, event.dump(-1, ' ', false, replace_bad)),
                             fmt::format("fault {} cleared", fb::EnumNameFault(fault.fault)));
    if (exit != Exit::done) return exit;
  }
  return Exit::done;
}

}  // namespace

void add_fault_list(CLI::App& fault, Invocation& invocation) {
  CLI::App* command = add_command(fault, "list", "Faults that stand, with when and why. Read-only.",
                                  "wattledger fault list");
  on_call(*command, invocation, [&invocation] { return list(invocation); });
}

void add_fault_clear(CLI::App& fault, Invocation& invocation) {
  CLI::App* command =
      add_command(fault, "clear",
                  "Say that a latched fault is dealt with, so that the battery may be used again. "
                  "A cause that still "
                  "shows raises it anew. Writes an event.",
                  "wattledger fault clear battery_temperature --reason \"fan replaced\"");
  const auto wish = std::make_shared<Wish>();
  add_words(*command, "fault", wish->fault, "A fault as wattledger fault list names it, or all")
      .type_name("FAULT|all")
      .required();
  add_words(*command, "--reason", wish->reason, "What was done about it, for the record")
      .type_name("TEXT");
  on_call(*command, invocation, [&invocation, wish] { return clear(invocation, *wish); });
}

}  // namespace wattledger::tool
