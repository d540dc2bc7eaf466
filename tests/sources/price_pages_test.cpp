#include <rapidcheck.h>

#include <array>

#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::DaySlots;
using sources::PriceBounds;

namespace {

// The operator's records of a whole local day in its order, `step_min` minutes each; prices 1, 2, 3
// … PLN/MWh.
std::vector<std::string> whole_day(const std::string& date, int step_min) {
  const ZoneOffsets zone = warsaw();
  const UtcTime start = parse_time(date, zone).value();
  const UtcTime end = zone.next_day_start(start + std::chrono::hours(1));
  const auto clock = [&](UtcTime time) { return iso_text(zone.to_local(time)).substr(11, 5); };
  std::vector<std::string> records;
  const auto step = std::chrono::minutes(step_min);
  for (UtcTime at = start; at < end; at += step) {
    std::string dtime_utc = utc_text(at + step).substr(0, 19);
    dtime_utc[10] = ' ';
    const std::string period_utc =
        utc_text(at).substr(11, 5) + " - " + utc_text(at + step).substr(11, 5);
    records.push_back(
        record(date, clock(at) + " - " + clock(at + step), std::to_string(records.size() + 1),
               "\"dtime_utc\":\"" + dtime_utc + "\",\"period_utc\":\"" + period_utc + "\""));
  }
  return records;
}

std::string joined(const std::vector<std::string>& records, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) text += (i == from ? "" : ",") + records[i];
  return text;
}

std::string page(const std::string& records, const std::string& next = "") {
  return "{\"value\":[" + records + "]" + (next.empty() ? "" : ",\"nextLink\":\"" + next + "\"") +
         "}";
}

sources::ParsedPrices parsed_pages(const std::vector<std::string>& pages) {
  const std::vector<std::string_view> views(pages.begin(), pages.end());
  auto result = sources::parse_price_pages(views, warsaw(), "test");
  if (!result) FAIL(result.error().line());
  return std::move(*result);
}

}  // namespace

TEST_SUITE("sources/prices/pages") {
  TEST_CASE("the next page's address is told, absolute or relative") {
    const auto records = whole_day("2025-10-26", 15);
    const auto first = parsed(page(joined(records, 0, 60), "/api/csdac-pln?$first=60&$after=eyJ9"));
    CHECK(first.next_page == "/api/csdac-pln?$first=60&$after=eyJ9");
    CHECK(remarked(first, "goes on at its next page"));
    CHECK(first.slots ==
          std::vector<DaySlots>{{LocalTime(utc("2025-10-26").time_since_epoch()), 60, 100}});
    CHECK_FALSE(first.slots[0].complete());
    CHECK(parsed(page(joined(records, 0, 60))).next_page.empty());
  }

  TEST_CASE("two pages are one answer: rows are counted on, the day is complete") {
    const auto records = whole_day("2025-10-26", 15);
    REQUIRE(records.size() == 100);
    const auto prices = parsed_pages({page(joined(records, 0, 60), "https://example.org/2"),
                                      page(joined(records, 60, 100) + "," + records[3])});
    REQUIRE(prices.days.size() == 1);
    CHECK(prices.next_page.empty());
    CHECK(prices.days[0].prices_e8[0]->values.size() == 100);
    CHECK(prices.days[0].prices_e8[0]->absent.empty());
    CHECK(prices.slots[0].complete());
    CHECK(price_at(prices, "2025-10-26T22:45") == 100'000 * 100);
    REQUIRE(prices.remarks.size() == 1);
    CHECK(prices.remarks[0] == "row 101: 2025-10-25T22:45:00Z was given in row 4 already");
  }

  TEST_CASE("a repeated hour may be cut by a page's end") {
    const std::string first = page(record("2025-10-26", "02:00 - 02:15", "1"), "x");
    const std::string second = page(record("2025-10-26", "02:00 - 02:15", "2"));
    const auto prices = parsed_pages({first, second});
    CHECK(price_at(prices, "2025-10-26T00:00") == 100'000);
    CHECK(price_at(prices, "2025-10-26T01:00") == 200'000);
  }

  TEST_CASE("an empty last page adds nothing; a page that is none fails the whole") {
    const std::string first = page(record("2025-10-05", "00:00 - 00:15", "1"), "x");
    CHECK(parsed_pages({first, page("")}).days.size() == 1);
    const std::array<std::string_view, 2> broken{first, "<html>"};
    CHECK_FALSE(sources::parse_price_pages(broken, warsaw(), "test"));
    const std::array<std::string_view, 2> mixed{first,
                                                "utc_start,eur_per_mwh\n2025-10-05T00:00Z,1\n"};
    const auto refused = sources::parse_price_pages(mixed, warsaw(), "test");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == "prices: page 2 is in EUR, those before are in PLN");
    const std::string half(sources::price_bytes_max - first.size(), ' ');
    const std::string most = half + first;
    const std::array<std::string_view, 2> large{most, first};
    CHECK(sources::parse_price_pages(large, warsaw(), "test")
              .error()
              .what.find("page 2 makes more") != std::string::npos);
  }

  TEST_CASE("no pages, or pages without a record, are nothing yet") {
    const std::string empty = page("");
    const std::array<std::string_view, 1> pages{empty};
    CHECK(sources::parse_price_pages(pages, warsaw(), "test").error().kind == ErrorKind::not_found);
    CHECK(sources::parse_price_pages({}, warsaw(), "test").error().kind == ErrorKind::not_found);
  }
}

TEST_SUITE("sources/prices/slots") {
  TEST_CASE("a day has as many slots as its clock, and says how many are there") {
    struct Row {
      std::string date;
      int step_min;
      std::size_t slots;
    };
    for (const Row& row : {Row{"2025-03-30", 15, 92},
                           {"2025-10-05", 15, 96},
                           {"2025-10-26", 15, 100},
                           {"2025-03-30", 60, 23},
                           {"2025-09-05", 60, 24},
                           {"2025-10-26", 60, 25},
                           {"2025-10-26", 30, 50}}) {
      CAPTURE(row.date);
      CAPTURE(row.step_min);
      const auto records = whole_day(row.date, row.step_min);
      REQUIRE(records.size() == row.slots);
      const auto prices = parsed(page(joined(records, 0, records.size())));
      REQUIRE(prices.slots.size() == 1);
      CHECK(prices.slots[0].found == row.slots);
      CHECK(prices.slots[0].expected == row.slots);
      CHECK(prices.remarks.empty());
      CHECK(prices.days[0].prices_e8[0]->values.size() == row.slots);
      CHECK(prices.days[0].prices_e8[0]->values.back() ==
            static_cast<std::int64_t>(row.slots) * 100'000);
    }
  }

  TEST_CASE("a missing quarter is missing, and told") {
    auto records = whole_day("2025-10-05", 15);
    records.erase(records.begin() + 40);
    const auto prices = parsed(page(joined(records, 0, records.size())));
    CHECK(prices.slots[0].found == 95);
    CHECK(prices.days[0].prices_e8[0]->absent == std::vector<std::uint16_t>{40});
    CHECK(prices.remarks ==
          std::vector<std::string>{"2025-10-05: 1 of 96 slots have no price, the first at 10:00"});
  }

  TEST_CASE("the later publication of a slot supersedes the earlier, in either order") {
    const auto at = [](const std::string& price, const std::string& published) {
      return record("2025-10-05", "00:00 - 00:15", price,
                    "\"publication_ts\":\"" + published + "\"");
    };
    const std::string early = at("1", "2025-10-04 13:50:00.000");
    const std::string late = at("2", "2025-10-04 15:00:00.000");
    for (const std::string& records : {early + "," + late, late + "," + early}) {
      const auto prices = parsed(page(records));
      CHECK(price_at(prices, "2025-10-04T22:00") == 200'000);
      CHECK(prices.days[0].issued_at_us == to_us(utc("2025-10-04T13:00")));
    }
    CHECK(remarked(parsed(page(early + "," + late)),
                   "row 1: 2025-10-04T22:00:00Z was given in row 2 with a later publication"));
  }

  TEST_CASE("a republished day is a day like any other, with its own time") {
    const auto prices = parsed(page(record("2025-10-05", "00:00 - 00:15", "1",
                                           "\"publication_ts_utc\":\"2025-10-06 09:00:00\"")));
    CHECK(prices.days[0].issued_at_us == to_us(utc("2025-10-06T09:00")));
  }

  TEST_CASE("an hour among quarters is the price of its four, and gives way to a quarter's own") {
    const auto prices = parsed(page(record("2025-10-05", "00:00 - 01:00", "1") + "," +
                                    record("2025-10-05", "01:00 - 01:15", "2") + "," +
                                    record("2025-10-05", "00:30 - 00:45", "3") + "," +
                                    record("2025-10-05", "00:00 - 00:15", "4")));
    CHECK(prices.days[0].prices_e8[0]->values ==
          std::vector<std::int64_t>{400'000, 100'000, 300'000, 100'000, 200'000});
  }
}

TEST_SUITE("sources/prices/bounds") {
  TEST_CASE("a price outside the market's bounds is recorded, marked and told") {
    const auto prices = parsed(
        "utc_start,eur_per_mwh\n2025-10-05T00:00Z,4000\n2025-10-05T00:15Z,4000.00001\n"
        "2025-10-05T00:30Z,-500\n2025-10-05T00:45Z,-501\n2025-10-05T01:00Z,0\n");
    CHECK(prices.days[0].suspect == std::vector<std::uint16_t>{1, 3});
    CHECK(price_at(prices, "2025-10-05T00:15") == 400'000'001);
    CHECK(price_at(prices, "2025-10-05T01:00") == 0);
    CHECK(remarked(prices,
                   "row 5: price -0.501 EUR per kWh is outside -0.5 to 4 (the coupled day-ahead "
                   "auction's limits): kept as suspect"));
  }

  TEST_CASE("the bounds are the caller's, each for its currency") {
    const std::string text = "utc_start,pln_per_kwh\n2025-10-05T00:00Z,1.5\n2025-10-05T00:15Z,1\n";
    const std::array<PriceBounds, 2> bounds{
        {{"EUR", 0, 1, "another"}, {"PLN", -100'000'000, 100'000'000, "the owner's"}}};
    const auto own = sources::parse_prices(text, warsaw(), "test", bounds);
    REQUIRE(own);
    CHECK(own->days[0].suspect == std::vector<std::uint16_t>{0});
    CHECK(own->remarks[0].find("outside -1 to 1 (the owner's)") != std::string::npos);
    CHECK(parsed(text).days[0].suspect.empty());
    const auto none =
        sources::parse_prices("utc_start,usd_per_kwh\n2025-10-05T00:00Z,99\n", warsaw(), "test");
    REQUIRE(none);
    CHECK(none->days[0].suspect.empty());
  }

  TEST_CASE("suspect is what is outside, whatever the prices") {
    CHECK(rc::check("suspects", [] {
      const auto price = *rc::gen::inRange<std::int64_t>(-10'000'000'000, 10'000'000'001);
      const auto whole = price / 100'000'000;
      const auto prices =
          parsed("utc_start,eur_per_kwh\n2025-10-05T00:00Z," + std::to_string(whole) + "\n");
      const bool outside = whole > 4 || whole < 0;
      RC_ASSERT(prices.days[0].suspect.empty() == !outside);
      RC_ASSERT(prices.days[0].prices_e8[0]->values[0] == whole * 100'000'000);
    }));
  }
}
