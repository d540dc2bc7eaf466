#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::parse_prices;

namespace {

std::string point(const std::string& position, const std::string& price) {
  return "<Point><position>" + position + "</position><price.amount>" + price +
         "</price.amount></Point>";
}

std::string period(const std::string& start, const std::string& end, const std::string& resolution,
                   const std::string& points) {
  return "<Period><timeInterval><start>" + start + "</start><end>" + end +
         "</end></timeInterval><resolution>" + resolution + "</resolution>" + points + "</Period>";
}

struct Series {
  std::string periods;
  std::string curve = "A03";
  std::string sequence{};
  std::string currency = "EUR";
  std::string unit = "MWH";
  std::string contract = "A01";
  std::string zone = "10YPL-AREA-----S";
};

std::string element(const std::string& name, const std::string& text) {
  return text.empty() ? "" : "<" + name + ">" + text + "</" + name + ">";
}

std::string series(const Series& s) {
  return "<TimeSeries>" + element("out_Domain.mRID", s.zone) +
         element("contract_MarketAgreement.type", s.contract) +
         element("currency_Unit.name", s.currency) + element("price_Measure_Unit.name", s.unit) +
         element("classificationSequence_AttributeInstanceComponent.position", s.sequence) +
         element("curveType", s.curve) + s.periods + "</TimeSeries>";
}

std::string document(const std::string& content, const std::string& type = "A44") {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Publication_MarketDocument "
         "xmlns=\"urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3\"><type>" +
         type + "</type>" + content + "</Publication_MarketDocument>";
}

// The four quarters after 22:00 UTC.
std::string hour_of(const std::string& points, const std::string& curve) {
  Series s{period("2025-10-04T22:00Z", "2025-10-04T23:00Z", "PT15M", points)};
  s.curve = curve;
  return document(series(s));
}

std::vector<std::int64_t> values(const sources::ParsedPrices& prices) {
  return prices.days.at(0).prices_e8.at(0)->values;
}

Error refusal(const std::string& bytes) {
  const auto result = parse_prices(bytes, warsaw(), "test");
  REQUIRE_FALSE(result);
  CHECK(result.error().line().find('\n') == std::string::npos);
  CHECK_FALSE(result.error().remedy.empty());
  return result.error();
}

bool contains(const Error& error, const std::string& text) {
  return error.what.find(text) != std::string::npos;
}

}  // namespace

TEST_SUITE("sources/prices/entsoe") {
  TEST_CASE("curve type A03: a missing position repeats the one before, to the period's end") {
    const auto prices = parsed(hour_of(point("1", "102.1") + point("3", "-0.5"), "A03"));
    CHECK(values(prices) == std::vector<std::int64_t>{10'210'000, 10'210'000, -50'000, -50'000});
    CHECK(prices.days[0].prices_e8[0]->start_us == to_us(utc("2025-10-04T22:00")));
    CHECK(prices.days[0].currency == "EUR");
    CHECK(prices.days[0].kind == fb::PriceKind::day_ahead);
    CHECK_FALSE(prices.days[0].issued_at_us);
    CHECK(prices.slots[0].found == 4);
    CHECK(prices.slots[0].expected == 96);
  }

  TEST_CASE("curve type A01, and none: a missing position is missing") {
    for (const std::string curve : {"A01", ""}) {
      const auto prices = parsed(hour_of(point("1", "1") + point("3", "2"), curve));
      CHECK_FALSE(price_at(prices, "2025-10-04T22:15"));
      CHECK(price_at(prices, "2025-10-04T22:30") == 200'000);
      CHECK_FALSE(price_at(prices, "2025-10-04T22:45"));
    }
  }

  TEST_CASE("a first position that is missing repeats nothing") {
    const auto prices = parsed(hour_of(point("2", "1"), "A03"));
    CHECK_FALSE(price_at(prices, "2025-10-04T22:00"));
    CHECK(price_at(prices, "2025-10-04T22:45") == 100'000);
  }

  TEST_CASE("a point without a usable price is unknown, and is not what came before it") {
    const auto prices =
        parsed(hour_of(point("1", "1") + point("2", "free") + point("4", "0"), "A03"));
    CHECK_FALSE(price_at(prices, "2025-10-04T22:15"));
    CHECK_FALSE(price_at(prices, "2025-10-04T22:30"));
    CHECK(price_at(prices, "2025-10-04T22:45") == 0);
    CHECK(remarked(prices, "row 2: price \"free\" is not a number"));
  }

  TEST_CASE("positions that are none, twice or beyond the period are told") {
    const auto prices = parsed(hour_of(point("1", "1") + point("1", "2") + point("5", "3") +
                                           point("0", "4") + point("x", "5") + "<Point/>",
                                       "A01"));
    CHECK(values(prices) == std::vector<std::int64_t>{100'000});
    CHECK(remarked(prices, "row 2: position \"1\" was given in row 1, which is kept"));
    CHECK(remarked(prices, "row 3: position \"5\" is not one of 1 to 4 (TimeSeries 1, Period 1)"));
    CHECK(remarked(prices, "row 4: position \"0\""));
    CHECK(remarked(prices, "row 5: position \"x\""));
    CHECK(remarked(prices, "row 6: position \"\""));
  }

  TEST_CASE("hours, half hours and quarters; several series and periods; the day of each") {
    const std::string one =
        period("2025-10-04T22:00Z", "2025-10-05T22:00Z", "PT60M", point("1", "1"));
    const std::string two =
        period("2025-10-05T22:00Z", "2025-10-06T22:00Z", "PT30M", point("1", "2"));
    const std::string three =
        period("2025-10-06T22:00Z", "2025-10-07T22:00Z", "PT15M", point("1", "3"));
    const auto prices = parsed(document(series({one + two}) + series({three})));
    REQUIRE(prices.days.size() == 3);
    CHECK(prices.remarks.empty());
    CHECK(prices.days[0].prices_e8[0]->values == std::vector<std::int64_t>(24, 100'000));
    CHECK(prices.days[1].prices_e8[0]->values == std::vector<std::int64_t>(48, 200'000));
    CHECK(prices.days[2].prices_e8[0]->values == std::vector<std::int64_t>(96, 300'000));
  }

  TEST_CASE("clock-change days have 92 and 100 quarters") {
    const auto spring = parsed(document(
        series({period("2025-03-29T23:00Z", "2025-03-30T22:00Z", "PT15M", point("1", "1"))})));
    CHECK(values(spring).size() == 92);
    CHECK(spring.slots[0].complete());
    const auto autumn = parsed(document(
        series({period("2025-10-25T22:00Z", "2025-10-26T23:00Z", "PT15M", point("1", "1"))})));
    CHECK(values(autumn).size() == 100);
    CHECK(autumn.slots[0].complete());
  }

  TEST_CASE("quarters of a day say more than its hours beside them") {
    const std::string hours =
        period("2025-10-04T22:00Z", "2025-10-04T23:00Z", "PT60M", point("1", "9"));
    const std::string quarters = period("2025-10-04T22:00Z", "2025-10-04T23:00Z", "PT15M",
                                        point("1", "1") + point("3", "2"));
    for (const std::string& both :
         {series({hours}) + series({quarters}), series({quarters}) + series({hours})}) {
      CHECK(values(parsed(document(both))) ==
            std::vector<std::int64_t>{100'000, 100'000, 200'000, 200'000});
    }
  }

  TEST_CASE("only the coupled auction's prices: another sequence is never mixed in") {
    const auto at = [](const std::string& sequence, const std::string& price) {
      Series s{period("2025-10-04T22:00Z", "2025-10-04T23:00Z", "PT60M", point("1", price))};
      s.sequence = sequence;
      return series(s);
    };
    const auto both = parsed(document(at("2", "9") + at("1", "1")));
    CHECK(values(both) == std::vector<std::int64_t>{100'000});
    CHECK(remarked(both, "classification sequence \"2\" is another auction"));
    const Error other = refusal(document(at("2", "9")));
    CHECK(other.kind == ErrorKind::not_found);
    CHECK(contains(other, "another auction than the coupled one"));
  }

  TEST_CASE("the currency and unit are those given; what is none is left out") {
    Series zloty{period("2025-10-04T22:00Z", "2025-10-04T23:00Z", "PT60M", point("1", "0.5"))};
    zloty.currency = "PLN";
    zloty.unit = "KWH";
    const auto own = parsed(document(series(zloty)));
    CHECK(own.days[0].currency == "PLN");
    CHECK(values(own) == std::vector<std::int64_t>{50'000'000});

    Series euro = zloty;
    euro.currency = "EUR";
    const auto mixed = parsed(document(series(zloty) + series(euro)));
    CHECK(remarked(mixed, "TimeSeries 2: is in EUR, those before are in PLN: left out"));

    Series odd = zloty;
    odd.unit = "MAW";
    CHECK(contains(refusal(document(series(odd))), "\"PLN/MAW\" is not a currency per MWH or KWH"));
  }

  TEST_CASE("another contract, curve, interval or zone") {
    const std::string hour =
        period("2025-10-04T22:00Z", "2025-10-04T23:00Z", "PT60M", point("1", "1"));
    Series intraday{hour};
    intraday.contract = "A07";
    CHECK(
        contains(refusal(document(series(intraday))), "contract \"A07\" is not the day-ahead A01"));
    Series curve{hour};
    curve.curve = "A04";
    CHECK(contains(refusal(document(series(curve))), "curve type \"A04\""));
    for (const std::string& odd :
         {period("2025-10-04T22:00Z", "2025-10-04T22:10Z", "PT15M", point("1", "1")),
          period("2025-10-04T23:00Z", "2025-10-04T22:00Z", "PT15M", point("1", "1")),
          period("2025-10-04T22:00", "2025-10-04T23:00Z", "PT15M", point("1", "1")),
          period("2025-10-04T22:00Z", "2025-10-04T23:00Z", "P1D", point("1", "1"))})
      CHECK(contains(refusal(document(series({odd}))), "is not understood: left out"));
    Series elsewhere{hour};
    elsewhere.zone = "10Y1001A1001A82H";
    CHECK(contains(refusal(document(series({hour}) + series(elsewhere))),
                   "TimeSeries 2 is of \"10Y1001A1001A82H\""));
  }

  TEST_CASE("an acknowledgement is ENTSO-E's error, in one line") {
    const auto said = [](const std::string& code, const std::string& text) {
      return "<?xml version=\"1.0\"?><Acknowledgement_MarketDocument "
             "xmlns=\"urn:x\"><Reason><code>" +
             code + "</code><text>" + text + "</text></Reason></Acknowledgement_MarketDocument>";
    };
    const Error none =
        refusal(said("999", "No matching data found for\n Data item Day-ahead Prices"));
    CHECK(none.kind == ErrorKind::not_found);
    CHECK(none.what ==
          "prices: ENTSO-E answers: No matching data found for  Data item Day-ahead Prices (999)");
    const Error wrong = refusal(said("999", "Invalid query attributes"));
    CHECK(wrong.kind == ErrorKind::rejected);
    CHECK(contains(refusal("<Acknowledgement_MarketDocument/>"), "without a reason"));
  }

  TEST_CASE("what is no A44 document gets one clear error") {
    struct Row {
      std::string name, bytes, holds;
    };
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) deep += "<a>";
    const std::string good = hour_of(point("1", "1"), "A03");
    std::string many;
    for (int year = 0; year < 3; ++year) {
      const std::string from = std::to_string(2024 + year);
      many += period(from + "-01-01T00:00Z", from + "-12-01T00:00Z", "PT15M", point("1", "1"));
    }
    for (const Row& row : std::vector<Row>{
             {"a web page", "<!DOCTYPE html><html>", "a web page or XML with a DOCTYPE"},
             {"a page without DOCTYPE", "<html><body/></html>", "a web page or XML \"<html>\""},
             {"entities",
              "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" +
                  good,
              "with a DOCTYPE"},
             {"truncated", good.substr(0, good.size() / 2), "the XML ends or breaks at byte"},
             {"deep", deep, "the XML ends or breaks"},
             {"another document", document("", "A65"), "document type \"A65\" is not A44"},
             {"nothing in it", document(""), "none of 0 rows"},
             {"too large", document(std::string(sources::price_xml_bytes_max, ' ')),
              "more than the 4194304 of a year"},
             {"a period of a century",
              document(series(
                  {period("1925-01-01T00:00Z", "2025-01-01T00:00Z", "PT15M", point("1", "1"))})),
              "more than 40000 slots"},
             {"many periods", document(series({many})), "more than 40000 slots"}}) {
      CAPTURE(row.name);
      const Error error = refusal(row.bytes);
      CAPTURE(error.what);
      CHECK(contains(error, row.holds));
    }
  }
}
