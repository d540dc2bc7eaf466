#include "coordinator/config/alert_list.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "coordinator/alerts/condition.hpp"
#include "coordinator/config/environment.hpp"
#include "coordinator/config/keys.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

using Shape = YamlTree::Shape;

constexpr std::size_t text_max = 2'048;
constexpr const char* example = "{name: phone, webhook: \"${ALERT_URL}\", least: critical}";

bool is_plain(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

bool begins_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with && text.size() > with.size();
}

std::vector<std::string> condition_names() {
  std::vector<std::string> names;
  names.reserve(std::size(alerts::conditions));
  for (const alerts::Named& each : alerts::conditions) names.emplace_back(each.name);
  return names;
}

// One receiver of the list.
class Reader {
 public:
  Reader(const YamlTree& map, std::string path, const std::string& file_name, Unset unset,
         AlertList& list)
      : map_(map), path_(std::move(path)), file_name_(file_name), unset_(unset), list_(list) {}

  Result<void> read() {
    if (map_.shape != Shape::map)
      return wrong(map_.line, path_ + " is not one of the receivers",
                   std::string("write `- ") + example + "`");
    for (const auto& [key, value] : map_.members) WATTLEDGER_TRY(field(key, value));
    WATTLEDGER_TRY(together());
    list_.receivers.push_back(std::move(receiver_));
    return {};
  }

 private:
  [[nodiscard]] Failure wrong(int line, const std::string& what, std::string remedy) const {
    return wrong_in(file_name_, line, what, std::move(remedy));
  }

  Result<void> field(const YamlTree& key, const YamlTree& value) {
    const std::string& name = key.text;
    const std::string path = path_ + "." + name;
    if (!lines_.emplace(name, key.line).second)
      return wrong(key.line, path + " is given twice", "keep one of the two");
    const auto& fields = receiver_fields();
    if (std::find(fields.begin(), fields.end(), name) == fields.end())
      return wrong(key.line, path.substr(0, 200) + " is not a key of the configuration",
                   near_match_remedy(name, fields));
    if (name == "conditions") return conditions(value, path);
    if (value.shape != Shape::scalar || value.text.empty())
      return wrong(value.line, path + " has no value that is one text",
                   "write one, or remove the line");
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (value.text.size() > text_max || std::any_of(value.text.begin(), value.text.end(), control))
      return wrong(value.line, path + " is longer than 2048 bytes or holds control characters",
                   "write it on one line");
    return text(name, path, value);
  }

  // The shell has its own ${NAME}; a name and a severity are shown and recorded.
  Result<void> text(const std::string& name, const std::string& path, const YamlTree& value) {
    if (name == "name") return called(path, value);
    if (name == "least") return least(path, value);
    if (name == "command") {
      receiver_.command = value.text;
      return {};
    }
    auto expanded = expand(value.text, unset_);
    if (!expanded)
      return wrong(value.line, path + ": " + expanded.error().what, expanded.error().remedy);
    if (!expanded->variable.empty()) list_.from_environment.push_back(path);
    const std::string& said = expanded->text;
    if (name == "webhook" && !expanded->left && !begins_with(said, "https://") &&
        !begins_with(said, "http://"))
      return wrong(value.line, path + " is no web address", "write http:// or https:// and a host");
    const std::size_t topic = said.find('/', std::string_view("mqtt://").size());
    if (name == "mqtt" && !expanded->left &&
        (!begins_with(said, "mqtt://") || topic == std::string::npos || topic + 1 == said.size()))
      return wrong(value.line, path + " is no address of a broker with a topic",
                   "write mqtt://HOST/TOPIC, as mqtt://house@192.168.1.20:1883/wattledger/alerts");
    if (name == "webhook") receiver_.webhook = said;
    if (name == "mqtt") receiver_.mqtt = said;
    if (name == "secret_file") receiver_.secret_file = said;
    return {};
  }

  Result<void> called(const std::string& path, const YamlTree& value) {
    const auto same = [&](const AlertReceiver& each) { return each.name == value.text; };
    if (!is_plain(value.text))
      return wrong(value.line, path + ": " + shown(value.text) + " is not a plain name",
                   "write at most 32 letters, digits, _ or -");
    if (std::any_of(list_.receivers.begin(), list_.receivers.end(), same))
      return wrong(value.line, path + ": " + shown(value.text) + " is the name of another receiver",
                   "give each a name of its own");
    receiver_.name = value.text;
    return {};
  }

  Result<void> least(const std::string& path, const YamlTree& value) {
    const std::array<fb::Severity, 3> all = {fb::Severity::info, fb::Severity::warning,
                                             fb::Severity::critical};
    std::vector<std::string> words;
    words.reserve(all.size());
    for (const fb::Severity each : all) words.emplace_back(fb::EnumNameSeverity(each));
    const auto found = std::find(words.begin(), words.end(), value.text);
    if (found == words.end())
      return wrong(value.line, path + ": " + shown(value.text) + " is not one of its words",
                   near_match_remedy(value.text, words));
    receiver_.least = all[static_cast<std::size_t>(found - words.begin())];
    return {};
  }

  Result<void> conditions(const YamlTree& value, const std::string& path) {
    std::vector<YamlTree> items = value.items;
    if (value.shape == Shape::scalar) items.push_back(value);
    if (items.empty())
      return wrong(value.line, path + " names none", "name some, or remove the line for all");
    for (const YamlTree& item : items) {
      if (item.shape != Shape::scalar || alerts::condition_of(item.text) == nullptr)
        return wrong(item.line, path + ": " + shown(item.text) + " is no condition",
                     near_match_remedy(item.text, condition_names()));
      receiver_.conditions.push_back(item.text);
    }
    return {};
  }

  Result<void> together() {
    if (receiver_.name.empty())
      return wrong(map_.line, path_ + " has no name", "give each receiver a name");
    const int ways = int{!receiver_.command.empty()} + int{!receiver_.webhook.empty()} +
                     int{!receiver_.mqtt.empty()};
    if (ways != 1)
      return wrong(map_.line,
                   path_ + (ways == 0 ? " says no way to tell it" : " says more than one way"),
                   "give one of command, webhook and mqtt");
    if (!receiver_.command.empty() && !receiver_.secret_file.empty())
      return wrong(lines_["secret_file"], path_ + ".secret_file means nothing to a command",
                   "remove the line: a command reads its secrets by itself");
    return {};
  }

  const YamlTree& map_;
  const std::string path_;
  const std::string& file_name_;
  const Unset unset_;
  AlertList& list_;
  AlertReceiver receiver_;
  std::map<std::string, int> lines_;
};

}  // namespace

const std::vector<std::string>& receiver_fields() {
  static const std::vector<std::string> fields{"name", "conditions",  "command", "webhook",
                                               "mqtt", "secret_file", "least"};
  return fields;
}

Result<AlertList> read_alerts(const YamlTree& list, const std::string& file_name, Unset unset) {
  AlertList alerts;
  if (list.shape == Shape::nothing) return alerts;
  if (list.shape != Shape::list || list.items.size() > receivers_max)
    return wrong_in(file_name, list.line,
                    std::string(alerts_path) + " is not a list of at most " +
                        std::to_string(receivers_max) + " receivers",
                    std::string("write `- ") + example + "` below it");
  for (std::size_t i = 0; i < list.items.size(); ++i)
    WATTLEDGER_TRY(Reader(list.items[i],
                          std::string(alerts_path) + "[" + std::to_string(i + 1) + "]", file_name,
                          unset, alerts)
                       .read());
  return alerts;
}

}  // namespace wattledger::config
