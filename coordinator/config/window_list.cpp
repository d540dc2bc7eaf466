#include "coordinator/config/window_list.hpp"

#include "coordinator/config/change_windows.hpp"

namespace wattledger::config {

Result<std::vector<std::string>> read_windows(const YamlTree& value, const std::string& file_name) {
  const std::string path(windows_path);
  std::vector<YamlTree> items = value.items;
  if (value.shape == YamlTree::Shape::scalar && !value.text.empty()) items.push_back(value);
  if (value.shape == YamlTree::Shape::map || value.shape == YamlTree::Shape::nothing)
    return wrong_in(file_name, value.line, path + " is no list of windows",
                    "write [\"sun 02:00-05:00\"]");
  if (items.size() > windows_max)
    return wrong_in(file_name, value.line,
                    path + " holds more than " + std::to_string(windows_max) + " windows",
                    "join some of them");
  std::vector<std::string> windows;
  for (const YamlTree& item : items) {
    const auto window = parse_window(item.shape == YamlTree::Shape::scalar ? item.text : "");
    if (!window)
      return wrong_in(file_name, item.line, path + ": " + window.error().what,
                      window.error().remedy);
    windows.push_back(item.text);
  }
  return windows;
}

}  // namespace wattledger::config
