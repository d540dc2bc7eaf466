#include "replay/rebuild/dry_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "replay/comparison.hpp"
#include "replay/display.hpp"
#include "replay/progress.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What the tables of a log take, as a multiple of it: measured on thirty simulated days with a
// reading a minute.
constexpr std::uintmax_t tables_per_log = 4;

std::uintmax_t bytes_below(const fs::path& directory) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator file(directory, error);
  for (; !error && file != fs::recursive_directory_iterator(); file.increment(error)) {
    std::error_code ignored;
    if (const auto size = file->file_size(ignored); !ignored) bytes += size;
  }
  return bytes;
}

// As long as the last one took for as many records.
std::optional<std::chrono::milliseconds> time_by_last(const log::Snapshot& snapshot) {
  std::optional<std::chrono::milliseconds> time;
  const auto scanned = snapshot.scan(
      snapshot.first(), snapshot.head(), [&](const log::RecordView& record) -> Result<bool> {
        const auto* fact = record.event.as<fb::ProjectionRebuilt>();
        if (fact == nullptr || !fact->took_ms() || fact->up_to() == 0) return true;
        const auto share =
            static_cast<double>(snapshot.head().value) / static_cast<double>(fact->up_to());
        time = std::chrono::milliseconds(
            static_cast<std::int64_t>(static_cast<double>(*fact->took_ms()) * share));
        return true;
      });
  if (!scanned) return std::nullopt;
  return time;
}

std::string names(const projections::StageOptions& options) {
  if (options.sqlite && options.json) return "sqlite and json";
  return options.sqlite ? "sqlite" : "json";
}

Exit tell_cost(const Invocation& invocation, const Place& place, const Cost& cost, Sequence head,
               const projections::StageOptions& options) {
  if (invocation.format == Format::json) {
    say(Json{{"records", head.value},
             {"sqlite", options.sqlite},
             {"json", options.json},
             {"disk_bytes", cost.disk},
             {"disk_free_bytes", cost.disk_free},
             {"time_ms", cost.time ? Json(cost.time->count()) : Json(nullptr)}}
            .dump());
  } else {
    const std::string time =
        cost.time ? fmt::format("about {:.1f} s, as the last one",
                                static_cast<double>(cost.time->count()) / 1000.0)
                  : std::string("a time that is not known, as none was recorded yet");
    say(fmt::format("would build {} from records 1 to {} in {}", names(options), head.value, time));
    say(fmt::format("needs about {} of disk meanwhile, {} are free", bytes_text(cost.disk),
                    bytes_text(cost.disk_free)));
  }
  if (const auto room = require_disk(place, cost); !room) return cannot(room.error());
  return Exit::done;
}

void print(const projections::LiveComparison& comparison) {
  say_comparison(comparison, "compared");
  say(comparison.differences.empty() ? "no differences" : differences_text(comparison, "the log"));
}

// What is wrong with the copy of the live tables that was compared is wrong with them.
Error about_live(Error error, const fs::path& aside, const Wanted& wanted) {
  const std::string copy = (aside / "live" / "goodwe_energy.db").string();
  if (error.what.rfind(copy, 0) == 0)
    error.what.replace(0, copy.size(), wanted.sqlite_file.string());
  return error;
}

Exit differ(const Invocation& invocation, const Place& place, const Wanted& wanted,
            const projections::StageOptions& options) {
  const auto log = log::Log::open(place.log());
  if (!log) return cannot(log.error());
  Wanted asked = wanted;
  asked.sqlite = options.sqlite;
  asked.json = options.json;
  asked.json_selling_files = options.json_selling_files;
  asked.schema = options.schema;
  projections::CompareLiveOptions compare;
  compare.aside = place.data / "staging" / fmt::format("diff-{}", ::getpid());
  Progress progress(invocation, "replaying");
  compare.progress = [&](Sequence done, Sequence head) { progress.at(done.value, head.value); };
  const auto comparison = projections::compare_live(*log, live_places(place, asked), compare);
  if (!comparison) return cannot(about_live(comparison.error(), compare.aside, asked));
  if (invocation.format == Format::json)
    say(comparison_json(*comparison));
  else
    print(*comparison);
  return comparison->differences.empty() ? Exit::done : Exit::findings;
}

}  // namespace

Result<Cost> cost_of(const Place& place, const Wanted& wanted,
                     const projections::StageOptions& options) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  std::error_code failed;
  const fs::space_info space = fs::space(place.data, failed);
  if (failed)
    return fail(ErrorKind::io, place.data.string() + ": free space: " + failed.message(),
                "check the disk and its permissions");
  Cost cost;
  cost.disk_free = space.available;
  std::uintmax_t live = 0;
  if (options.sqlite) {
    const std::uintmax_t size = fs::file_size(wanted.sqlite_file, failed);
    live += failed ? tables_per_log * open->log.file_bytes() : size;
  }
  if (options.json) live += bytes_below(place.data / "out");
  cost.disk = disk_times * live;
  cost.time = time_by_last(open->snapshot);
  return cost;
}

Result<void> require_disk(const Place& place, const Cost& cost) {
  if (cost.disk <= cost.disk_free) return {};
  return fail(ErrorKind::full,
              fmt::format("a replay needs about {} in {}, {} are free", bytes_text(cost.disk),
                          place.data.string(), bytes_text(cost.disk_free)),
              "make room, or build elsewhere with --into DIR");
}

Exit dry_run(const Invocation& invocation, const Place& place, const Wanted& wanted,
             const projections::StageOptions& options, bool diff) {
  if (diff) return differ(invocation, place, wanted, options);
  const auto cost = cost_of(place, wanted, options);
  if (!cost) return cannot(cost.error());
  const auto open = open_log(place);
  if (!open) return cannot(open.error());
  return tell_cost(invocation, place, *cost, open->snapshot.head(), options);
}

}  // namespace wattledger::tool
