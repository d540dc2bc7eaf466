#include "coordinator/config/key_lookup.hpp"

#include <algorithm>

#include "coordinator/config/alert_list.hpp"
#include "coordinator/config/change_windows.hpp"
#include "coordinator/config/legacy_tariff.hpp"
#include "coordinator/config/tariff_lists.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

// "battery" for "battery.capacity_kwh" at depth 0: what may follow `prefix`.
std::vector<std::string> children_of(const std::string& prefix) {
  std::vector<std::string> children;
  const auto add = [&](const std::string& path) {
    if (path.compare(0, prefix.size(), prefix) != 0) return;
    const std::string child =
        path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size());
    if (std::find(children.begin(), children.end(), child) == children.end())
      children.push_back(child);
  };
  for (const ScalarKey& key : scalar_keys()) add(key.path);
  for (const LegacyKey& key : legacy_keys()) add(std::string(key.path));
  for (const std::string_view list :
       {zones_path, components_path, holidays_path, windows_path, alerts_path})
    add(std::string(list));
  add(std::string(legacy_tariff_path));
  return children;
}

}  // namespace

const ScalarKey* find_key(const std::string& path) {
  const auto& keys = scalar_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const ScalarKey& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

const LegacyKey* find_legacy_key(const std::string& path) {
  const auto& keys = legacy_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const LegacyKey& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

const LegacySection* find_legacy_section(const std::string& path) {
  for (const LegacySection& each : legacy_sections())
    if (path == each.path || path.rfind(std::string(each.path) + ".", 0) == 0) return &each;
  return nullptr;
}

bool is_list(const std::string& path) {
  return path == zones_path || path == components_path || path == holidays_path ||
         path == windows_path || path == alerts_path || path == legacy_tariff_path;
}

bool is_section(const std::string& path) { return !children_of(path + ".").empty(); }

std::string unknown_key_remedy(const std::string& prefix, const std::string& name) {
  for (const ScalarKey& key : scalar_keys()) {
    const std::size_t leaf = key.path.rfind('.') + 1;  // npos + 1 is 0
    if (key.path.substr(leaf) == name) return "did you mean \"" + key.path + "\"?";
  }
  const auto siblings = children_of(prefix);
  if (const std::string near = near_match(name, siblings); !near.empty()) {
    return "did you mean \"" + prefix + near + "\"?";
  }
  return near_match_remedy(name, siblings);
}

}  // namespace wattledger::config
