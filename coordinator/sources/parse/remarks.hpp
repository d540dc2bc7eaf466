// What was odd about an answer that is used all the same: one line each. For this part only. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wattledger::sources {

// Remarks up to a limit; beyond it they are only counted. The same about several rows is one.
class Remarks {
 public:
  void add(const std::string& text);
  void add(std::size_t row, const std::string& text);  // "row 7: …", "row 7 and 95 more: …"
  [[nodiscard]] std::string first() const;
  [[nodiscard]] std::vector<std::string> take();

 private:
  struct Remark {
    std::size_t row;  // 0: of none
    std::size_t more_rows;
  };
  [[nodiscard]] static std::string line(const Remark& remark, const std::string& text);
  std::map<std::string, std::size_t, std::less<>> places_;  // of a text
  std::vector<std::pair<Remark, std::string>> remarks_;
  std::size_t beyond_ = 0;
};

// At most `size_max` bytes of somebody else's text, on one line: control characters become blanks,
// a cut is shown by "…" and splits no UTF-8 character.
[[nodiscard]] std::string on_one_line(std::string_view text, std::size_t size_max = 200);
// `"text"`, shortened, on one line.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace wattledger::sources
