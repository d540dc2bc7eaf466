#include "coordinator/config/check.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "coordinator/config/alert_list.hpp"
#include "coordinator/config/change_windows.hpp"
#include "coordinator/config/environment.hpp"
#include "coordinator/config/key_lookup.hpp"
#include "coordinator/config/reading.hpp"
#include "coordinator/config/tariff_lists.hpp"
#include "coordinator/config/window_list.hpp"

namespace wattledger::config {
namespace {

using Shape = YamlTree::Shape;

// "FILE:7: what" as line and what.
struct Placed {
  int line = 1;
  std::string what;
};
Placed placed(const std::string& text, const std::string& file_name, int otherwise) {
  Placed result{otherwise, text};
  const std::string start = file_name + ":";
  if (text.rfind(start, 0) != 0) return result;
  const std::size_t colon = text.find(": ", start.size());
  if (colon == std::string::npos) return result;
  std::from_chars(text.data() + start.size(), text.data() + colon, result.line);
  result.what = text.substr(colon + 2);
  return result;
}

class Checker {
 public:
  explicit Checker(std::string file_name) : file_name_(std::move(file_name)) {}

  void walk(const YamlTree& map, const std::string& prefix) {
    for (const auto& [key, value] : map.members) {
      if (key.shape != Shape::scalar) {
        wrong(key.line, prefix, "a key that is not a word", "write `name: value`");
        continue;
      }
      const std::string path = prefix + key.text;
      const auto [first, added] = lines_.emplace(path, key.line);
      if (added)
        look(key, value, path, prefix);
      else
        wrong(key.line, path, "given twice, first in line " + std::to_string(first->second),
              "keep one of the two lines");
    }
  }

  // What else reading the whole finds: the verdict of a key that is right alone gives way to it.
  void look_together(const YamlTree& root) {
    const Reading reading = read_configuration(root, file_name_, Unset::refused);
    for (const Error& error : reading.of_keys) {
      const Placed at = placed(error.what, file_name_, 1);
      const std::string path = blamed_in(at.what);
      if (!is_told(path, at.line)) amend(at.line, path, after(path, at.what), error.remedy);
    }
    for (const Complaint& each : reading.of_together)
      amend(each.line, each.path, each.what, each.remedy);
    const auto& idle = reading.config.without_meaning;
    if (std::find(idle.begin(), idle.end(), idle_selling) == idle.end()) return;
    for (CheckedKey& each : keys_)
      if (each.path == idle_selling || each.says == std::string(idle_selling) + " = true")
        each = {each.line,
                each.path,
                KeyFate::ignored,
                "policy.name is cheapest, which never sells",
                {}};
  }

  [[nodiscard]] std::vector<CheckedKey> take() { return std::move(keys_); }

 private:
  void tell(int line, const std::string& path, KeyFate fate, std::string says) {
    keys_.push_back({line, path, fate, std::move(says), {}});
  }
  void wrong(int line, const std::string& path, std::string says, std::string remedy) {
    keys_.push_back({line, path, KeyFate::wrong, std::move(says), std::move(remedy)});
  }

  // Is something wrong told of the key already, or of its line where no key is blamed?
  [[nodiscard]] bool is_told(const std::string& path, int line) const {
    return std::any_of(keys_.begin(), keys_.end(), [&](const CheckedKey& each) {
      return each.fate == KeyFate::wrong && (path.empty() ? each.line == line : each.path == path);
    });
  }
  void amend(int line, const std::string& path, std::string says, std::string remedy) {
    for (CheckedKey& each : keys_)
      if (!path.empty() && each.path == path && each.fate != KeyFate::wrong) {
        each = {line, path, KeyFate::wrong, std::move(says), std::move(remedy)};
        return;
      }
    wrong(line, path, std::move(says), std::move(remedy));
  }
  // The longest key that the message begins with; empty where it names none.
  [[nodiscard]] std::string blamed_in(const std::string& message) const {
    std::string path;
    for (const CheckedKey& each : keys_)
      if (each.path.size() > path.size() && message.rfind(each.path, 0) == 0) path = each.path;
    return path;
  }
  // "a.b: what" and "a.b and c.d set the same thing" without a.b.
  static std::string after(const std::string& path, const std::string& message) {
    if (path.empty()) return message;
    const std::size_t start = message.find_first_not_of(": ", path.size());
    return start == std::string::npos ? message : message.substr(start);
  }

  void look(const YamlTree& key, const YamlTree& value, const std::string& path,
            const std::string& prefix) {
    if (is_list(path)) return look_at_list(path, key.line, value);
    const bool dotted = key.text.find('.') != std::string::npos;
    const LegacyKey* legacy = dotted ? nullptr : find_legacy_key(path);
    if (legacy != nullptr) {
      look_at_legacy(*legacy, path, key.line, value);
    } else if (const ScalarKey* known = dotted ? nullptr : find_key(path)) {
      if (take_scalar(*known, path, key.line, value))
        tell(key.line, path, KeyFate::used, shown_value(*known, config_));
    } else if (const LegacySection* legacy_section =
                   dotted || is_section(path) ? nullptr : find_legacy_section(path)) {
      tell(key.line, path, KeyFate::ignored, std::string(legacy_section->why));
    } else if (dotted || !is_section(path)) {
      wrong(key.line, path.substr(0, 200), "not a key of the configuration",
            unknown_key_remedy(prefix, key.text));
    } else if (value.shape == Shape::map) {
      walk(value, path + ".");
    } else if (value.shape != Shape::nothing) {
      wrong(key.line, path, "a section, not a value", "write its keys below it, indented");
    }
  }

  bool take_scalar(const ScalarKey& key, const std::string& path, int line, const YamlTree& value) {
    if (value.shape != Shape::scalar) {
      wrong(line, path, value.shape == Shape::nothing ? "has no value" : "holds no single value",
            "write " + key.range);
      return false;
    }
    const auto taken = take_value(key, key.path, value.text, Unset::refused, config_);
    if (!taken) wrong(line, path, taken.error().what, taken.error().remedy);
    return taken.has_value();
  }

  void look_at_legacy(const LegacyKey& legacy, const std::string& path, int line,
                      const YamlTree& value) {
    if (legacy.now.empty()) {
      tell(line, path, KeyFate::ignored, std::string(legacy.why));
      return;
    }
    const std::string now(legacy.now);
    YamlTree ours = value;
    ours.text = from_legacy(value.text, legacy.form);
    if (!take_scalar(*find_key(now), path, line, ours)) return;
    if (path == now) return tell(line, path, KeyFate::used, shown_value(*find_key(now), config_));
    tell(line, path, KeyFate::mapped, now + " = " + shown_value(*find_key(now), config_));
  }

  void look_at_list(const std::string& path, int line, const YamlTree& value) {
    if (path == legacy_tariff_path) return look_at_legacy_tariff(path, line, value);
    const auto told = [&](const auto& read) {
      if (read) return tell(line, path, KeyFate::used, std::to_string(value.items.size()));
      const Placed at = placed(read.error().what, file_name_, line);
      wrong(at.line, path, at.what, read.error().remedy);
    };
    if (path == zones_path) told(read_zones(value, file_name_));
    if (path == components_path) told(read_components(value, file_name_));
    if (path == holidays_path) told(read_holidays(value, file_name_));
    if (path == windows_path) told(read_windows(value, file_name_));
    if (path == alerts_path) told(read_alerts(value, file_name_, Unset::refused));
  }

  void look_at_legacy_tariff(const std::string& path, int line, const YamlTree& value) {
    if (value.shape == Shape::nothing) return;
    const auto read = read_legacy_tariff(value, file_name_);
    if (!read) {
      const Placed at = placed(read.error().what, file_name_, line);
      wrong(at.line, path, at.what, read.error().remedy);
      return;
    }
    tell_leaves(value, path, read->without_meaning);
  }

  void tell_leaves(const YamlTree& value, const std::string& path,
                   const std::vector<std::string>& without_meaning) {
    for (const auto& [key, below] : value.members) {
      const std::string here = path + "." + key.text;
      if (std::find(without_meaning.begin(), without_meaning.end(), here) != without_meaning.end())
        tell(key.line, here, KeyFate::ignored, "it sets nothing");
      else if (below.shape == Shape::map)
        tell_leaves(below, here, without_meaning);
      else
        tell(key.line, here, KeyFate::mapped,
             key.text == "tariff_type"            ? "tariff.name"
             : key.text == "sc_component_pln_kwh" ? "tariff.component"
                                                  : "tariff.zones");
    }
  }

  const std::string file_name_;
  Config config_;
  std::map<std::string, int> lines_;
  std::vector<CheckedKey> keys_;
};

}  // namespace

Result<std::vector<CheckedKey>> check_keys(const std::string& yaml, const std::string& file_name) {
  const auto tree = read_yaml(yaml, file_name);
  if (!tree) return Failure(tree.error());
  if (tree->shape != Shape::map)
    return wrong_in(file_name, tree->line, "the configuration is not a list of sections",
                    "start from coordinator/config/example.yaml");
  Checker checker(file_name);
  checker.walk(*tree, "");
  checker.look_together(*tree);
  return checker.take();
}

bool takes_number(const std::string& path) {
  const ScalarKey* key = find_key(path);
  return key != nullptr && key->numeric;
}

}  // namespace wattledger::config
