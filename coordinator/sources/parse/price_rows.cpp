#include "coordinator/sources/parse/price_rows.hpp"

#include "coordinator/sources/parse/decimal.hpp"

namespace wattledger::sources {

void Remarks::add(std::string text) {
  constexpr std::size_t lines_max = 200;
  if (lines_.size() < lines_max) {
    lines_.push_back(std::move(text));
  } else {
    ++beyond_;
  }
}

void Remarks::add(std::size_t row, const std::string& text) {
  add("row " + std::to_string(row) + ": " + text);
}

std::vector<std::string> Remarks::take() {
  if (beyond_ != 0) lines_.push_back("and " + std::to_string(beyond_) + " more remarks");
  return std::move(lines_);
}

std::optional<UtcTime> WallClock::place(LocalTime local, std::optional<UtcTime> expected) {
  const UtcTime first = zone_.to_utc(local, false);
  if (zone_.to_local(first) != local) return std::nullopt;
  const UtcTime second = zone_.to_utc(local, true);
  if (first == second) return first;
  const bool again = appeared_[local]++ > 0;
  if (expected == first || expected == second) return expected;
  return again ? second : first;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 40;
  return "\"" + std::string(text.substr(0, shown_max)) + (text.size() > shown_max ? "…\"" : "\"");
}

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

}  // namespace wattledger::sources
