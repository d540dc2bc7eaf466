#include <algorithm>

#include "coordinator/sources/parse/operator_answer.hpp"
#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

struct Slot {
  LocalTime start;
  std::chrono::seconds length;
};

// `business_date` "2025-10-05" and `period` "23:45 - 24:00" (or "- 00:00").
std::optional<Slot> read_slot(std::string_view date, std::string_view period,
                              const ZoneOffsets& zone) {
  const std::size_t dash = period.find(" - ");
  if (dash == std::string_view::npos || date.size() != 10) return std::nullopt;
  std::string_view end_text = period.substr(dash + 3);
  if (end_text == "24:00") end_text = "00:00";
  const std::string day = std::string(date) + " ";
  const auto start = parse_time(day + std::string(period.substr(0, dash)), ZoneOffsets());
  const auto end = parse_time(day + std::string(end_text), ZoneOffsets());
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
bool stamps_agree(const Json& record, const Slot& slot, UtcTime start) {
  const auto utc_end = utc_field(record, "dtime_utc");
  if (utc_end) return *utc_end == start + slot.length;
  const auto local_end = utc_field(record, "dtime");
  return !local_end || LocalTime(local_end->time_since_epoch()) == slot.start + slot.length;
}

// By the operator's UTC fields alone, where the local period is odd: "02:45 - 02:00" and whatever
// else is written as the clocks go back. nullopt when they are not there or of another day.
std::optional<PriceRow> utc_slot(const Json& record, std::size_t row, const ZoneOffsets& zone) {
  const auto end = utc_field(record, "dtime_utc");
  const auto any_day = read_slot("2000-01-01", record.scalar("period_utc"), ZoneOffsets());
  if (!end || !any_day) return std::nullopt;
  const UtcTime start = *end - any_day->length;
  if (date_text(zone.to_local(start)) != record.scalar("business_date")) return std::nullopt;
  PriceRow slot;
  slot.row = row;
  slot.start = start;
  slot.length = any_day->length;
  return slot;
}

class RecordReader {
 public:
  explicit RecordReader(PriceReading& reading) : reading_(reading) {}

  std::optional<PriceRow> read(const Json& record, std::size_t row) {
    auto slot = read_place(record, row);
    if (!slot) return std::nullopt;
    const auto price =
        take_price(record.scalar("csdac_pln"), PriceUnit::per_mwh, row, reading_.remarks);
    if (!price) return std::nullopt;
    slot->price_e8 = *price;
    slot->issued = publication(record, reading_.zone);
    return slot;
  }

 private:
  // Row, start and length.
  std::optional<PriceRow> read_place(const Json& record, std::size_t row) {
    const std::string_view date = record.scalar("business_date");
    const std::string_view period = record.scalar("period");
    if (date.empty() || period.empty()) return none(row, "business_date or period is missing");
    const auto slot = read_slot(date, period, reading_.zone);
    if (!slot) {
      if (auto by_utc = utc_slot(record, row, reading_.zone)) return by_utc;
      return none(row, in_quotes(date) + " " + in_quotes(period) + " is not a slot");
    }
    std::optional<UtcTime> expected = utc_field(record, "dtime_utc");
    if (expected) *expected -= slot->length;
    const auto start = reading_.clock.place(slot->start, expected);
    const std::string day(date);
    if (!start)
      return none(row, in_quotes(period) + " does not exist on " + day +
                           ": the clocks went forward over it");
    if (!stamps_agree(record, *slot, *start))
      return none(row, in_quotes(period) + " of " + day + " does not end at its dtime");
    PriceRow place;
    place.row = row;
    place.start = *start;
    place.length = slot->length;
    return place;
  }

  std::optional<PriceRow> none(std::size_t row, const std::string& why) {
    reading_.remarks.add(row, why);
    return std::nullopt;
  }

  PriceReading& reading_;
};

bool any_has(const Json& records, std::string_view name) {
  return std::any_of(records.items.begin(), records.items.end(),
                     [&](const Json& record) { return record.find(name) != nullptr; });
}

Result<PriceRows> read_csdac(const Json& answer, PriceReading& reading) {
  const auto records = operator_records(answer, price_door());
  if (!records) return Failure(records.error());
  const Json& list = **records;
  if (!list.items.empty() && !any_has(list, "csdac_pln")) {
    const bool rce = any_has(list, "rce_pln");
    return fail(ErrorKind::invalid_input,
                std::string("prices: the records have no csdac_pln") +
                    (rce ? " but rce_pln, another kind of price" : ""),
                "save the answer of csdac-pln, the day-ahead price");
  }
  PriceRows result;
  result.currency = "PLN";
  result.seen = list.items.size();
  result.next_page = operator_next_page(answer);
  RecordReader reader(reading);
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (auto row = reader.read(list.items[i], reading.rows_before + i + 1))
      result.rows.push_back(*row);
  }
  return result;
}

}  // namespace

Result<PriceRows> read_price_json(std::string_view text, PriceReading& reading) {
  const auto answer = read_json(text, price_door());
  if (!answer) return Failure(answer.error());
  if (answer->find("unix_seconds") != nullptr) return read_energy_charts(*answer, reading);
  if (answer->find("data") != nullptr && answer->find("value") == nullptr)
    return read_awattar(*answer, reading);
  return read_csdac(*answer, reading);
}

}  // namespace wattledger::sources
