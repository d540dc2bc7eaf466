#include "coordinator/sources/parse/peak_hours.hpp"

#include <rapidcheck.h>

#include <array>

#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::parse_peak_hours;

namespace {

std::string hour(const std::string& dtime, const std::string& code,
                 const std::string& more = "\"is_active\":true") {
  return "{\"dtime\":\"" + dtime + "\",\"usage_fcst\":" + code + (more.empty() ? "" : "," + more) +
         "}";
}

sources::ParsedPeakHours peaks(const std::string& bytes) {
  auto result = parse_peak_hours(bytes, warsaw(), "test");
  if (!result) FAIL(result.error().line());
  return std::move(*result);
}

const fb::SeriesT& codes(const sources::ParsedPeakHours& parsed, std::size_t day = 0) {
  return *parsed.days.at(day).codes.at(0);
}

bool has(const std::vector<std::string>& remarks, const std::string& text) {
  return std::any_of(remarks.begin(), remarks.end(), [&](const std::string& remark) {
    return remark.find(text) != std::string::npos;
  });
}

Error refusal(const std::string& bytes) {
  const auto result = parse_peak_hours(bytes, warsaw(), "test");
  REQUIRE_FALSE(result);
  CHECK(result.error().line().find('\n') == std::string::npos);
  return result.error();
}

}  // namespace

TEST_SUITE("sources/peak_hours") {
  TEST_CASE("dtime is the hour's start, local; the publication is the issue time") {
    const auto parsed = peaks(answer(hour(
        "2025-06-25 00:00", "1",
        R"("dtime_utc":"2025-06-24 22:00","is_active":true,"valid_to_ts":null,"business_date":"2025-06-25","publication_ts":"2025-06-25 12:20:36.622","publication_ts_utc":"2025-06-25 10:20:36.622","total_power_demand":null)")));
    REQUIRE(parsed.days.size() == 1);
    CHECK(parsed.days[0].provider == "test");
    CHECK(codes(parsed).start_us == to_us(utc("2025-06-24T22:00")));
    CHECK(codes(parsed).step_s == 3'600);
    CHECK(codes(parsed).values == std::vector<std::int64_t>{1});
    CHECK(parsed.days[0].issued_at_us == to_us(utc("2025-06-25T10:20:36.622")));
    CHECK(parsed.days[0].raw_digest != nullptr);
  }

  TEST_CASE("a missing code is unknown, never 0") {
    const auto parsed =
        peaks(answer(hour("2025-06-25 10:00", "3") + "," + hour("2025-06-25 11:00", "null") + "," +
                     hour("2025-06-25 13:00", "0") + ",{\"dtime\":\"2025-06-25 14:00\"}"));
    CHECK(codes(parsed).values.size() == 4);
    CHECK(codes(parsed).values[0] == 3);
    CHECK(codes(parsed).values[3] == 0);
    CHECK(codes(parsed).absent == std::vector<std::uint16_t>{1, 2});
    CHECK(parsed.slots[0].found == 2);
    CHECK(parsed.slots[0].expected == 24);
    CHECK(has(parsed.remarks, "row 2 and 1 more: no usage_fcst"));
    CHECK(has(parsed.remarks, "2025-06-25: 22 of 24 hours have no code and are unknown"));
  }

  TEST_CASE("a code that is none of the four is unknown") {
    const auto parsed = peaks(
        answer(hour("2025-06-25 10:00", "2") + "," + hour("2025-06-25 11:00", "4") + "," +
               hour("2025-06-25 12:00", "-1") + "," + hour("2025-06-25 13:00", "\"high\"") + "," +
               hour("2025-06-25 14:00", "1.5") + "," + hour("2025-06-25 15:00", "\"1\"")));
    CHECK(codes(parsed).absent == std::vector<std::uint16_t>{1, 2, 3, 4});
    CHECK(codes(parsed).values.back() == 1);
    CHECK(has(parsed.remarks, "row 2: usage_fcst \"4\" is none of 0 to 3"));
    CHECK(has(parsed.remarks, "row 5: usage_fcst \"1.5\""));
  }

  TEST_CASE("superseded rows are left out; of two active ones the later publication is kept") {
    const auto at = [](const std::string& code, const std::string& active,
                       const std::string& published) {
      return hour("2025-06-25 10:00", code,
                  "\"is_active\":" + active + ",\"publication_ts_utc\":\"" + published + "\"");
    };
    const std::string old = at("0", "false", "2025-06-25 12:00:00");
    const std::string early = at("1", "true", "2025-06-24 10:00:00");
    const std::string late = at("2", "true", "2025-06-24 12:00:00");
    for (const std::string& rows :
         {old + "," + early + "," + late, late + "," + old + "," + early}) {
      const auto parsed = peaks(answer(rows));
      CHECK(codes(parsed).values == std::vector<std::int64_t>{2});
      CHECK(has(parsed.remarks, "2025-06-25T08:00:00Z was given in row"));
    }
    CHECK(refusal(answer(old)).what == "peak hours: none of 1 rows is usable");
    const auto odd = peaks(answer(early + "," + hour("2025-06-25 11:00", "1", "\"is_active\":7")));
    CHECK(has(odd.remarks, "row 2: is_active \"7\" is neither true nor false"));
  }

  TEST_CASE("clock-change days have 23 and 25 hours") {
    struct Row {
      std::string date;
      std::size_t hours;
    };
    for (const Row& row : {Row{"2025-03-30", 23}, {"2025-06-25", 24}, {"2025-10-26", 25}}) {
      const std::string& date = row.date;
      const std::size_t hours = row.hours;
      CAPTURE(date);
      for (const bool with_utc : {true, false}) {
        std::string rows;
        std::int64_t number = 0;
        const UtcTime start = parse_time(date, warsaw()).value();
        for (UtcTime at = start; at < warsaw().next_day_start(start); at += std::chrono::hours(1)) {
          const std::string local = iso_text(warsaw().to_local(at)).replace(10, 1, " ");
          const std::string at_utc = utc_text(at).substr(0, 16).replace(10, 1, " ");
          rows +=
              (rows.empty() ? "" : ",") + hour(local, std::to_string(number++ % 4),
                                               with_utc ? "\"dtime_utc\":\"" + at_utc + "\"" : "");
        }
        const auto parsed = peaks(answer(rows));
        CHECK(parsed.remarks.empty());
        REQUIRE(codes(parsed).values.size() == hours);
        for (std::size_t i = 0; i < hours; ++i)
          CHECK(codes(parsed).values[i] == static_cast<std::int64_t>(i % 4));
        CHECK(parsed.slots[0].complete());
      }
    }
  }

  TEST_CASE("stamps that are none, or contradict each other, are told") {
    const auto parsed =
        peaks(answer(hour("2025-03-30 01:00", "1") + "," + hour("2025-03-30 02:00", "1") + "," +
                     hour("2025-03-30 04:15", "1") + "," + hour("noon", "1") + "," +
                     hour("2025-03-30 05:00", "1", R"("dtime_utc":"2025-03-30 05:00")") + "," +
                     hour("2025-03-30 06:00", "1", R"("business_date":"2025-03-31")") + ",7"));
    CHECK(parsed.slots[0].found == 1);
    for (const char* remark :
         {"row 2: \"2025-03-30 02:00\" does not exist",
          "row 3: \"2025-03-30 04:15\" is not on the hour", "row 4: dtime \"noon\" is not a time",
          "row 5: \"2025-03-30 05:00\" is not its dtime_utc",
          "row 6: \"2025-03-30 06:00\" is not of its business_date \"2025-03-31\"",
          "row 7: dtime \"\""}) {
      CAPTURE(std::string(remark));
      CHECK(has(parsed.remarks, remark));
    }
  }

  TEST_CASE("several days, over two pages") {
    const std::string first =
        R"({"value":[)" + hour("2025-06-25 10:00", "1") + R"(],"nextLink":"/api/pdgsz?$after=x"})";
    CHECK(peaks(first).next_page == "/api/pdgsz?$after=x");
    CHECK(has(peaks(first).remarks, "goes on at its next page"));
    const std::string second = answer(hour("2025-06-26 10:00", "2"));
    const std::array<std::string_view, 2> pages{first, second};
    const auto parsed = sources::parse_peak_hour_pages(pages, warsaw(), "test");
    REQUIRE(parsed);
    CHECK(parsed->days.size() == 2);
    CHECK(parsed->next_page.empty());
    CHECK(codes(*parsed, 1).values == std::vector<std::int64_t>{2});
    const std::string large = std::string(sources::peak_hours_bytes_max - 10, ' ') + "{}";
    const std::array<std::string_view, 2> too_large{first, large};
    CHECK_FALSE(sources::parse_peak_hour_pages(too_large, warsaw(), "test"));
  }

  TEST_CASE("what is no pdgsz answer gets one clear error") {
    CHECK(refusal(answer("")).kind == ErrorKind::not_found);
    CHECK(refusal("{}").what == "peak hours: the JSON has no list \"value\"");
    CHECK(refusal(answer(record("2025-10-05", "00:00 - 00:15", "1"))).what ==
          "peak hours: none of 1 rows is usable, row 1: dtime \"\" is not a time");
    CHECK(refusal(R"({"error":{"code":"TooManyRequests","message":"slow down"}})").kind ==
          ErrorKind::rejected);
  }

  TEST_CASE("a code is what was said, or absent") {
    CHECK(rc::check("codes", [] {
      const auto said = *rc::gen::container<std::vector<int>>(24, rc::gen::inRange(-1, 5));
      std::string rows;
      for (std::size_t i = 0; i < said.size(); ++i)
        rows += (rows.empty() ? "" : ",") +
                hour("2025-06-25 " + std::string(i < 10 ? "0" : "") + std::to_string(i) + ":00",
                     std::to_string(said[i]));
      const auto result = parse_peak_hours(answer(rows), warsaw(), "test");
      const bool any =
          std::any_of(said.begin(), said.end(), [](int c) { return c >= 0 && c <= 3; });
      RC_ASSERT(result.has_value() == any);
      if (!any) return;
      const fb::SeriesT& series = *result->days[0].codes[0];
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        const auto hour_of_day =
            static_cast<std::size_t>((series.start_us - to_us(utc("2025-06-24T22:00"))) /
                                     3'600'000'000) +
            i;
        const bool absent = std::count(series.absent.begin(), series.absent.end(), i) != 0;
        const bool known = said[hour_of_day] >= 0 && said[hour_of_day] <= 3;
        RC_ASSERT(absent != known);
        if (known) RC_ASSERT(series.values[i] == said[hour_of_day]);
      }
    }));
  }
}
