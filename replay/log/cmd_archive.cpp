// wattledger log archive --before DATE [--yes]: moves old records into compressed segments beside
// the log's file. Builds and verifies them as a reader; the log's owner takes the records out.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "log/archive.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/place.hpp"
#include "replay/progress.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Wish {
  std::string before;
  bool yes = false;
};

struct Work {
  log::ArchivePlan plan;
  Sequence first;  // lowest in the log's file
};

// What was recorded before the time, as far as it can be moved.
Result<Work> plan(const OpenLog& open, UtcTime before) {
  const auto cut = open.snapshot.first_recorded_at_or_after(before);
  if (!cut) return Failure(cut.error());
  const log::Meta& meta = open.snapshot.meta();
  const auto archive = log::Archive::open(open.log.directory(), meta);
  if (!archive) return Failure(archive.error());
  if (cut->value == 0) return Work{{}, meta.first};
  return Work{log::plan_archive(meta, *archive, Sequence{cut->value - 1}), meta.first};
}

// done: go on.
Exit ask_consent(const Wish& wish, const std::string& what, const Place& place) {
  if (wish.yes) return Exit::done;
  if (::isatty(STDIN_FILENO) != 1)
    return usage("archive moves " + what + " out of the file in " + place.log().string() +
                     " and nobody is at the terminal to agree",
                 "add --yes");
  std::fprintf(stderr,
               "Move %s into verified segments in %s? Everything reads them as before. [y/N] ",
               what.c_str(), (place.log() / log::segments_directory).c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return Exit::done;
  return usage("not agreed, nothing was moved", {});
}

struct Built {
  std::string name;
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t file_bytes = 0;
};

Result<std::vector<Built>> build(const Invocation& invocation, const OpenLog& open,
                                 const log::ArchivePlan& plan) {
  std::vector<Built> built;
  for (const log::SequenceRange& range : plan.build) {
    Progress progress(invocation, "archiving");
    const auto segment = log::build_segment(
        open.snapshot, open.log, range,
        [&](std::uint64_t done, std::uint64_t total) { progress.at(done, total); });
    if (!segment) return Failure(segment.error());
    built.push_back({segment->path().filename().string(), segment->manifest().records(),
                     segment->manifest().record_bytes, segment->file_bytes()});
  }
  return built;
}

void summarise(const Invocation& invocation, const std::vector<Built>& built, const Work& work,
               const std::string& by) {
  if (invocation.format == Format::json) {
    const bool nothing = work.plan.retire_to.value == 0;
    Json result = {{"first", nothing ? Json(nullptr) : Json(work.first.value)},
                   {"last", nothing ? Json(nullptr) : Json(work.plan.retire_to.value)},
                   {"retired_by", nothing ? Json(nullptr) : Json(by)},
                   {"segments", Json::array()}};
    for (const Built& each : built)
      result["segments"].push_back({{"name", each.name},
                                    {"records", each.records},
                                    {"record_bytes", each.record_bytes},
                                    {"file_bytes", each.file_bytes}});
    say(result.dump());
    return;
  }
  for (const Built& each : built)
    say(fmt::format("{}  {} records, {} in {}", each.name, each.records,
                    bytes_text(each.record_bytes), bytes_text(each.file_bytes)));
  say(fmt::format(
      "records {} to {} stand in segments now, taken out of the log's file by {}; the file uses "
      "their space again, or gives it back with wattledger log compact",
      work.first.value, work.plan.retire_to.value, by));
}

Exit nothing(const Invocation& invocation, const Wish& wish, const Work& work) {
  if (invocation.format == Format::json) summarise(invocation, {}, work, {});
  note(
      fmt::format("nothing to archive: no {} records in a row were recorded before {}, or they are "
                  "among the newest {}, which stay",
                  log::segment_step, wish.before, log::unarchived_records_min));
  return Exit::done;
}

Exit archive(const Invocation& invocation, const Wish& wish, const Retirer& retirer) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  std::optional<Work> work;
  std::vector<Built> segments;
  {
    const auto open = open_log(*place);
    if (!open) return cannot(open.error());
    const auto before = time_argument(wish.before, house_zone(open->snapshot), clock_now());
    if (!before) return usage(before.error().what, before.error().remedy);
    const auto planned = plan(*open, *before);
    if (!planned) return cannot(planned.error());
    work = *planned;
    if (work->plan.retire_to.value == 0) return nothing(invocation, wish, *work);
    const Exit agreed = ask_consent(
        wish, fmt::format("records {} to {}", work->first.value, work->plan.retire_to.value),
        *place);
    if (agreed != Exit::done) return agreed;
    auto built = build(invocation, *open, work->plan);
    if (!built) return cannot(built.error());
    segments = *std::move(built);
  }
  const auto by = retirer(*place, work->plan.retire_to);
  if (!by) return cannot(by.error());
  summarise(invocation, segments, *work, *by);
  return Exit::done;
}

}  // namespace

void add_log_archive(CLI::App& log, Invocation& invocation, Retirer retirer) {
  CLI::App* command = add_command(
      log, "archive",
      "Move what was recorded before a time into compressed segments, each read back and compared "
      "before anything leaves the log's file; the newest 4096 records stay there. Everything reads "
      "them as before. Writes.",
      "wattledger log archive --before 2025-01-01 --yes");
  const auto wish = std::make_shared<Wish>();
  add_words(*command, "--before", wish->before,
            "Archive what was recorded before this time (local, or with Z or +02:00)")
      .type_name("DATE")
      .required();
  add_flag(*command, "--yes", wish->yes, "Agree beforehand");
  on_call(*command, invocation, [&invocation, wish, retirer = std::move(retirer)] {
    return archive(invocation, *wish, retirer);
  });
}

}  // namespace wattledger::tool
