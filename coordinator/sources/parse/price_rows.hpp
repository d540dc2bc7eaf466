// What a price answer's rows have in common, whatever their format. For this part only. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/sources/parse/answer.hpp"
#include "coordinator/sources/parse/prices.hpp"
#include "coordinator/sources/parse/remarks.hpp"
#include "coordinator/sources/parse/wall_clock.hpp"

namespace wattledger::sources {

struct PriceRow {
  std::size_t row = 0;  // line of a CSV, position in a list, ordinal of an XML Point; from 1
  UtcTime start;
  std::optional<std::chrono::seconds> length;  // when the row says it
  std::int64_t price_e8 = 0;                   // per kWh
  bool suspect = false;
  std::optional<UtcTime> issued;
};

struct PriceRows {
  std::string currency;
  std::size_t seen = 0;  // rows, usable or not
  std::vector<PriceRow> rows;
  std::string next_page;
};

// What the readers of one answer's pages share.
struct PriceReading {
  const ZoneOffsets& zone;
  Remarks& remarks;
  WallClock clock{zone};
  std::size_t rows_before = 0;  // of earlier pages
};

// The price of a text per kWh or per MWh as 1e-8 per kWh; a remark and nullopt when it is none or
// beyond ±100 per kWh.
enum class PriceUnit { per_kwh, per_mwh };
[[nodiscard]] std::optional<std::int64_t> take_price(std::string_view text, PriceUnit unit,
                                                     std::size_t row, Remarks& remarks);
// "EUR / MWh", "Eur/MWh": currency and unit; nullopt for anything else.
struct PriceMeasure {
  std::string currency;  // three capitals
  PriceUnit unit = PriceUnit::per_mwh;
};
[[nodiscard]] std::optional<PriceMeasure> read_measure(std::string_view text);
[[nodiscard]] bool is_slot_length(std::chrono::seconds length);  // 15, 30 or 60 minutes

// What a reader of price answers is given at most, and says when it is given something else.
[[nodiscard]] const AnswerDoor& price_door();

// Opened text (answer.hpp) to rows.
[[nodiscard]] Result<PriceRows> read_price_csv(std::string_view text, PriceReading& reading);
[[nodiscard]] Result<PriceRows> read_price_json(std::string_view text, PriceReading& reading);
[[nodiscard]] Result<PriceRows> read_price_xml(std::string_view text, PriceReading& reading);
// Parsed JSON of one format to rows.
[[nodiscard]] Result<PriceRows> read_energy_charts(const Json& answer, PriceReading& reading);
[[nodiscard]] Result<PriceRows> read_awattar(const Json& answer, PriceReading& reading);

// Days and slots of `result`; provider and digest are the caller's to add.
void make_days(const PriceRows& rows, const ZoneOffsets& zone, Remarks& remarks,
               ParsedPrices& result);

}  // namespace wattledger::sources
