#include "coordinator/inverter/register_map.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace wattledger::inverter {
namespace {

// Times its step it still fits.
constexpr std::uint64_t u64_max = 1'000'000'000'000;

constexpr std::array<std::string_view, block_count> block_names = {
    "device_info", "running", "battery",  "battery2_power", "battery2",       "meter", "meter_58",
    "meter_125",   "mppt",    "settings", "settings_arm19", "settings_arm22", "bms"};

std::uint32_t pair_of(std::span<const std::uint16_t> words) {
  return static_cast<std::uint32_t>(words[0]) << 16U | words[1];
}

void put_pair(std::uint32_t value, std::span<std::uint16_t> words) {
  words[0] = static_cast<std::uint16_t>(value >> 16U);
  words[1] = static_cast<std::uint16_t>(value & 0xFFFFU);
}

std::uint64_t four_of(std::span<const std::uint16_t> words) {
  return static_cast<std::uint64_t>(pair_of(words)) << 32U | pair_of(words.subspan(2));
}

template <class Narrow>
std::int64_t held(std::int64_t value) {
  return std::clamp<std::int64_t>(value, std::numeric_limits<Narrow>::min(),
                                  std::numeric_limits<Narrow>::max());
}

std::optional<std::int64_t> signed_word(const Register& entry, std::uint16_t word) {
  const auto value = static_cast<std::int16_t>(word);
  if (value == std::numeric_limits<std::int16_t>::max()) return std::nullopt;
  if (value == -1 && entry.unit == Unit::celsius) return std::nullopt;
  return value;
}

std::optional<std::int64_t> signed_pair(std::uint32_t pair) {
  const auto value = static_cast<std::int32_t>(pair);
  if (value == std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> float_pair(std::uint32_t pair, std::int64_t step) {
  const auto value = static_cast<double>(std::bit_cast<float>(pair));
  // The limit only keeps the conversion defined; no meter counts to 10^15.
  if (!std::isfinite(value) || value < 0 || value > 1e15) return std::nullopt;
  return std::llround(value * static_cast<double>(step));
}

std::optional<std::int64_t> raw_value(const Register& entry, std::span<const std::uint16_t> words,
                                      bool wide) {
  switch (entry.type) {
    case Type::u16:
      return words[0] == 0xFFFFU ? std::nullopt : std::optional<std::int64_t>(words[0]);
    case Type::s16:
      return signed_word(entry, words[0]);
    case Type::u32: {
      const std::uint32_t pair = pair_of(words);
      return pair == 0xFFFFFFFFU ? std::nullopt : std::optional<std::int64_t>(pair);
    }
    case Type::u64: {
      // All ones, or more than any meter counts.
      const std::uint64_t four = four_of(words);
      return four > u64_max ? std::nullopt
                            : std::optional<std::int64_t>(static_cast<std::int64_t>(four));
    }
    case Type::s32:
      return signed_pair(pair_of(words));
    case Type::s32_low:
      if (wide || pair_of(words) == 0x7FFFFFFFU) return signed_pair(pair_of(words));
      return static_cast<std::int16_t>(words[1]);
    case Type::u8_high:
      return words[0] >> 8U;
    case Type::u8_low:
      return words[0] & 0xFFU;
    case Type::float32:
    case Type::clock:
    case Type::text:
    case Type::eco_group:
    case Type::eco_group_v1:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::string_view unit_text(Unit unit) {
  switch (unit) {
    case Unit::none:
      return "";
    case Unit::volt:
      return "V";
    case Unit::ampere:
      return "A";
    case Unit::watt:
      return "W";
    case Unit::celsius:
      return "C";
    case Unit::hertz:
      return "Hz";
    case Unit::kilowatt_hour:
      return "kWh";
    case Unit::watt_hour:
      return "Wh";
    case Unit::percent:
      return "%";
    case Unit::var:
      return "var";
    case Unit::volt_ampere:
      return "VA";
    case Unit::hour:
      return "h";
    case Unit::ampere_hour:
      return "Ah";
  }
  return "";
}

std::string_view block_name(Block block) { return block_names.at(static_cast<std::size_t>(block)); }

std::optional<Block> block_of(std::string_view name) {
  const auto found = std::find(block_names.begin(), block_names.end(), name);
  if (found == block_names.end()) return std::nullopt;
  return static_cast<Block>(found - block_names.begin());
}

std::optional<std::int64_t> decode_value(const Register& entry,
                                         std::span<const std::uint16_t> words, bool wide) {
  if (words.size() < entry.words) return std::nullopt;
  if (entry.type == Type::float32) return float_pair(pair_of(words), step_of(entry));
  const auto raw = raw_value(entry, words, wide);
  return raw ? std::optional<std::int64_t>(*raw * step_of(entry)) : std::nullopt;
}

std::optional<std::int64_t> decode_in(const Register& entry, std::span<const std::uint16_t> run,
                                      std::uint16_t start, bool wide) {
  if (entry.address < start) return std::nullopt;
  const auto offset = static_cast<std::size_t>(entry.address - start);
  if (offset + entry.words > run.size()) return std::nullopt;
  return decode_value(entry, run.subspan(offset, entry.words), wide);
}

void encode_value(const Register& entry, std::int64_t value, std::span<std::uint16_t> words) {
  const std::int64_t step = step_of(entry);
  // Floor for negative values too, so that a step is never rounded away from the value's own side
  // of the range.
  const std::int64_t raw = value >= 0 ? value / step : -((-value + step - 1) / step);
  switch (entry.type) {
    case Type::u16:
      words[0] = static_cast<std::uint16_t>(held<std::uint16_t>(raw));
      break;
    case Type::s16:
      words[0] = static_cast<std::uint16_t>(held<std::int16_t>(raw));
      break;
    case Type::u32:
      put_pair(static_cast<std::uint32_t>(held<std::uint32_t>(raw)), words);
      break;
    case Type::u64: {
      const auto four = static_cast<std::uint64_t>(
          std::clamp<std::int64_t>(raw, 0, static_cast<std::int64_t>(u64_max)));
      put_pair(static_cast<std::uint32_t>(four >> 32U), words);
      put_pair(static_cast<std::uint32_t>(four & 0xFFFFFFFFU), words.subspan(2));
      break;
    }
    case Type::s32:
    case Type::s32_low:
      put_pair(static_cast<std::uint32_t>(held<std::int32_t>(raw)), words);
      break;
    case Type::float32:
      put_pair(std::bit_cast<std::uint32_t>(
                   static_cast<float>(static_cast<double>(value) / static_cast<double>(step))),
               words);
      break;
    case Type::u8_high:
      words[0] = static_cast<std::uint16_t>(
          (words[0] & 0xFFU) | static_cast<std::uint16_t>(held<std::uint8_t>(raw) << 8U));
      break;
    case Type::u8_low:
      words[0] = static_cast<std::uint16_t>((words[0] & 0xFF00U) |
                                            static_cast<std::uint16_t>(held<std::uint8_t>(raw)));
      break;
    case Type::clock:
    case Type::text:
    case Type::eco_group:
    case Type::eco_group_v1:
      break;
  }
}

void put_absent(const Register& entry, std::span<std::uint16_t> words) {
  constexpr std::uint16_t ones = 0xFFFF;
  constexpr std::uint16_t not_a_number = 0x7FC0;
  switch (entry.type) {
    case Type::s16:
      words[0] = 0x7FFF;
      break;
    case Type::s32:
    case Type::s32_low:
      put_pair(0x7FFFFFFFU, words);
      break;
    case Type::float32:
      words[0] = not_a_number;
      words[1] = 0;
      break;
    case Type::u8_high:
    case Type::u8_low:
      break;
    case Type::u16:
    case Type::u32:
    case Type::u64:
    case Type::clock:
    case Type::text:
    case Type::eco_group:
    case Type::eco_group_v1:
      std::fill_n(words.begin(), entry.words, ones);
  }
}

std::optional<std::string> decode_text(std::span<const std::uint16_t> words) {
  std::string text;
  for (const std::uint16_t word : words) {
    const char high = static_cast<char>(word >> 8U);
    const char low = static_cast<char>(word & 0xFFU);
    if (high != '\0') text += high;  // zero in UTF-16 and as padding
    if (low != '\0') text += low;
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }))
    return std::nullopt;
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return std::string();
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

void encode_text(std::string_view text, std::span<std::uint16_t> words) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(i < text.size() ? text[i] : ' ');
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] =
        static_cast<std::uint16_t>(static_cast<unsigned>(byte(2 * i)) << 8U | byte(2 * i + 1));
  }
}

}  // namespace wattledger::inverter
