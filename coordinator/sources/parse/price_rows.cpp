#include "coordinator/sources/parse/price_rows.hpp"

#include "coordinator/sources/parse/decimal.hpp"

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
