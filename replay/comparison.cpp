#include "replay/comparison.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "replay/command.hpp"

namespace wattledger::tool {

using Json = nlohmann::ordered_json;

projections::LivePlaces live_places(const Place& place, const Wanted& wanted) {
  projections::LivePlaces live;
  live.data = place.data;
  live.sqlite_file = wanted.sqlite_file;
  live.sqlite = wanted.sqlite;
  live.json = wanted.json;
  live.json_selling_files = wanted.json_selling_files;
  live.schema = wanted.schema;
  live.written = log::writer_lock_holder(place.log()).has_value();
  return live;
}

std::string comparison_json(const projections::LiveComparison& comparison) {
  Json object = {{"compared", Json::array()}, {"differences", Json::array()}};
  for (const auto& each : comparison.compared)
    object["compared"].push_back(
        {{"projection", each.name}, {"sequence", each.checkpoint.sequence.value}});
  for (const auto& each : comparison.differences)
    object["differences"].push_back({{"place", each.place}, {"what", each.what}});
  object["left_out"] = comparison.left_out;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void say_comparison(const projections::LiveComparison& comparison, std::string_view done) {
  for (const auto& each : comparison.differences) say(each.place + ": " + each.what);
  for (const auto& each : comparison.compared)
    say(fmt::format("{} {} as of record {}", each.name, done, each.checkpoint.sequence.value));
  for (const std::string& file : comparison.left_out)
    say(file + " not compared: it is being written");
}

std::string differences_text(const projections::LiveComparison& comparison, std::string_view from) {
  const std::size_t count = comparison.differences.size();
  return fmt::format("{} difference{} (first: live, second: what {} gives)", count,
                     count == 1 ? "" : "s", from);
}

}  // namespace wattledger::tool
