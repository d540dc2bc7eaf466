// What a price answer's rows have in common, whatever their format. For this part only. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/sources/parse/prices.hpp"

namespace wattledger::sources {

// Remarks up to a limit; beyond it they are only counted. The same about several rows is one.
class Remarks {
 public:
  void add(const std::string& text);
  void add(std::size_t row, const std::string& text);  // "row 7: …", "row 7 and 95 more: …"
  [[nodiscard]] std::string first() const;
  [[nodiscard]] std::vector<std::string> take();

 private:
  struct Remark {
    std::size_t row;  // 0: of none
    std::size_t more_rows;
  };
  [[nodiscard]] static std::string line(const Remark& remark, const std::string& text);
  std::map<std::string, std::size_t, std::less<>> places_;  // of a text
  std::vector<std::pair<Remark, std::string>> remarks_;
  std::size_t beyond_ = 0;
};

struct PriceRow {
  std::size_t row = 0;  // line of a CSV, position in a JSON list; from 1
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
};

// Instants of wall-clock readings in the order they appear: in a repeated hour the second
// appearance is the second pass.
class WallClock {
 public:
  explicit WallClock(const ZoneOffsets& zone) : zone_(zone) {}
  // nullopt for a reading that the clocks jumped over. `expected`, where known, says which pass is
  // meant.
  std::optional<UtcTime> place(LocalTime local, std::optional<UtcTime> expected);

 private:
  const ZoneOffsets& zone_;
  std::map<LocalTime, int> appeared_;  // readings of repeated hours
};

// The price of a text per kWh or per MWh as 1e-8 per kWh; a remark and nullopt when it is none or
// beyond ±100 per kWh.
enum class PriceUnit { per_kwh, per_mwh };
[[nodiscard]] std::optional<std::int64_t> take_price(std::string_view text, PriceUnit unit,
                                                     std::size_t row, Remarks& remarks);
// `"text"`, shortened.
[[nodiscard]] std::string in_quotes(std::string_view text);

[[nodiscard]] Result<PriceRows> read_price_csv(std::string_view bytes, const ZoneOffsets& zone,
                                               Remarks& remarks);
[[nodiscard]] Result<PriceRows> read_price_json(std::string_view bytes, const ZoneOffsets& zone,
                                                Remarks& remarks);

// One PricesPublished per local day; provider and digest are the caller's to add.
[[nodiscard]] std::vector<fb::PricesPublishedT> make_days(const PriceRows& rows,
                                                          const ZoneOffsets& zone,
                                                          Remarks& remarks);

}  // namespace wattledger::sources
