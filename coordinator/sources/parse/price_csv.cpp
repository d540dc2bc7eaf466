#include <algorithm>

#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

constexpr const char* header_remedy =
    "the first line names the columns: period_start_local_naive (or period_start_utc), "
    "market_price_pln_per_kwh, "
    "quality";

struct Columns {
  std::size_t start = 0;
  std::size_t price = 0;
  std::optional<std::size_t> quality;
  std::size_t count = 0;
  bool utc = false;  // times without an offset are UTC
  PriceUnit unit = PriceUnit::per_kwh;
  std::string currency;
};

// Lines without their ends, counted.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return text;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

// "market_price_pln_per_kwh" → PLN, per kWh.
bool take_price_column(std::string_view name, Columns& columns) {
  constexpr std::string_view kwh = "_per_kwh";
  constexpr std::string_view mwh = "_per_mwh";
  const bool per_kwh = name.ends_with(kwh);
  if (!per_kwh && !name.ends_with(mwh)) return false;
  name.remove_suffix(kwh.size());
  const std::size_t underscore = name.rfind('_');
  std::string currency(underscore == std::string_view::npos ? name : name.substr(underscore + 1));
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (currency.size() != 3 || !std::all_of(currency.begin(), currency.end(), lower)) return false;
  for (char& c : currency) c = static_cast<char>(c - 'a' + 'A');
  columns.unit = per_kwh ? PriceUnit::per_kwh : PriceUnit::per_mwh;
  columns.currency = currency;
  return true;
}

Result<Columns> read_header(std::string_view line, std::size_t number) {
  Columns columns;
  int starts = 0;
  int prices = 0;
  const auto names = split(line);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string name(names[i]);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (name == "quality") {
      columns.quality = i;
    } else if (name.find("start") != std::string::npos) {
      columns.start = i;
      columns.utc = name.find("utc") != std::string::npos;
      ++starts;
    } else if (take_price_column(name, columns)) {
      columns.price = i;
      ++prices;
    }
  }
  columns.count = names.size();
  if (starts == 1 && prices == 1) return columns;
  const std::string what = starts != 1 ? "one column with \"start\" in its name"
                                       : "one column ending in _per_kwh or _per_mwh";
  return fail(ErrorKind::invalid_input,
              "prices, row " + std::to_string(number) + ": " + in_quotes(line) +
                  " is no header with " + what,
              header_remedy);
}

// "…Z" or "…+02:00" after the date.
bool has_offset(std::string_view time) {
  constexpr std::size_t date_size = 10;
  return time.size() > date_size && time.find_first_of("Z+-", date_size) != std::string_view::npos;
}

std::optional<UtcTime> take_start(std::string_view text, const Columns& columns, WallClock& clock,
                                  std::size_t row, Remarks& remarks) {
  const auto time = parse_time(text, ZoneOffsets());
  if (!time) {
    remarks.add(row, in_quotes(text) + " is not a time");
    return std::nullopt;
  }
  if (columns.utc || has_offset(text)) return *time;
  const auto placed = clock.place(LocalTime(time->time_since_epoch()), std::nullopt);
  if (!placed)
    remarks.add(row, in_quotes(text) + " does not exist: the clocks went forward over it");
  return placed;
}

// True for what the price's origin doubts, and for a word that is not known.
bool is_suspect(std::string_view quality, std::size_t row, Remarks& remarks) {
  if (quality == "observed" || quality == "filled_previous" || quality.empty()) return false;
  if (quality.rfind("suspect", 0) != 0)
    remarks.add(row, "quality " + in_quotes(quality) +
                         " is not known (observed, filled_previous, suspect_…): the price is kept "
                         "as suspect");
  return true;
}

}  // namespace

Result<PriceRows> read_price_csv(std::string_view text, PriceReading& reading) {
  Remarks& remarks = reading.remarks;
  Lines lines(text);
  std::optional<std::string_view> line = lines.next();
  while (line && (trimmed(*line).empty() || line->front() == '#')) line = lines.next();
  if (!line)
    return fail(ErrorKind::invalid_input, "prices: nothing but blank lines", header_remedy);
  const auto columns = read_header(*line, lines.number());
  if (!columns) return Failure(columns.error());
  PriceRows result;
  result.currency = columns->currency;
  while ((line = lines.next())) {
    if (trimmed(*line).empty()) continue;
    ++result.seen;
    const auto fields = split(*line);
    if (fields.size() != columns->count) {
      remarks.add(lines.number(), in_quotes(*line) + " has " + std::to_string(fields.size()) +
                                      " of " + std::to_string(columns->count) + " columns");
      continue;
    }
    const auto start =
        take_start(fields[columns->start], *columns, reading.clock, lines.number(), remarks);
    if (!start) continue;
    const auto price = take_price(fields[columns->price], columns->unit, lines.number(), remarks);
    if (!price) continue;
    const bool suspect =
        columns->quality && is_suspect(fields[*columns->quality], lines.number(), remarks);
    result.rows.push_back({lines.number(), *start, std::nullopt, *price, suspect, std::nullopt});
  }
  return result;
}

}  // namespace wattledger::sources
