// wattledger log stat: what the log is and holds.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "log/archive.hpp"
#include "log/checkpoint.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/place.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t checkpoints_shown = 5;

struct Contents {
  std::array<std::uint64_t, static_cast<std::size_t>(kind_max) + 1> by_kind{};
  std::uint64_t bytes = 0;
  std::optional<UtcTime> earliest, latest;  // occurred-at
  std::vector<log::SequenceRange> segments;
  std::vector<std::uint64_t> signed_sizes;  // of the checkpoints, ascending
};

Result<Contents> count(const log::Snapshot& snapshot, const std::filesystem::path& directory) {
  Contents contents;
  const auto archive = log::Archive::open(directory, snapshot.meta());
  if (!archive) return Failure(archive.error());
  // Records that stand in a segment and in the log's file still, as archiving stopped, count once.
  for (const log::SequenceRange& range : archive->segments())
    if (range.first < snapshot.meta().first) contents.segments.push_back(range);
  const auto listed = log::scan_checkpoints(
      snapshot, 1, [&](const log::StoredCheckpoint& checkpoint) -> Result<bool> {
        contents.signed_sizes.push_back(checkpoint.size);
        return true;
      });
  if (!listed) return Failure(listed.error());
  const auto scanned = scan_on(snapshot, snapshot.first(), snapshot.head(),
                               [&](const log::RecordView& record) -> Result<bool> {
                                 const UtcTime at = record.event.occurred_at();
                                 ++contents.by_kind[static_cast<std::size_t>(record.event.kind())];
                                 contents.bytes += record.bytes.size();
                                 if (!contents.earliest || at < *contents.earliest)
                                   contents.earliest = at;
                                 if (!contents.latest || at > *contents.latest)
                                   contents.latest = at;
                                 return true;
                               });
  if (!scanned) return Failure(scanned.error());
  return contents;
}

Json lists_json(const log::Meta& meta) {
  Json result = {{"epochs", Json::array()}, {"batches", Json::array()}};
  for (const log::ClockEpoch& epoch : meta.epochs)
    result["epochs"].push_back(
        {{"first", epoch.first.value}, {"recorded_at", utc_text(epoch.recorded_at)}});
  for (const log::ImportBatch& batch : meta.batches)
    result["batches"].push_back({{"id", batch.id.hex()},
                                 {"started", batch.started.value},
                                 {"finished", batch.finished.value},
                                 {"recorded_at", utc_text(batch.recorded_at)}});
  return result;
}

Json to_json(const OpenLog& open, const Contents& contents) {
  const log::Meta& meta = open.snapshot.meta();
  Json result;
  result["directory"] = open.log.directory().string();
  result["uuid"] = meta.uuid.hex();
  result["format"] = meta.format;
  result["demo"] = meta.demo;
  result["first"] = meta.first.value;
  result["head"] = meta.head.value;
  result["segments"] = Json::array();
  for (const log::SequenceRange& range : contents.segments)
    result["segments"].push_back({{"first", range.first.value}, {"last", range.last.value}});
  result["root"] = meta.frontier.root().hex();
  result["signed"] = contents.signed_sizes;
  result["parent"] = meta.parent ? Json{{"uuid", meta.parent->hex()},
                                        {"size", meta.parent_size},
                                        {"root", meta.parent_root.hex()}}
                                 : Json(nullptr);
  result["recorded_at"] =
      meta.head.value == 0 ? Json(nullptr) : Json(utc_text(meta.head_recorded_at));
  result["earliest"] = contents.earliest ? Json(utc_text(*contents.earliest)) : Json(nullptr);
  result["latest"] = contents.latest ? Json(utc_text(*contents.latest)) : Json(nullptr);
  result["record_bytes"] = contents.bytes;
  result["file_bytes"] = open.log.file_bytes();
  result["map_bytes"] = open.log.map_bytes();
  const auto holder = log::writer_lock_holder(open.log.directory());
  result["writer"] = holder ? Json(*holder) : Json(nullptr);
  result.update(lists_json(meta));
  result["kinds"] = Json::object();
  for (const Kind kind : fb::EnumValuesFact())
    if (const auto n = contents.by_kind[static_cast<std::size_t>(kind)]; n != 0)
      result["kinds"][std::string(kind_name(kind))] = n;
  return result;
}

void row(const char* name, const std::string& value) { say(fmt::format("{:<12}{}", name, value)); }

void print_lists(const log::Meta& meta, const ZoneOffsets& zone) {
  row("epochs", std::to_string(meta.epochs.size()));
  for (const log::ClockEpoch& epoch : meta.epochs)
    row("", fmt::format("from {} on, {}", epoch.first.value, local_text(epoch.recorded_at, zone)));
  row("batches", meta.batches.empty() ? "none imported" : std::to_string(meta.batches.size()));
  for (const log::ImportBatch& batch : meta.batches)
    row("", fmt::format("{} to {}, {}", batch.started.value,
                        batch.finished.value == 0 ? "(open)" : std::to_string(batch.finished.value),
                        local_text(batch.recorded_at, zone)));
}

// The sizes that log prove takes for --at and --to.
void print_signed(const std::vector<std::uint64_t>& sizes) {
  if (sizes.empty()) return row("signed", "never; see wattledger log checkpoint --help");
  const std::size_t shown = std::min(sizes.size(), checkpoints_shown);
  std::string newest;
  for (auto size = sizes.end() - static_cast<std::ptrdiff_t>(shown); size != sizes.end(); ++size)
    newest += (newest.empty() ? "" : ", ") + std::to_string(*size);
  if (sizes.size() > shown) newest = "… " + newest;
  row("signed",
      fmt::format("{} time{}, at {} records", sizes.size(), sizes.size() == 1 ? "" : "s", newest));
}

void print(const OpenLog& open, const Contents& contents) {
  const log::Meta& meta = open.snapshot.meta();
  const ZoneOffsets zone = house_zone(open.snapshot);
  const auto time = [&](const std::optional<UtcTime>& at) {
    return at ? local_text(*at, zone) : std::string("?");
  };
  row("log", open.log.directory().string());
  row("uuid", meta.uuid.hex());
  row("format", fmt::format("{}{}", meta.format, meta.demo ? ", demo" : ""));
  if (meta.parent)
    row("parent", fmt::format("{}, {} records", meta.parent->hex(), meta.parent_size));
  if (meta.head.value == 0)
    row("records", "none yet");
  else
    row("records", fmt::format("1 to {}", meta.head.value));
  if (meta.first.value > 1)
    row("archived",
        fmt::format("1 to {} of them, in {} segment{}", meta.first.value - 1,
                    contents.segments.size(), contents.segments.size() == 1 ? "" : "s"));
  row("root", meta.frontier.root().hex());
  print_signed(contents.signed_sizes);
  if (contents.earliest) row("occurred", time(contents.earliest) + " to " + time(contents.latest));
  if (meta.head.value != 0) row("recorded", "last at " + local_text(meta.head_recorded_at, zone));
  row("bytes", fmt::format("{} in records, file {}, may grow to {}", bytes_text(contents.bytes),
                           bytes_text(open.log.file_bytes()), bytes_text(open.log.map_bytes())));
  print_lists(meta, zone);
  row("writer", log::writer_lock_holder(open.log.directory()).value_or("none"));
  say("");
  for (const Kind kind : fb::EnumValuesFact())
    if (const auto n = contents.by_kind[static_cast<std::size_t>(kind)]; n != 0)
      say(fmt::format("{:>10}  {}", n, kind_name(kind)));
}

Exit run(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  if (invocation.format == Format::json) {
    const auto text = log_stat_json(*open);
    if (!text) return cannot(text.error());
    say(*text);
    return Exit::done;
  }
  const auto contents = count(open->snapshot, open->log.directory());
  if (!contents) return cannot(contents.error());
  print(*open, *contents);
  return tell_damage();
}

}  // namespace

Result<std::string> log_stat_json(const OpenLog& open) {
  const auto contents = count(open.snapshot, open.log.directory());
  if (!contents) return Failure(contents.error());
  return to_json(open, *contents).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_log_stat(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(log, "stat",
                                  "What the log is and holds: identity, records by kind, times, "
                                  "sizes, its one writer. Read-only.",
                                  "wattledger log stat");
  on_call(*command, invocation, [&invocation] { return run(invocation); });
}

}  // namespace wattledger::tool
