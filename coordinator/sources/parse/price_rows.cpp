#include "coordinator/sources/parse/price_rows.hpp"

#include <algorithm>

#include "coordinator/sources/parse/decimal.hpp"

namespace wattledger::sources {

std::optional<std::int64_t> take_price(std::string_view text, PriceUnit unit, std::size_t row,
                                       Remarks& remarks) {
  constexpr std::int64_t price_max_e8 =
      10'000'000'000;  // 100 per kWh: beyond it a unit or a point is wrong
  if (text.empty()) {
    remarks.add(row, "no price");
    return std::nullopt;
  }
  // 1e-8 per kWh is 1e-5 per MWh: the text's point moves, nothing is divided.
  const Decimal price = parse_decimal(text, unit == PriceUnit::per_kwh ? 8 : 5, Digits::rounded);
  if (price.trouble == DecimalTrouble::not_a_number) {
    remarks.add(row, "price " + in_quotes(text) + " is not a number");
    return std::nullopt;
  }
  if (price.trouble || price.count > price_max_e8 || price.count < -price_max_e8) {
    remarks.add(row, "price " + in_quotes(text) + " is beyond 100 per kWh and left out");
    return std::nullopt;
  }
  return price.count;
}

std::optional<PriceMeasure> read_measure(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c == ' ') continue;
    plain += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  constexpr std::size_t size = 7;  // EUR/MWH
  if (plain.size() != size) return std::nullopt;
  PriceMeasure measure{plain.substr(0, 3)};
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!std::all_of(measure.currency.begin(), measure.currency.end(), capital)) return std::nullopt;
  const std::string unit = plain.substr(3);
  if (unit != "/MWH" && unit != "/KWH") return std::nullopt;
  measure.unit = unit == "/MWH" ? PriceUnit::per_mwh : PriceUnit::per_kwh;
  return measure;
}

bool is_slot_length(std::chrono::seconds length) {
  return length == std::chrono::minutes(15) || length == std::chrono::minutes(30) ||
         length == std::chrono::hours(1);
}

const AnswerDoor& price_door() {
  static const AnswerDoor door{"prices", "name a CSV of prices or a saved answer of a price API",
                               price_bytes_max};
  return door;
}

}  // namespace wattledger::sources
