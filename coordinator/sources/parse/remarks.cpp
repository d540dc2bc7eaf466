#include "coordinator/sources/parse/remarks.hpp"

namespace wattledger::sources {

void Remarks::add(const std::string& text) { add(0, text); }

void Remarks::add(std::size_t row, const std::string& text) {
  constexpr std::size_t remarks_max = 200;
  if (const auto place = places_.find(text); place != places_.end()) {
    ++remarks_[place->second].first.more_rows;
  } else if (remarks_.size() < remarks_max) {
    places_.emplace(text, remarks_.size());
    remarks_.push_back({{row, 0}, text});
  } else {
    ++beyond_;
  }
}

std::string Remarks::line(const Remark& remark, const std::string& text) {
  if (remark.row == 0) return text;
  const std::string more =
      remark.more_rows == 0 ? "" : " and " + std::to_string(remark.more_rows) + " more";
  return "row " + std::to_string(remark.row) + more + ": " + text;
}

std::string Remarks::first() const {
  return remarks_.empty() ? "" : line(remarks_.front().first, remarks_.front().second);
}

std::vector<std::string> Remarks::take() {
  std::vector<std::string> lines;
  for (const auto& [remark, text] : remarks_) lines.push_back(line(remark, text));
  if (beyond_ != 0) lines.push_back("and " + std::to_string(beyond_) + " more remarks");
  return lines;
}

std::string on_one_line(std::string_view text, std::size_t size_max) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  std::size_t size = text.size() < size_max ? text.size() : size_max;
  const bool cut = size < text.size();
  while (cut && size > 0 && continues(text[size])) --size;
  std::string line(text.substr(0, size));
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return cut ? line + "…" : line;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 40;
  return "\"" + on_one_line(text, shown_max) + "\"";
}

}  // namespace wattledger::sources
