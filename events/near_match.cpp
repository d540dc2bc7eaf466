#include "events/near_match.hpp"

#include <algorithm>

namespace wattledger {
namespace {

constexpr std::size_t name_max = 80;  // longer ones are not compared: nothing we know is as long

// ASCII alone: the standard library's would ask the locale.
std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Optimal string alignment distance.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string near_match(std::string_view name, const std::vector<std::string>& known) {
  if (name.empty() || name.size() > name_max) return {};
  const std::string wanted = lower(name);
  std::string best;
  std::size_t best_edits = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& candidate : known) {
    // A name begun and left off is as near as one misspelt once: min_soc for min_soc_pct.
    const std::string other = lower(candidate);
    const bool begun = wanted.size() >= 4 && other.compare(0, wanted.size(), wanted) == 0;
    const std::size_t distance = begun ? 1 : edits(wanted, other);
    if (distance >= best_edits) continue;
    best_edits = distance;
    best = candidate;
  }
  return best;
}

std::string near_match_remedy(std::string_view name, const std::vector<std::string>& known) {
  if (const std::string near = near_match(name, known); !near.empty())
    return "did you mean \"" + near + "\"?";
  std::string text = "known here: ";
  for (std::size_t i = 0; i < known.size(); ++i) text += (i == 0 ? "" : ", ") + known[i];
  return text;
}

std::string shown(std::string_view text) {
  constexpr std::size_t bytes_max = 60;
  std::string result = "\"";
  std::size_t at = 0;
  while (at < text.size() && result.size() <= bytes_max) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                                             : 4;
    bool sound =
        length != 0 && at + length <= text.size() && lead < 0xF5 && lead >= 0x20 && lead != 0x7F;
    for (std::size_t i = 1; sound && i < length; ++i)
      sound = (static_cast<unsigned char>(text[at + i]) & 0xC0U) == 0x80U;
    // U+0080 to U+009F are control characters too.
    if (sound && lead == 0xC2) sound = static_cast<unsigned char>(text[at + 1]) >= 0xA0;
    if (sound)
      result += text.substr(at, length);
    else
      result += '?';
    at += sound ? length : 1;
  }
  if (at < text.size()) result += "…";
  return result + "\"";
}

}  // namespace wattledger
