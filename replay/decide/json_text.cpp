#include "replay/decide/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "events/near_match.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

// What the parser itself does not mind: depth, and a name that is given twice.
class Watch {
 public:
  explicit Watch(int depth_max) : depth_max_(depth_max) {}
  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    if (depth > depth_max_ && trouble_.empty())
      trouble_ = "is nested more than " + std::to_string(depth_max_) + " deep";
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end && !names_.empty()) names_.pop_back();
    if (event == Json::parse_event_t::key && !names_.empty() && trouble_.empty() &&
        !names_.back().insert(value.get<std::string>()).second)
      trouble_ = "gives " + shown(value.get<std::string>()) + " twice in one object";
    return trouble_.empty();
  }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  int depth_max_;
  std::vector<std::set<std::string>> names_;
  std::string trouble_;
};

// "line 3, column 14: …" of the byte at which the parser gave up, counted from 1.
Error broken(std::string_view json, std::size_t byte) {
  const std::size_t at = std::min(byte == 0 ? 0 : byte - 1, json.size());
  const std::string_view before = json.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const bool ended = at >= json.size() || byte > json.size();
  return {ErrorKind::invalid_input,
          fmt::format("line {}, column {}: {}", line, at - start + 1,
                      ended ? "the JSON ends before it is whole" : "the JSON breaks here"),
          "check the quotes, commas and brackets there"};
}

}  // namespace

Result<void> check_json_text(std::string_view text, int depth_max) {
  Watch watch(depth_max);
  try {
    [[maybe_unused]] const Json parsed =
        Json::parse(text, [&](int depth, Json::parse_event_t event, Json& value) {
          return watch(depth, event, value);
        });
  } catch (const Json::parse_error& error) {
    return Failure(broken(text, error.byte));
  } catch (const Json::exception&) {  // 1e999
    return fail(ErrorKind::invalid_input, "it holds a number that is out of range",
                "write one that a house could have");
  }
  if (!watch.trouble().empty())
    return fail(ErrorKind::invalid_input, "it " + watch.trouble(),
                "write each value once, as in replay/README.md");
  return {};
}

}  // namespace wattledger::tool
