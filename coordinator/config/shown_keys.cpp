#include "coordinator/config/shown_keys.hpp"

#include "coordinator/config/keys.hpp"

namespace wattledger::config {
namespace {

// "off, advise, on" has "on".
bool is_among(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const std::size_t comma = words.find(", ");
    if (words.substr(0, comma) == value) return true;
    if (comma == std::string_view::npos) return false;
    words.remove_prefix(comma + 2);
  }
  return false;
}

bool is_plain(const ScalarKey& key, std::string_view value) {
  if (key.path == "site.latitude" || key.path == "site.longitude") return false;
  // A country is told by its clock and its money, and nothing can be understood without them.
  if (key.path == "site.timezone" || key.path == "prices.currency") return true;
  return key.numeric || key.range == "00:00 to 23:59" || is_among(key.range, value);
}

}  // namespace

std::vector<ShownKey> shown_keys(const Config& config) {
  std::vector<ShownKey> keys;
  const Config defaults;
  for (const ScalarKey& key : scalar_keys())
    if (std::string value = key.show(config); value != key.show(defaults))
      keys.push_back({key.path, value, is_plain(key, value)});
  return keys;
}

}  // namespace wattledger::config
