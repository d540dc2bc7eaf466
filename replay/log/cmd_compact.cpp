// wattledger log compact: gives the disk what archiving freed inside the log's file.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/compact.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

Exit run(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto lock = log::WriterLock::take(place->log(), "wattledger");
  if (!lock) {
    Error error = lock.error();
    if (error.kind == ErrorKind::locked) error.remedy = "stop it, compact, and start it again";
    return cannot(error);
  }
  const auto compacted = log::compact(place->log(), *lock);
  if (!compacted) return cannot(compacted.error());
  if (invocation.format == Format::json)
    say(nlohmann::ordered_json{{"bytes_before", compacted->bytes_before},
                               {"bytes_after", compacted->bytes_after}}
            .dump());
  else
    say(fmt::format("the log's file took {} and takes {} now", bytes_text(compacted->bytes_before),
                    bytes_text(compacted->bytes_after)));
  return Exit::done;
}

}  // namespace

void add_log_compact(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(
      log, "compact",
      "Rewrite the log's file without the space that archiving freed in it. Needs a stopped "
      "daemon and room for a copy; the records stay the same. Writes.",
      "wattledger log compact");
  on_call(*command, invocation, [&invocation] { return run(invocation); });
}

}  // namespace wattledger::tool
