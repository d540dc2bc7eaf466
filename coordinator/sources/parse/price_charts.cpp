#include "coordinator/sources/parse/decimal.hpp"
#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

using std::chrono::seconds;

constexpr const char* remedy = "get the whole answer again";

// Since 1970, in seconds or milliseconds as `us_per_unit` says.
std::optional<UtcTime> unix_time(std::string_view text, std::int64_t us_per_unit) {
  const Decimal count = parse_decimal(text, 0);
  constexpr std::int64_t year_2200_us = 7'258'118'400'000'000;
  if (text.empty() || count.trouble || count.count < 0 || count.count > year_2200_us / us_per_unit)
    return std::nullopt;
  return utc_from_us(count.count * us_per_unit);
}

// The distance of the list's times, where it is one throughout and a slot's.
std::optional<seconds> common_length(const Json& times) {
  std::optional<seconds> length;
  std::optional<UtcTime> before;
  for (const Json& item : times.items) {
    const auto time = unix_time(item.text, 1'000'000);
    if (!time) return std::nullopt;
    if (before) {
      const auto distance = std::chrono::duration_cast<seconds>(*time - *before);
      if (length && distance != *length) return std::nullopt;
      length = distance;
    }
    before = time;
  }
  return length && is_slot_length(*length) ? length : std::nullopt;
}

Error unknown_unit(std::string_view text) {
  return {ErrorKind::invalid_input,
          "prices: unit " + in_quotes(text) + " is not a currency per MWh or kWh", remedy};
}

}  // namespace

Result<PriceRows> read_energy_charts(const Json& answer, PriceReading& reading) {
  const Json* times = answer.list("unix_seconds");
  const Json* prices = answer.list("price");
  if (times == nullptr || prices == nullptr) {
    return fail(ErrorKind::invalid_input,
                "prices: energy-charts' answer lacks the list \"unix_seconds\" or \"price\"",
                "save an answer of energy-charts' /price");
  }
  if (times->items.size() != prices->items.size()) {
    return fail(ErrorKind::invalid_input,
                "prices: " + std::to_string(times->items.size()) + " unix_seconds but " +
                    std::to_string(prices->items.size()) + " prices",
                remedy);
  }
  const auto measure = read_measure(answer.scalar("unit"));
  if (!measure) return Failure(unknown_unit(answer.scalar("unit")));
  PriceRows result;
  result.currency = measure->currency;
  result.seen = times->items.size();
  const auto length = common_length(*times);
  for (std::size_t i = 0; i < times->items.size(); ++i) {
    const std::size_t row = reading.rows_before + i + 1;
    const auto start = unix_time(times->items[i].text, 1'000'000);
    if (!start) {
      reading.remarks.add(row, in_quotes(times->items[i].text) + " is not a time in seconds");
      continue;
    }
    const auto price = take_price(prices->items[i].text, measure->unit, row, reading.remarks);
    if (price) result.rows.push_back({row, *start, length, *price, false, std::nullopt});
  }
  return result;
}

Result<PriceRows> read_awattar(const Json& answer, PriceReading& reading) {
  const Json* records = answer.list("data");
  if (records == nullptr)
    return fail(ErrorKind::invalid_input, "prices: the JSON's \"data\" is no list",
                "save an answer of aWATTar's /v1/marketdata");
  PriceRows result;
  result.seen = records->items.size();
  for (std::size_t i = 0; i < records->items.size(); ++i) {
    const Json& record = records->items[i];
    const std::size_t row = reading.rows_before + i + 1;
    const auto measure = read_measure(record.scalar("unit"));
    if (!measure) return Failure(unknown_unit(record.scalar("unit")));
    if (result.currency.empty()) result.currency = measure->currency;
    if (measure->currency != result.currency) {
      reading.remarks.add(row, "is in " + measure->currency +
                                   " and left out, those before are in " + result.currency);
      continue;
    }
    const auto start = unix_time(record.scalar("start_timestamp"), 1'000);
    const auto end = unix_time(record.scalar("end_timestamp"), 1'000);
    const auto length =
        start && end ? std::chrono::duration_cast<seconds>(*end - *start) : seconds(0);
    if (!is_slot_length(length)) {
      reading.remarks.add(row, "from " + in_quotes(record.scalar("start_timestamp")) + " to " +
                                   in_quotes(record.scalar("end_timestamp")) + " is not a slot");
      continue;
    }
    const auto price =
        take_price(record.scalar("marketprice"), measure->unit, row, reading.remarks);
    if (price) result.rows.push_back({row, *start, length, *price, false, std::nullopt});
  }
  return result;
}

}  // namespace wattledger::sources
