// wattledger log tail [-n N] [-f]: the newest records, and with -f whatever comes, from whichever
// process appends.
#include <cstdio>

#include "replay/log/commands.hpp"
#include "replay/log/record_line.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

struct Wish {
  std::uint64_t lines = 10;
  bool follow = false;
};

Result<void> print(const log::Snapshot& snapshot, Sequence from, Format format,
                   const ZoneOffsets& zone) {
  const auto printed =
      snapshot.scan(from, snapshot.head(), [&](const log::RecordView& record) -> Result<bool> {
        say(format == Format::json ? record_json(record) : record_line(record, zone));
        return true;
      });
  std::fflush(stdout);
  return printed;
}

// Ends with the reader of our output (SIGPIPE), with Ctrl-C, or with an error. Each look has a
// snapshot of its own, because one kept open would pin the log's pages.
Exit follow(const log::Log& log, Sequence seen, Format format) {
  while (true) {
    const auto grown = log::wait_beyond(log, seen, std::chrono::seconds(1));
    if (!grown) return cannot(grown.error());
    if (!*grown) continue;
    const auto snapshot = log.snapshot();
    if (!snapshot) return cannot(snapshot.error());
    const auto printed = print(*snapshot, seen.next(), format, house_zone(*snapshot));
    if (!printed) return cannot(printed.error());
    seen = snapshot->head();
  }
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const Sequence head = open->snapshot.head();
  const std::uint64_t lines = std::min(wish.lines, head.value);
  const auto printed = print(open->snapshot, Sequence{head.value - lines + 1}, invocation.format,
                             house_zone(open->snapshot));
  if (!printed) return cannot(printed.error());
  if (!wish.follow) return Exit::done;
  { const log::Snapshot done = std::move(open->snapshot); }
  return follow(open->log, head, invocation.format);
}

}  // namespace

void add_log_tail(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(
      log, "tail",
      "Print the newest records; with -f go on with what comes, until Ctrl-C. Read-only.",
      "wattledger log tail -n 20 -f");
  const auto wish = std::make_shared<Wish>();
  add_count(*command, "-n,--lines", wish->lines, "How many (default 10)");
  add_flag(*command, "-f,--follow", wish->follow, "Go on with what is appended");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
