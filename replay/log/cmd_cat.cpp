// wattledger log cat [SEQ[..SEQ]] [--kind K] [--from T] [--to T] [--known-at T] [--limit N]: the
// log's records, one per line.
#include <algorithm>
#include <charconv>

#include "events/near_match.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/log/record_line.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

struct Wish {
  std::string range, kind, from, to, known_at;
  std::uint64_t limit = 0;  // 0: none
};

// What is asked for, read and checked.
struct Selection {
  Sequence first{1};
  Sequence last{UINT64_MAX};
  Kind kind = Kind::NONE;  // NONE: all
  std::optional<UtcTime> from, to, known_at;
};

bool parse_sequence(std::string_view text, Sequence& sequence) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence.value);
  return error == std::errc() && end == text.data() + text.size();
}

Result<void> parse_range(const std::string& text, Selection& selection) {
  const std::size_t dots = text.find("..");
  const std::string_view whole = text;
  const std::string_view first = whole.substr(0, dots);
  const std::string_view last = dots == std::string::npos ? first : whole.substr(dots + 2);
  const bool good = (first.empty() || parse_sequence(first, selection.first)) &&
                    (last.empty() || parse_sequence(last, selection.last)) &&
                    (!first.empty() || !last.empty());
  if (!good)
    return fail(ErrorKind::invalid_input, "\"" + text + "\" is no record",
                "write 120, 120..140, 120.. or ..140");
  if (selection.first > selection.last)
    return fail(ErrorKind::invalid_input, "\"" + text + "\" runs backwards",
                "write the lower sequence first");
  return {};
}

Result<void> parse_kind(const std::string& text, Selection& selection) {
  selection.kind = kind_from_name(text);
  if (selection.kind != Kind::NONE) return {};
  std::vector<std::string> known;
  for (const Kind kind : fb::EnumValuesFact())
    if (kind != Kind::NONE) known.emplace_back(kind_name(kind));
  return fail(ErrorKind::invalid_input, "there is no kind \"" + text + "\"",
              near_match_remedy(text, known));
}

Result<void> parse_times(const Wish& wish, const ZoneOffsets& zone, Selection& selection) {
  for (const auto& [text, time] :
       {std::pair(&wish.from, &selection.from), std::pair(&wish.to, &selection.to),
        std::pair(&wish.known_at, &selection.known_at)}) {
    if (text->empty()) continue;
    const auto parsed = time_argument(*text, zone, clock_now());
    if (!parsed) return Failure(parsed.error());
    *time = *parsed;
  }
  if (selection.from && selection.to && *selection.from >= *selection.to)
    return fail(ErrorKind::invalid_input, "--from is not before --to",
                "write the earlier time as --from");
  return {};
}

Result<Selection> parse(const Wish& wish, const ZoneOffsets& zone) {
  Selection selection;
  if (!wish.range.empty()) WATTLEDGER_TRY(parse_range(wish.range, selection));
  if (!wish.kind.empty()) WATTLEDGER_TRY(parse_kind(wish.kind, selection));
  WATTLEDGER_TRY(parse_times(wish, zone, selection));
  return selection;
}

Result<void> print(const log::Snapshot& snapshot, const Selection& selection, std::uint64_t limit,
                   Format format, const ZoneOffsets& zone) {
  std::uint64_t printed = 0;
  const auto each = [&](const log::RecordView& record) -> Result<bool> {
    if (record.sequence < selection.first || record.sequence > selection.last) return true;
    if (selection.kind != Kind::NONE && record.event.kind() != selection.kind) return true;
    say(format == Format::json ? record_json(record) : record_line(record, zone));
    return ++printed != limit;
  };
  if (!selection.from && !selection.to) return snapshot.scan(selection.first, selection.last, each);
  return snapshot.scan_occurred(selection.from.value_or(UtcTime::min()),
                                selection.to.value_or(UtcTime::max()), each);
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  auto selection = parse(wish, zone);
  if (!selection) return usage(selection.error().what, selection.error().remedy);
  if (selection->known_at) {
    const auto head = open->snapshot.known_at(*selection->known_at);
    if (!head) return cannot(head.error());
    selection->last = std::min(selection->last, *head);
  }
  const bool one = !wish.range.empty() && selection->first == selection->last;
  if (one &&
      (selection->first < open->snapshot.first() || selection->first > open->snapshot.head()))
    return cannot({ErrorKind::not_found, "there is no record " + wish.range,
                   "the log holds " + std::to_string(open->snapshot.first().value) + " to " +
                       std::to_string(open->snapshot.head().value)});
  const auto printed = print(open->snapshot, *selection, wish.limit, invocation.format, zone);
  return printed ? Exit::done : cannot(printed.error());
}

}  // namespace

void add_log_cat(CLI::App& log, Invocation& invocation) {
  CLI::App* command =
      add_command(log, "cat",
                  "Print records, one per line, oldest first: sequence, local time, kind, key "
                  "facts; with --format json every field. Read-only.",
                  "wattledger log cat --kind DecisionMade --from 2025-10-26 --limit 20");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "range", wish->range,
           "Records to print: 120, 120..140, 120.. or ..140 (all if left out)")
      .type_name("SEQ[..SEQ]");
  add_text(*command, "--kind", wish->kind, "Only events of this kind, such as ReadingRecorded")
      .type_name("KIND");
  add_text(*command, "--from", wish->from,
           "Only what occurred at this time or later (local, or with Z or +02:00)")
      .type_name("TIME");
  add_text(*command, "--to", wish->to, "Only what occurred before this time").type_name("TIME");
  add_text(*command, "--known-at", wish->known_at,
           "Only what was recorded at this time or earlier: the log as it was then")
      .type_name("TIME");
  add_count(*command, "--limit", wish->limit, "Stop after so many");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
