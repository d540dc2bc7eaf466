#include <rapidcheck.h>

#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::parse_prices;

namespace {

// What every outcome must keep, whatever came in.
void check_outcome(const std::string& bytes) {
  const auto result = parse_prices(bytes, warsaw(), "test");
  if (!result) {
    RC_ASSERT(!result.error().what.empty());
    return;
  }
  RC_ASSERT(!result->days.empty());
  std::int64_t last_end = std::numeric_limits<std::int64_t>::min();
  for (const auto& day : result->days) {
    const fb::SeriesT& series = *day.prices_e8.at(0);
    const bool known_step =
        series.step_s == 900U || series.step_s == 1'800U || series.step_s == 3'600U;
    RC_ASSERT(known_step);
    RC_ASSERT(!series.values.empty() && series.values.size() <= 100U);
    RC_ASSERT(series.start_us >= last_end);
    last_end = series.start_us +
               static_cast<std::int64_t>(series.values.size()) * series.step_s * 1'000'000;
    for (const std::int64_t value : series.values)
      RC_ASSERT(value <= 10'000'000'000 && value >= -10'000'000'000);
    for (const std::uint16_t index : series.absent) RC_ASSERT(index < series.values.size() - 1);
  }
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

}  // namespace

TEST_SUITE("sources/prices/random") {
  TEST_CASE("random bytes never crash and never give an impossible day") {
    CHECK(rc::check("random bytes", [](const std::string& bytes) { check_outcome(bytes); }));
    CHECK(rc::check("a header and random bytes",
                    [](const std::string& bytes) { check_outcome(csv_header + bytes); }));
    CHECK(rc::check("rows of odd pieces", [] {
      check_outcome(
          csv_header +
          joined(*rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
              "2025-10-26 02:00", "2025-03-30 02:15", "2025-10-26T00:15Z", "2025-10-05 00:00", ",",
              "0.1", "-1e-3", "NaN", "\n", "observed", "suspect_x", "\r\n", "\"",
              "9999-12-31 23:45", "0000-01-01 00:00", "+14:00", "99999999999999999999"))));
    }));
    CHECK(rc::check("records of odd pieces", [] {
      check_outcome(
          "{\"value\":[" +
          joined(*rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
              "{", "}", "[", "]", ",", ":", "\"csdac_pln\"", "\"period\"", "\"00:00 - 00:15\"",
              "\"business_date\"", "\"2025-10-26\"", "1.5", "null", "\"dtime\"",
              "{\"csdac_pln\":1,\"period\":\"02:00 - "
              "02:15\",\"business_date\":\"2025-10-26\"},"))) +
          "{}]}");
    }));
  }

  TEST_CASE("a whole file cut anywhere is read up to the cut or refused") {
    std::string whole = csv_header;
    for (int i = 0; i < 96; ++i) {
      const std::string hour = std::to_string(100 + i / 4).substr(1);
      const std::string minute = std::to_string(100 + i % 4 * 15).substr(1);
      whole += "2025-10-05 " + hour + ":" + minute + ",0." + std::to_string(i + 1) + ",observed\n";
    }
    CHECK(rc::check("cut", [&] {
      check_outcome(whole.substr(0, *rc::gen::inRange<std::size_t>(0, whole.size())));
    }));
  }

  TEST_CASE(
      "what is written is what is read, to the last digit, on days of 92, 96 and 100 quarters") {
    CHECK(rc::check("round trip in UTC", [] {
      const auto day = *rc::gen::element<std::string>("2025-03-30", "2025-10-05", "2025-10-26");
      const UtcTime start = warsaw().day_start(utc(day + "T12:00"));
      const UtcTime next = warsaw().next_day_start(start);
      std::string text = "period_start_utc,pln_per_kwh\n";
      std::vector<std::int64_t> values;
      for (UtcTime at = start; at < next; at += std::chrono::minutes(15)) {
        const auto value = *rc::gen::inRange<std::int64_t>(0, 2'000'000'000);
        const std::string digits = std::to_string(10'000'000'000 + value).substr(1);
        text += utc_text(at) + "," + digits.substr(0, 2) + "." + digits.substr(2) + "\n";
        values.push_back(value);
      }
      const auto result = parse_prices(text, warsaw(), "test");
      RC_ASSERT(result.has_value());
      RC_ASSERT(result->days.size() == 1U);
      RC_ASSERT(result->remarks.empty());
      RC_ASSERT(result->days[0].prices_e8[0]->values == values);
    }));
  }
}
