#include "coordinator/sources/parse/peak_hours.hpp"

#include <map>

#include "coordinator/sources/parse/decimal.hpp"
#include "coordinator/sources/parse/operator_answer.hpp"
#include "coordinator/sources/parse/remarks.hpp"
#include "coordinator/sources/parse/wall_clock.hpp"

namespace wattledger::sources {
namespace {

constexpr std::chrono::hours hour{1};

const AnswerDoor& door() {
  static const AnswerDoor it{"peak hours", "save the answer of the operator's pdgsz",
                             peak_hours_bytes_max};
  return it;
}

struct Advice {
  std::size_t row = 0;
  std::int64_t code = 0;
  std::optional<UtcTime> issued;
};

class Reader {
 public:
  explicit Reader(const ZoneOffsets& zone) : zone_(zone), clock_(zone) {}

  Result<void> read_page(std::string_view bytes) {
    const auto text = open_answer(bytes, door());
    if (!text) return Failure(text.error());
    const auto answer = read_json(*text, door());
    if (!answer) return Failure(answer.error());
    const auto records = operator_records(*answer, door());
    if (!records) return Failure(records.error());
    next_page_ = operator_next_page(*answer);
    for (const Json& record : (*records)->items) read(record, ++seen_);
    return {};
  }

  Result<ParsedPeakHours> finish(const std::string& provider,
                                 const std::vector<std::string_view>& pages) {
    ParsedPeakHours result;
    for (const auto& [day, hours] : days_) add_day(day, hours, result);
    if (result.days.empty()) {
      const std::string first = remarks_.first();
      return fail(seen_ == 0 ? ErrorKind::not_found : ErrorKind::invalid_input,
                  "peak hours: none of " + std::to_string(seen_) + " rows is usable" +
                      (first.empty() ? "" : ", " + first),
                  seen_ == 0 ? "ask again when they are out" : "get the answer again");
    }
    if (!next_page_.empty()) remarks_.add("the answer goes on at its next page");
    const auto digest = digest_of(pages);
    for (fb::PeakHoursPublishedT& day : result.days) {
      day.provider = provider;
      day.raw_digest = std::make_unique<fb::Digest256>(*digest);
    }
    result.next_page = next_page_;
    result.remarks = remarks_.take();
    return result;
  }

 private:
  using Hours = std::map<UtcTime, Advice>;

  void read(const Json& record, std::size_t row) {
    const std::string_view active = record.scalar("is_active");
    if (active == "false") return;
    const auto start = read_hour(record, row);
    if (!start) return;
    if (!active.empty() && active != "true") {
      remarks_.add(row, "is_active " + in_quotes(active) + " is neither true nor false");
      return;
    }
    const std::string_view text = record.scalar("usage_fcst");
    const Decimal code = parse_decimal(text, 0);
    if (code.trouble || code.count < 0 || code.count > 3) {
      remarks_.add(row, text.empty() ? "no usage_fcst"
                                     : "usage_fcst " + in_quotes(text) + " is none of 0 to 3");
      return;
    }
    keep(*start, {row, code.count, publication(record, zone_)});
  }

  std::optional<UtcTime> read_hour(const Json& record, std::size_t row) {
    const std::string_view text = record.scalar("dtime");
    const auto time = parse_time(text, ZoneOffsets());
    if (!time) return none(row, "dtime " + in_quotes(text) + " is not a time");
    const LocalTime local(time->time_since_epoch());
    const auto expected = utc_field(record, "dtime_utc");
    const auto start = clock_.place(local, expected);
    if (!start)
      return none(row, in_quotes(text) + " does not exist: the clocks went forward over it");
    if (expected && *expected != *start)
      return none(
          row, in_quotes(text) + " is not its dtime_utc " + in_quotes(record.scalar("dtime_utc")));
    if ((*start - zone_.day_start(*start)) % hour != std::chrono::microseconds(0))
      return none(row, in_quotes(text) + " is not on the hour");
    const std::string_view day = record.scalar("business_date");
    if (!day.empty() && day != date_text(local))
      return none(row, in_quotes(text) + " is not of its business_date " + in_quotes(day));
    return start;
  }

  std::optional<UtcTime> none(std::size_t row, const std::string& why) {
    remarks_.add(row, why);
    return std::nullopt;
  }

  void keep(UtcTime start, const Advice& advice) {
    const auto [place, added] = days_[zone_.day_start(start)].emplace(start, advice);
    if (added) return;
    Advice left = advice;
    const bool later =
        advice.issued && place->second.issued && *advice.issued > *place->second.issued;
    if (later) std::swap(place->second, left);
    remarks_.add(left.row, utc_text(start) + " was given in row " +
                               std::to_string(place->second.row) + ", which is kept");
  }

  void add_day(UtcTime day, const Hours& hours, ParsedPeakHours& result) {
    auto series = std::make_unique<fb::SeriesT>();
    const UtcTime first = hours.begin()->first;
    series->start_us = to_us(first);
    series->step_s = 3'600;
    fb::PeakHoursPublishedT event;
    for (const auto& [start, advice] : hours) {
      const auto index = static_cast<std::size_t>((start - first) / hour);
      while (series->values.size() < index) {
        series->absent.push_back(static_cast<std::uint16_t>(series->values.size()));
        series->values.push_back(0);
      }
      series->values.push_back(advice.code);
      if (advice.issued && (!event.issued_at_us || *event.issued_at_us < to_us(*advice.issued)))
        event.issued_at_us = to_us(*advice.issued);
    }
    event.codes.push_back(std::move(series));
    const auto expected = static_cast<std::size_t>((zone_.next_day_start(day) - day) / hour);
    if (hours.size() < expected) {
      remarks_.add(date_text(zone_.to_local(day)) + ": " + std::to_string(expected - hours.size()) +
                   " of " + std::to_string(expected) + " hours have no code and are unknown");
    }
    result.days.push_back(std::move(event));
    result.slots.push_back({zone_.to_local(day), hours.size(), expected});
  }

  const ZoneOffsets& zone_;
  WallClock clock_;
  Remarks remarks_;
  std::size_t seen_ = 0;
  std::string next_page_;
  std::map<UtcTime, Hours> days_;
};

}  // namespace

Result<ParsedPeakHours> parse_peak_hours(std::string_view bytes, const ZoneOffsets& zone,
                                         const std::string& provider) {
  return parse_peak_hour_pages(std::span(&bytes, 1), zone, provider);
}

Result<ParsedPeakHours> parse_peak_hour_pages(std::span<const std::string_view> pages,
                                              const ZoneOffsets& zone,
                                              const std::string& provider) {
  Reader reader(zone);
  std::size_t bytes = 0;
  for (const std::string_view page : pages) {
    bytes += page.size();
    WATTLEDGER_TRY(reader.read_page(page));
    if (bytes > peak_hours_bytes_max)
      return fail(ErrorKind::invalid_input,
                  "peak hours: the pages make more than the " +
                      std::to_string(peak_hours_bytes_max) + " bytes of one answer",
                  "ask for less at once");
  }
  return reader.finish(provider, {pages.begin(), pages.end()});
}

}  // namespace wattledger::sources
