#include "coordinator/simulator/slave.hpp"

#include <array>
#include <cstdio>

namespace wattledger::simulator {
namespace {

constexpr std::uint8_t function_read = 3;
constexpr std::uint8_t function_write_one = 6;
constexpr std::uint8_t function_write_many = 16;
constexpr std::uint8_t illegal_function = 1;
constexpr std::uint8_t illegal_value = 3;
constexpr std::size_t read_words_max = 125;
constexpr std::size_t write_words_max = 123;
constexpr std::size_t many_first = 6;  // function, address, count, bytes

std::string line_of(std::uint16_t address, std::span<const std::uint16_t> words, bool many) {
  std::string line = (many ? "FC16 " : "FC6 ") + std::to_string(address);
  char separator = '=';
  for (const std::uint16_t word : words) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%c%04x", separator, static_cast<unsigned>(word));
    line += text.data();
    separator = ' ';
  }
  return line;
}

}  // namespace

Bytes Slave::refusal(ByteView pdu, std::uint8_t exception) {
  return {static_cast<std::uint8_t>(pdu.front() | 0x80U), exception};
}

void Slave::be_unit(std::uint8_t unit) const {
  const std::lock_guard lock(house_.mutex);
  house_.put_setting(inverter::row(inverter::Block::settings, "comm_address"), unit);
}

Answer Slave::answer(ByteView pdu, bool obey, inverter::Range silent) const {
  if (pdu.empty()) return {};
  switch (pdu.front()) {
    case function_read:
      return read(pdu, silent);
    case function_write_one:
    case function_write_many:
      return write(pdu, obey);
    default:
      return {refusal(pdu, illegal_function), {}};
  }
}

Answer Slave::read(ByteView pdu, inverter::Range silent) const {
  if (pdu.size() != 5) return {refusal(pdu, illegal_value), {}};
  const std::uint16_t address = word_at(pdu, 1);
  const std::size_t count = word_at(pdu, 3);
  if (count < 1 || count > read_words_max) return {refusal(pdu, illegal_value), {}};
  const bool kept_silent =
      silent.count > 0 && address < silent.start + silent.count && address + count > silent.start;
  if (kept_silent) return {};
  std::array<std::uint16_t, read_words_max> words{};
  const Exception exception = house_.read(address, std::span(words).first(count));
  if (exception != Exception::none) return {refusal(pdu, static_cast<std::uint8_t>(exception)), {}};
  Bytes answer;
  answer.reserve(2 + 2 * count);
  answer = {function_read, static_cast<std::uint8_t>(2 * count)};
  for (std::size_t i = 0; i < count; ++i) put_word(answer, words.at(i));
  return {std::move(answer), {}};
}

Answer Slave::write(ByteView pdu, bool obey) const {
  const bool many = pdu.front() == function_write_many;
  if (pdu.size() < 5) return {refusal(pdu, illegal_value), {}};
  const std::uint16_t address = word_at(pdu, 1);
  const std::size_t count = many ? word_at(pdu, 3) : 1;
  const std::size_t first = many ? many_first : 3;
  if (count < 1 || count > write_words_max || pdu.size() != first + 2 * count ||
      (many && pdu[first - 1] != 2 * count))
    return {refusal(pdu, illegal_value), {}};
  std::array<std::uint16_t, write_words_max> words{};
  for (std::size_t i = 0; i < count; ++i) words.at(i) = word_at(pdu, first + 2 * i);
  const auto written = std::span<const std::uint16_t>(words).first(count);
  if (obey) {
    const Exception exception = house_.write(address, written, many);
    if (exception != Exception::none)
      return {refusal(pdu, static_cast<std::uint8_t>(exception)), {}};
  }
  return {Bytes(pdu.begin(), pdu.begin() + 5), line_of(address, written, many)};
}

}  // namespace wattledger::simulator
