#include "replay/inverter/write_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "coordinator/inverter/register_map.hpp"
#include "coordinator/inverter/sensors.hpp"

namespace wattledger::tool {
namespace {

using inverter::Register;
using inverter::RegisterWords;
using inverter::Write;
using Words = std::vector<std::uint16_t>;

constexpr std::array<std::string_view, 6> work_modes = {"general", "off-grid",     "backup",
                                                        "eco",     "peak shaving", "self-use"};
constexpr std::array<std::string_view, 13> ems_modes = {
    "",           "auto",           "charge from PV",   "discharge PV",    "import",
    "export",     "conserve",       "off-grid",         "battery standby", "buy power",
    "sell power", "charge battery", "discharge battery"};

// A write cut into what the map has names for: whole groups, else single registers.
struct Line {
  const Register* entry = nullptr;  // none: not in the map
  std::uint16_t address = 0;
  std::optional<Words> before;
  Words after;
};

const Register* entry_of(std::uint16_t address, std::size_t words) {
  for (const Register& entry : inverter::register_map)
    if (entry.address == address && entry.words == words && entry.access != inverter::Access::read)
      return &entry;
  return nullptr;
}

std::optional<Words> words_before(const RegisterWords& standing, std::uint16_t address,
                                  std::size_t count) {
  for (const auto& [start, words] : standing) {
    if (address < start || address + count > start + words.size()) continue;
    const auto from = words.begin() + (address - start);
    return Words(from, from + static_cast<std::ptrdiff_t>(count));
  }
  return std::nullopt;
}

std::vector<Line> lines_of(const std::vector<Write>& writes, const RegisterWords& standing) {
  std::vector<Line> lines;
  for (const Write& write : writes) {
    const Register* whole = entry_of(write.address, write.words.size());
    const std::size_t step = whole != nullptr ? write.words.size() : 1;
    for (std::size_t i = 0; i < write.words.size(); i += step) {
      Line line;
      line.address = static_cast<std::uint16_t>(write.address + i);
      line.entry = whole != nullptr ? whole : entry_of(line.address, 1);
      line.after.assign(write.words.begin() + static_cast<std::ptrdiff_t>(i),
                        write.words.begin() + static_cast<std::ptrdiff_t>(i + step));
      line.before = words_before(standing, line.address, step);
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

template <std::size_t Size>
std::string name_in(const std::array<std::string_view, Size>& names, std::uint16_t code) {
  return code < Size && !names.at(code).empty() ? std::string(names.at(code))
                                                : std::to_string(code);
}

// What the words of this register mean; empty where its number says it all.
std::string meaning(const Register* entry, std::span<const std::uint16_t> words) {
  if (entry == nullptr) return std::to_string(words[0]);
  if (entry->type == inverter::Type::eco_group || entry->type == inverter::Type::eco_group_v1)
    return inverter::eco_group_text(words);
  if (entry->type == inverter::Type::u8_high) return inverter::is_on(words[0]) ? "on" : "off";
  switch (entry->address) {
    case inverter::work_mode_address:
      return name_in(work_modes, words[0]);
    case inverter::ems_address:
      return name_in(ems_modes, words[0]);
    case 45252:  // backup supply
    case 47509:  // export limit
    case inverter::fast_address:
    case inverter::tou_address:
      return words[0] == 1 ? "on" : "off";
    case 47510:
      return std::to_string(static_cast<std::int16_t>(words[0])) + " W";
    case 47500:
      return std::to_string(words[0]) + " %";
    case 45356:
    case 45358:
      return fmt::format("{} % stay", words[0]);
    default:
      break;
  }
  const std::string_view unit = inverter::unit_text(entry->unit);
  return std::to_string(words[0]) + (unit.empty() ? "" : " " + std::string(unit));
}

}  // namespace

std::vector<std::string> write_lines(const std::vector<Write>& writes,
                                     const RegisterWords& standing) {
  const std::vector<Line> lines = lines_of(writes, standing);
  std::size_t width = 0;
  for (const Line& line : lines)
    if (line.entry != nullptr) width = std::max(width, line.entry->name.size());
  std::vector<std::string> text;
  for (const Line& line : lines) {
    const std::string before = line.before ? inverter::hex_words(*line.before) : "?";
    std::string meant = meaning(line.entry, line.after);
    if (line.before && line.before != line.after)
      meant = meaning(line.entry, *line.before) + " -> " + meant;
    text.push_back(fmt::format("  {}  {:<{}}  {} -> {}  {}", line.address,
                               line.entry != nullptr ? line.entry->name : "", width, before,
                               inverter::hex_words(line.after), meant));
  }
  return text;
}

std::string writes_json(const std::vector<Write>& writes, const RegisterWords& standing) {
  using Json = nlohmann::ordered_json;
  Json all = Json::array();
  for (const Line& line : lines_of(writes, standing)) {
    Json one = {{"address", line.address},
                {"name", line.entry != nullptr ? line.entry->name : ""},
                {"before", nullptr},
                {"after", line.after}};
    if (line.before) one["before"] = *line.before;
    all.push_back(std::move(one));
  }
  return Json{{"written", std::move(all)}}.dump();
}

}  // namespace wattledger::tool
