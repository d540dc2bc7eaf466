// wattledger log archive --before DATE [--yes] [--now]: moves old records into compressed segments
// beside the log's file. Builds and verifies them as a reader; the log's owner takes the records
// out.
#include <fmt/format.h>

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
  bool yes = false, now = false;
};

struct Work {
  log::ArchivePlan plan;
  Sequence first;  // lowest in the log's file
};

// Up to `last`, as far as it can be moved.
Result<Work> plan(const OpenLog& open, Sequence last) {
  const log::Meta& meta = open.snapshot.meta();
  const auto archive = log::Archive::open(open.log.directory(), meta);
  if (!archive) return Failure(archive.error());
  if (last.value == 0) return Work{{}, meta.first};
  return Work{log::plan_archive(meta, *archive, last), meta.first};
}

// The last that was recorded before the time.
Result<Sequence> last_before(const OpenLog& open, UtcTime before) {
  const auto cut = open.snapshot.first_recorded_at_or_after(before);
  if (!cut) return Failure(cut.error());
  return Sequence{cut->value == 0 ? 0 : cut->value - 1};
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

// `which`: "were recorded before …"
Exit nothing(const Invocation& invocation, const std::string& which, const Work& work) {
  if (invocation.format == Format::json) summarise(invocation, {}, work, {});
  note(
      fmt::format("nothing to archive: no {} records in a row {}, or they are among the newest {}, "
                  "which stay",
                  log::segment_step, which, log::unarchived_records_min));
  return Exit::done;
}

// Builds with the log open, retires once it is closed.
Exit carry_out(const Invocation& invocation, std::optional<OpenLog> open, const Place& place,
               const Work& work, const Retirer& retirer) {
  const auto segments = build(invocation, *open, work.plan);
  if (!segments) return cannot(segments.error());
  open.reset();
  const auto by = retirer(place, work.plan.retire_to);
  if (!by) return cannot(by.error());
  summarise(invocation, *segments, work, *by);
  return Exit::done;
}

Exit archive(const Invocation& invocation, const Wish& wish, const Retirer& retirer,
             const ChangeHouse& house) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto before = time_argument(wish.before, house_zone(open->snapshot), clock_now());
  if (!before) return usage(before.error().what, before.error().remedy);
  const auto last = last_before(*open, *before);
  if (!last) return cannot(last.error());
  const auto work = plan(*open, *last);
  if (!work) return cannot(work.error());
  if (work->plan.retire_to.value == 0)
    return nothing(invocation, "were recorded before " + wish.before, *work);
  Change change;
  change.verb = "log archive";
  change.arguments = "--before " + wish.before;
  change.will = fmt::format(
      "moves records {} to {} out of the log's file into verified segments in {}; everything reads "
      "them as before",
      work->first.value, work->plan.retire_to.value,
      (place->log() / log::segments_directory).string());
  change.of_the_log = true;
  change.yes = wish.yes;
  change.now = wish.now;
  open = Failure(Error{});  // a log is open once in a process
  return guarded(invocation, *place, change, house, [&](ChangeEnd& end) {
    end.detail = fmt::format("records {} to {}", work->first.value, work->plan.retire_to.value);
    auto again = open_log(*place);
    if (!again) return cannot(again.error());
    return carry_out(invocation, std::move(*again), *place, *work, retirer);
  });
}

}  // namespace

Exit archive_up_to(const Invocation& invocation, const Place& place, Sequence last,
                   const Retirer& retirer) {
  auto open = open_log(place);
  if (!open) return cannot(open.error());
  const auto work = plan(*open, last);
  if (!work) return cannot(work.error());
  if (work->plan.retire_to.value == 0)
    return nothing(invocation, fmt::format("stand up to {}", last.value), *work);
  return carry_out(invocation, std::move(*open), place, *work, retirer);
}

void add_log_archive(CLI::App& log, Invocation& invocation, Retirer retirer, ChangeHouse house) {
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
  add_flag(*command, "--now", wish->now, "Also outside changes.windows of the configuration");
  on_call(*command, invocation,
          [&invocation, wish, retirer = std::move(retirer), house = std::move(house)] {
            return archive(invocation, *wish, retirer, house);
          });
}

}  // namespace wattledger::tool
