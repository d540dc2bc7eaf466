#include "coordinator/inverter/eco_group.hpp"

#include <cstdio>

namespace wattledger::inverter {
namespace {

std::uint16_t bytes(unsigned high, unsigned low) {
  return static_cast<std::uint16_t>(high << 8U | low);
}
std::uint8_t high_of(std::uint16_t word) { return static_cast<std::uint8_t>(word >> 8U); }
std::uint8_t low_of(std::uint16_t word) { return static_cast<std::uint8_t>(word & 0xFFU); }

// Types are 0..6 and 85, so an enabled on_off byte (255 - t) is always above 127.
bool on_byte(std::uint8_t on_off) { return on_off > 127; }

}  // namespace

bool EcoGroup::holds(LocalTime wall) const {
  if (!enabled || (type != eco_type && type != eco_745_type)) return false;
  if (start_hour > 23 || end_hour > 23 || start_minute > 59 || end_minute > 59) return false;
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const unsigned weekday =
      std::chrono::weekday(day).c_encoding();  // 0 = Sunday, as in the register
  if ((static_cast<unsigned>(this->days) >> weekday & 1U) == 0) return false;
  const unsigned month = static_cast<unsigned>(date.month()) - 1U;
  if (months != 0 && (static_cast<unsigned>(months) >> month & 1U) == 0) return false;
  const auto minute = std::chrono::floor<std::chrono::minutes>(wall - day).count();
  return start_hour * 60 + start_minute <= minute && minute < end_hour * 60 + end_minute;
}

EcoWords encode(const EcoGroup& group) {
  const unsigned on_off = group.enabled ? 255U - group.type : group.type;
  return {bytes(group.start_hour, group.start_minute),
          bytes(group.end_hour, group.end_minute),
          bytes(on_off, group.days),
          static_cast<std::uint16_t>(group.power),
          group.soc_percent,
          group.months};
}

EcoGroup decode_eco(std::span<const std::uint16_t, eco_group_words> words) {
  const std::uint8_t on_off = high_of(words[2]);
  EcoGroup group;
  group.start_hour = high_of(words[0]);
  group.start_minute = low_of(words[0]);
  group.end_hour = high_of(words[1]);
  group.end_minute = low_of(words[1]);
  group.enabled = on_byte(on_off);
  group.type = static_cast<std::uint8_t>(group.enabled ? 255U - on_off : on_off);
  group.days = low_of(words[2]);
  group.power = static_cast<std::int16_t>(words[3]);
  group.soc_percent = words[4];
  group.months = words[5];
  return group;
}

std::array<std::uint16_t, eco_v1_words> encode_v1(const EcoGroup& group) {
  return {bytes(group.start_hour, group.start_minute), bytes(group.end_hour, group.end_minute),
          static_cast<std::uint16_t>(group.power), bytes(group.enabled ? 255U : 0U, group.days)};
}

EcoGroup decode_eco_v1(std::span<const std::uint16_t, eco_v1_words> words) {
  EcoGroup group;
  group.start_hour = high_of(words[0]);
  group.start_minute = low_of(words[0]);
  group.end_hour = high_of(words[1]);
  group.end_minute = low_of(words[1]);
  group.power = static_cast<std::int16_t>(words[2]);
  group.enabled = on_byte(high_of(words[3]));
  group.days = low_of(words[3]);
  return group;
}

bool is_on(std::uint16_t switch_word) { return on_byte(high_of(switch_word)); }

std::uint16_t switched_off(std::uint16_t switch_word) {
  if (!is_on(switch_word)) return switch_word;
  return bytes(255U - high_of(switch_word), low_of(switch_word));
}

std::array<std::uint16_t, 3> encode_clock(LocalTime wall) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(wall - day));
  return {bytes(static_cast<unsigned>(static_cast<int>(date.year()) - 2000) & 0xFFU,
                static_cast<unsigned>(date.month())),
          bytes(static_cast<unsigned>(date.day()), static_cast<unsigned>(clock.hours().count())),
          bytes(static_cast<unsigned>(clock.minutes().count()),
                static_cast<unsigned>(clock.seconds().count()))};
}

Result<LocalTime> decode_clock(std::span<const std::uint16_t, 3> words) {
  const std::chrono::year_month_day date{std::chrono::year(2000 + high_of(words[0])),
                                         std::chrono::month(low_of(words[0])),
                                         std::chrono::day(high_of(words[1]))};
  const unsigned hour = low_of(words[1]);
  const unsigned minute = high_of(words[2]);
  const unsigned second = low_of(words[2]);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(),
                  "the inverter's clock reads %04x %04x %04x, which is no time",
                  static_cast<unsigned>(words[0]), static_cast<unsigned>(words[1]),
                  static_cast<unsigned>(words[2]));
    return fail(ErrorKind::corrupt, text.data(), "set the inverter's clock");
  }
  return LocalTime(std::chrono::local_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

}  // namespace wattledger::inverter
