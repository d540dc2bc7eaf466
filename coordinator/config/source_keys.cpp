// Keys of what is asked over the network, and of the panels that forecasts are for.
#include "coordinator/config/scalar_key.hpp"

namespace wattledger::config {
namespace {

std::optional<std::string> web_origin(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool web = text.substr(0, 7) == "http://" || text.substr(0, 8) == "https://";
  if (web && text.back() != '/' && text.find_first_of(" ?#") == std::string_view::npos)
    return std::nullopt;
  return "is not the beginning of a web address";
}

}  // namespace

void add_source_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(word(
      "sources.prices", {"none", "pse", "entsoe", "energy-charts", "awattar-de", "awattar-at"},
      [](Config & c) -> auto& { return c.sources.prices; }));
  keys.push_back(word(
      "sources.peak_hours", {"none", "pse"},
      [](Config & c) -> auto& { return c.sources.peak_hours; }));
  keys.push_back(word(
      "sources.weather", {"none", "open-meteo"},
      [](Config & c) -> auto& { return c.sources.weather; }));
  keys.push_back(word(
      "sources.pv_forecast", {"none", "forecast-solar"},
      [](Config & c) -> auto& { return c.sources.pv_forecast; }));
  keys.push_back(text_key(
      "sources.station", "a station of IMGW, as warszawa", anything,
      [](Config & c) -> auto& { return c.sources.station; }));
  keys.push_back(text_key(
      "sources.bidding_zone", "a bidding zone", anything,
      [](Config & c) -> auto& { return c.sources.bidding_zone; }));
  keys.push_back(text_key(
      "sources.entsoe_token_file", "a file", anything,
      [](Config & c) -> auto& { return c.sources.entsoe_token_file; }));
  keys.push_back(number(
      "sources.day_ahead_from_h", "h", whole(0, 23),
      [](Config & c) -> auto& { return c.sources.day_ahead_from_h; }));
  keys.push_back(text_key(
      "sources.mirror", "http:// or https://, a host, no / at the end", web_origin,
      [](Config & c) -> auto& { return c.sources.mirror; }));
  keys.push_back(number(
      "pv.peak_power_w", "W", whole(0, 1'000'000),
      [](Config & c) -> auto& { return c.panels.peak_w; }));
  keys.push_back(number(
      "pv.tilt_deg", "degrees", whole(0, 90),
      [](Config & c) -> auto& { return c.panels.tilt_deg; }));
  keys.push_back(number(
      "pv.azimuth_deg", "degrees", whole(0, 360),
      [](Config & c) -> auto& { return c.panels.azimuth_deg; }));
  keys.push_back(number(
      "pv.losses_pct", "%", percent(0, 60), [](Config & c) -> auto& { return c.panels.losses; }));
  keys.push_back(number(
      "pv.inverter_power_w", "W", whole(0, 1'000'000),
      [](Config & c) -> auto& { return c.panels.inverter_w; }));
}

}  // namespace wattledger::config
