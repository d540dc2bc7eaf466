// wattledger log salvage --into DIR: copies what is intact of a damaged log into a new data
// directory and lists what is lost; exit code 1 when something is.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "log/salvage.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/log/ranges.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

void print_json(const log::Salvage& salvage, const std::filesystem::path& into) {
  Json result = {{"directory", into.string()},
                 {"uuid", salvage.uuid.hex()},
                 {"parent", salvage.parent.hex()},
                 {"copied", salvage.copied},
                 {"archived", salvage.archived},
                 {"segments", salvage.segments},
                 {"lost", Json::array()},
                 {"lost_before", ranges_json<Json>(salvage.lost_before)},
                 {"doubtful", ranges_json<Json>(salvage.doubtful)},
                 {"last_commit_unknown", salvage.one_beginning},
                 {"restored", salvage.restored.value}};
  for (const auto& [records, why] : salvage.lost)
    result["lost"].push_back(
        {{"first", records.first.value}, {"last", records.last.value}, {"why", why}});
  say(result.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_text(const log::Salvage& salvage, const std::filesystem::path& into) {
  std::uint64_t count = 0;
  for (const log::LostRange& lost : salvage.lost) {
    count += lost.records.last.value - lost.records.first.value + 1;
    say(fmt::format("{} lost: {}", range_text(lost.records), lost.why));
  }
  for (const log::SequenceRange& range : salvage.lost_before)
    say(fmt::format("{} lost before", range_text(range)));
  for (const log::SequenceRange& range : salvage.doubtful)
    say(fmt::format("{} copied, each sound by itself, yet together not what the tree was made of",
                    range_text(range)));
  if (salvage.one_beginning)
    say("one of the two pages that everything begins with is damaged: what the last commit brought "
        "may be missing at the end");
  const std::string in_segments =
      salvage.segments == 0 ? ""
                            : fmt::format(", {} more in {} segment{}", salvage.archived,
                                          salvage.segments, salvage.segments == 1 ? "" : "s");
  say(fmt::format("{} records copied{}, {} lost; new log {} in {}", salvage.copied, in_segments,
                  count, salvage.uuid.hex(), into.string()));
}

Exit run(const Invocation& invocation, const std::string& directory) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  std::error_code error;
  const std::filesystem::path into = std::filesystem::absolute(directory, error);
  if (std::filesystem::exists(into, error) &&
      (!std::filesystem::is_directory(into, error) || !std::filesystem::is_empty(into, error)))
    return cannot(
        {ErrorKind::conflict, into.string() + " is there and not empty", "name a new directory"});
  log::SalvageOptions options;
  options.now = clock_now();
  const bool there = std::filesystem::exists(into, error);
  const auto salvage = log::salvage(place->log(), into / "log", options);
  if (!salvage) {
    if (!there) std::filesystem::remove(into, error);
    return cannot(salvage.error());
  }
  if (invocation.format == Format::json)
    print_json(*salvage, into);
  else
    print_text(*salvage, into);
  const bool whole = salvage->lost.empty() && salvage->doubtful.empty() && !salvage->one_beginning;
  return whole ? Exit::done : Exit::findings;
}

}  // namespace

void add_log_salvage(CLI::App& log, Invocation& invocation) {
  CLI::App* command = add_command(
      log, "salvage",
      "Copy every intact record of a damaged log into a new data directory, each at its "
      "place, and list what is lost. The damaged log is only read. Exit code 1 when "
      "something is lost.",
      "wattledger log salvage --into ./salvaged");
  const auto into = std::make_shared<std::string>();
  add_words(*command, "--into", *into, "The new data directory: not there yet, or empty")
      .type_name("DIR")
      .required();
  on_call(*command, invocation, [&invocation, into] { return run(invocation, *into); });
}

}  // namespace wattledger::tool
