#include "tests/replay/report_house.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <pugixml.hpp>

namespace wattledger::testing {

void live(HouseDirectory& house, const Living& living) {
  double stored_wh = 5'000;
  for (std::int64_t second = living.from; second < living.from + living.seconds; second += 300) {
    if (living.priced && (second - living.from) % day_s == 0) house.prices(second);
    const std::int64_t hour = second % day_s / hour_s;
    const double load_w = 600, sun_w = hour >= 10 && hour < 14 ? 2'400 : 0;
    const double moved_wh =
        std::clamp((load_w - sun_w) / 12, stored_wh - 10'000, stored_wh - 1'000);
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = static_cast<std::uint16_t>(std::lround(stored_wh / 100) * 100);
    reading.battery_power_w = static_cast<std::int32_t>(std::lround(moved_wh * 12));
    reading.load_power_w = static_cast<std::int32_t>(load_w);
    reading.pv_power_w = static_cast<std::int32_t>(sun_w);
    reading.grid_power_w = static_cast<std::int32_t>(std::lround(sun_w - load_w + moved_wh * 12));
    reading.forced_mode = fb::InverterMode::general;
    stored_wh -= moved_wh;
    house.add(second, std::move(reading), fb::Source::inverter);
    if (second % 900 == 0) house.decide(second);
  }
}

std::string page_of(const HouseDirectory& house, const std::string& month,
                    const std::vector<std::string>& more) {
  std::vector<std::string> words{"audit", "report", "--month", month, "--no-record", "--out", "-"};
  words.insert(words.end(), more.begin(), more.end());
  const ToolRun run = on(house, std::move(words));
  INFO(run.err);
  REQUIRE(run.code == 0);
  return run.out;
}

Page::Page(const std::string& text) {
  pugi::xml_document document;
  const auto result = document.load_string(text.c_str(), pugi::parse_full);
  const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0));
  INFO(result.description() << " before: " << text.substr(std::min(at, text.size()), 200));
  REQUIRE(result.status == pugi::status_ok);
  language = document.child("html").attribute("lang").value();
  for (const auto& row : document.select_nodes("//tbody/tr")) {
    std::vector<std::string>& cells = rows.emplace_back();
    for (const auto& cell : row.node().children("td")) cells.emplace_back(cell.text().get());
  }
  for (const auto& each : document.select_nodes("//*[@id]"))
    by_id[each.node().attribute("id").value()] = each.node().text().get();
  for (const auto& each : document.select_nodes("//h2"))
    headings.emplace_back(each.node().text().get());
  charts = document.select_nodes("//svg").size();
}

std::vector<std::string> Page::row(const std::string& name) const {
  for (const auto& each : rows)
    if (!each.empty() && each.front() == name) return each;
  return {};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace wattledger::testing
