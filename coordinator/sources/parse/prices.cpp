#include "coordinator/sources/parse/prices.hpp"

#include <algorithm>
#include <array>

#include "coordinator/sources/parse/decimal.hpp"
#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

Result<PriceRows> read_page(std::string_view bytes, PriceReading& reading) {
  const auto text = open_answer(bytes, price_door());
  if (!text) return Failure(text.error());
  if (text->front() == '<') return read_price_xml(*text, reading);
  if (text->front() == '{' || text->front() == '[') return read_price_json(*text, reading);
  return read_price_csv(*text, reading);
}

Result<PriceRows> read_pages(std::span<const std::string_view> pages, PriceReading& reading) {
  PriceRows all;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    bytes += pages[i].size();
    if (i > 0 && bytes > price_bytes_max) {
      return fail(ErrorKind::invalid_input,
                  "prices: page " + std::to_string(i + 1) + " makes more than the " +
                      std::to_string(price_bytes_max) + " bytes of one answer",
                  "ask for less at once");
    }
    auto page = read_page(pages[i], reading);
    if (!page) return Failure(page.error());
    if (i > 0 && page->seen > 0 && all.seen > 0 && page->currency != all.currency) {
      return fail(ErrorKind::invalid_input,
                  "prices: page " + std::to_string(i + 1) + " is in " + page->currency +
                      ", those before are in " + all.currency,
                  "give the pages of one answer");
    }
    if (all.seen == 0) all.currency = page->currency;
    all.seen += page->seen;
    reading.rows_before = all.seen;
    all.rows.insert(all.rows.end(), page->rows.begin(), page->rows.end());
    all.next_page = page->next_page;
  }
  return all;
}

void mark_suspect(PriceRows& rows, std::span<const PriceBounds> bounds, Remarks& remarks) {
  const auto found = std::find_if(bounds.begin(), bounds.end(), [&](const PriceBounds& each) {
    return each.currency == rows.currency;
  });
  if (found == bounds.end()) return;
  for (PriceRow& row : rows.rows) {
    if (row.price_e8 >= found->low_e8 && row.price_e8 <= found->high_e8) continue;
    if (row.suspect) continue;  // its own file says so
    row.suspect = true;
    remarks.add(row.row, "price " + decimal_text(row.price_e8, 8) + " " + rows.currency +
                             " per kWh is outside " + decimal_text(found->low_e8, 8) + " to " +
                             decimal_text(found->high_e8, 8) + " (" + found->source +
                             "): kept as suspect");
  }
}

Error nothing_usable(const PriceRows& rows, const Remarks& remarks) {
  const std::string first = remarks.first();
  return {rows.seen == 0 && rows.rows.empty() ? ErrorKind::not_found : ErrorKind::invalid_input,
          "prices: none of " + std::to_string(rows.seen) + " rows is usable" +
              (first.empty() ? "" : ", " + first),
          rows.seen == 0 ? "give rows, or ask again when the prices are out"
                         : "correct the rows or get the answer again"};
}

}  // namespace

std::span<const PriceBounds> harmonised_bounds() {
  static const std::array<PriceBounds, 2> bounds{
      {{"EUR", -50'000'000, 400'000'000, "the coupled day-ahead auction's limits"},
       {"PLN", -250'000'000, 2'000'000'000,
        "the coupled day-ahead auction's limits at 5 PLN/EUR"}}};
  return bounds;
}

Result<ParsedPrices> parse_prices(std::string_view bytes, const ZoneOffsets& zone,
                                  const std::string& provider,
                                  std::span<const PriceBounds> bounds) {
  return parse_price_pages(std::span(&bytes, 1), zone, provider, bounds);
}

Result<ParsedPrices> parse_price_pages(std::span<const std::string_view> pages,
                                       const ZoneOffsets& zone, const std::string& provider,
                                       std::span<const PriceBounds> bounds) {
  Remarks remarks;
  PriceReading reading{zone, remarks};
  auto rows = read_pages(pages, reading);
  if (!rows) return Failure(rows.error());
  mark_suspect(*rows, bounds, remarks);
  ParsedPrices result;
  make_days(*rows, zone, remarks, result);
  if (result.days.empty()) return Failure(nothing_usable(*rows, remarks));
  if (!rows->next_page.empty()) remarks.add("the answer goes on at its next page");
  const auto digest = digest_of({pages.begin(), pages.end()});
  for (fb::PricesPublishedT& day : result.days) {
    day.provider = provider;
    day.raw_digest = std::make_unique<fb::Digest256>(*digest);
  }
  result.next_page = rows->next_page;
  result.remarks = remarks.take();
  return result;
}

}  // namespace wattledger::sources
