#include <nlohmann/json.hpp>

#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

using Record = std::map<std::string, std::string>;  // scalars as text; null is left out

// Collects {"value": [{…}, …]}. As a listener, because a parsed document would hold the prices as
// doubles.
class Collector : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<Record> records;
  bool found_list = false;
  bool continues = false;  // there is a next page
  std::string trouble;

  bool null() override { return true; }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text); }
  bool string(string_t& text) override { return scalar(text); }
  bool binary(binary_t&) override { return true; }
  bool key(string_t& name) override {
    key_ = name;
    return true;
  }
  bool start_object(std::size_t) override {
    if (in_list_ && depth_ == 2) {
      records.emplace_back();
      in_record_ = true;
    }
    return enter();
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override {
    if (depth_ == 1 && key_ == "value") found_list = in_list_ = true;
    return enter();
  }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    trouble = "the JSON ends or breaks at byte " + std::to_string(position);
    return false;
  }

 private:
  bool scalar(const std::string& text) {
    if (in_record_ && depth_ == 3) records.back()[key_] = text;
    if (depth_ == 1 && key_ == "nextLink") continues = true;
    return true;
  }
  bool enter() {
    constexpr int depth_max = 16;
    if (++depth_ <= depth_max) return true;
    trouble = "the JSON is nested more deeply than a price answer";
    return false;
  }
  bool leave() {
    --depth_;
    if (depth_ <= 2) in_record_ = false;
    if (depth_ == 1) in_list_ = false;
    return true;
  }

  int depth_ = 0;
  bool in_list_ = false;
  bool in_record_ = false;  // a list's other members, arrays too, are none
  std::string key_;
};

const std::string* find(const Record& record, const std::string& name) {
  const auto found = record.find(name);
  return found == record.end() ? nullptr : &found->second;
}

std::optional<UtcTime> utc_field(const Record& record, const std::string& name) {
  const std::string* text = find(record, name);
  if (text == nullptr) return std::nullopt;
  const auto time = parse_time(*text, ZoneOffsets());
  return time ? std::optional(*time) : std::nullopt;
}

struct Slot {
  LocalTime start;
  std::chrono::seconds length;
};

bool is_slot_length(std::chrono::seconds length) {
  return length == std::chrono::minutes(15) || length == std::chrono::minutes(30) ||
         length == std::chrono::hours(1);
}

// `business_date` "2025-10-05" and `period` "23:45 - 24:00" (or "- 00:00").
std::optional<Slot> read_slot(const std::string& date, const std::string& period,
                              const ZoneOffsets& zone) {
  const std::size_t dash = period.find(" - ");
  if (dash == std::string::npos || date.size() != 10) return std::nullopt;
  std::string end_text = period.substr(dash + 3);
  if (end_text == "24:00") end_text = "00:00";
  const auto start = parse_time(date + " " + period.substr(0, dash), ZoneOffsets());
  const auto end = parse_time(date + " " + end_text, ZoneOffsets());
  if (!start || !end) return std::nullopt;
  const LocalTime local_start(start->time_since_epoch());
  LocalTime local_end(end->time_since_epoch());
  if (local_end <= local_start) local_end += std::chrono::days(1);
  auto length = std::chrono::duration_cast<std::chrono::seconds>(local_end - local_start);
  // "01:45 - 03:00" on the day that has no 02:00.
  if (!is_slot_length(length)) {
    length = std::chrono::duration_cast<std::chrono::seconds>(zone.to_utc(local_end) -
                                                              zone.to_utc(local_start));
  }
  if (!is_slot_length(length)) return std::nullopt;
  return Slot{local_start, length};
}

// The operator's own stamps name the slot's end. Where they stand and say otherwise, somebody is
// wrong: left out.
bool stamps_agree(const Record& record, const Slot& slot, UtcTime start) {
  const auto utc_end = utc_field(record, "dtime_utc");
  if (utc_end) return *utc_end == start + slot.length;
  const auto local_end = utc_field(record, "dtime");
  return !local_end || LocalTime(local_end->time_since_epoch()) == slot.start + slot.length;
}

class RecordReader {
 public:
  RecordReader(const ZoneOffsets& zone, Remarks& remarks)
      : zone_(zone), clock_(zone), remarks_(remarks) {}

  std::optional<PriceRow> read(const Record& record, std::size_t row) {
    const std::string* date = find(record, "business_date");
    const std::string* period = find(record, "period");
    if (date == nullptr || period == nullptr)
      return none(row, "business_date or period is missing");
    const auto slot = read_slot(*date, *period, zone_);
    if (!slot) return none(row, in_quotes(*date) + " " + in_quotes(*period) + " is not a slot");
    std::optional<UtcTime> expected = utc_field(record, "dtime_utc");
    if (expected) *expected -= slot->length;
    const auto start = clock_.place(slot->start, expected);
    if (!start)
      return none(row, in_quotes(*period) + " does not exist on " + *date +
                           ": the clocks went forward over it");
    if (!stamps_agree(record, *slot, *start))
      return none(row, in_quotes(*period) + " of " + *date + " does not end at its dtime");
    const std::string* text = find(record, "csdac_pln");
    const auto price = take_price(text == nullptr ? "" : *text, PriceUnit::per_mwh, row, remarks_);
    if (!price) return std::nullopt;
    return PriceRow{row,    *start, slot->length,
                    *price, false,  utc_field(record, "publication_ts_utc")};
  }

 private:
  std::optional<PriceRow> none(std::size_t row, const std::string& why) {
    remarks_.add(row, why);
    return std::nullopt;
  }

  const ZoneOffsets& zone_;
  WallClock clock_;
  Remarks& remarks_;
};

bool any_has(const std::vector<Record>& records, const std::string& name) {
  for (const Record& record : records) {
    if (record.count(name) != 0) return true;
  }
  return false;
}

}  // namespace

Result<PriceRows> read_price_json(std::string_view bytes, const ZoneOffsets& zone,
                                  Remarks& remarks) {
  Collector collector;
  if (!nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &collector)) {
    return fail(ErrorKind::invalid_input, "prices: " + collector.trouble,
                "save the price API's whole answer again");
  }
  if (!collector.found_list) {
    return fail(ErrorKind::invalid_input, "prices: the JSON has no list \"value\"",
                "save an answer of the Polish operator's csdac-pln, or use a CSV");
  }
  if (!collector.records.empty() && !any_has(collector.records, "csdac_pln")) {
    const bool rce = any_has(collector.records, "rce_pln");
    return fail(ErrorKind::invalid_input,
                std::string("prices: the records have no csdac_pln") +
                    (rce ? " but rce_pln, another kind of price" : ""),
                "save the answer of csdac-pln, the day-ahead price");
  }
  if (collector.continues)
    remarks.add("the answer goes on at its nextLink; only this page is read");
  PriceRows result;
  result.currency = "PLN";
  result.seen = collector.records.size();
  RecordReader reader(zone, remarks);
  for (std::size_t i = 0; i < collector.records.size(); ++i) {
    if (auto row = reader.read(collector.records[i], i + 1)) result.rows.push_back(*row);
  }
  return result;
}

}  // namespace wattledger::sources
