#include <pugixml.hpp>

#include "coordinator/sources/parse/decimal.hpp"
#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

using std::chrono::seconds;

constexpr const char* remedy = "save ENTSO-E's answer to documentType A44";
// More than a year of quarters: what a document of the greatest size could repeat without end.
constexpr std::size_t rows_max = 40'000;

std::string_view text_of(const pugi::xml_node& node, const char* child) {
  return node.child(child).text().get();
}

std::optional<UtcTime> time_of(const pugi::xml_node& node, const char* child) {
  const std::string_view text = text_of(node, child);
  if (text.empty() || text.back() != 'Z') return std::nullopt;
  const auto time = parse_time(text, ZoneOffsets());
  return time ? std::optional(*time) : std::nullopt;
}

std::optional<seconds> resolution(std::string_view text) {
  if (text == "PT15M") return std::chrono::minutes(15);
  if (text == "PT30M") return std::chrono::minutes(30);
  if (text == "PT60M" || text == "PT1H") return std::chrono::hours(1);
  return std::nullopt;
}

// Everything about a TimeSeries that must be right before its Points mean anything.
struct Sold {
  PriceMeasure measure;
  bool repeats = false;  // curve type A03
};

class DocumentReader {
 public:
  explicit DocumentReader(PriceReading& reading) : reading_(reading) {}

  Result<PriceRows> read(const pugi::xml_node& document) {
    for (const pugi::xml_node& series : document.children("TimeSeries")) {
      ++series_;
      period_ = 0;
      WATTLEDGER_TRY(one_zone(series));
      const auto sold = read_head(series);
      if (!sold) continue;
      for (const pugi::xml_node& period : series.children("Period")) {
        ++period_;
        WATTLEDGER_TRY(read_period(period, *sold));
      }
    }
    result_.seen = points_;
    if (points_ == 0 && other_auction_) {
      return fail(ErrorKind::not_found,
                  "prices: only classification sequence 2 and later, another auction than the "
                  "coupled one (EXAA's in Germany and Austria)",
                  "ask again when the coupled auction's are out, about 13:00 CET");
    }
    return std::move(result_);
  }

 private:
  std::string here() const {
    return "TimeSeries " + std::to_string(series_) +
           (period_ == 0 ? "" : ", Period " + std::to_string(period_));
  }
  void remark(const std::string& what) { reading_.remarks.add(here() + ": " + what); }

  Result<void> one_zone(const pugi::xml_node& series) {
    const std::string zone(text_of(series, "out_Domain.mRID"));
    if (series_ == 1) zone_ = zone;
    if (zone == zone_) return {};
    return fail(ErrorKind::invalid_input,
                "prices: " + here() + " is of " + in_quotes(zone) + ", those before are of " +
                    in_quotes(zone_),
                "ask for one bidding zone at a time");
  }

  // nullopt, with a remark, for what is not the coupled day-ahead auction's or not understood.
  std::optional<Sold> read_head(const pugi::xml_node& series) {
    const std::string_view contract = text_of(series, "contract_MarketAgreement.type");
    if (!contract.empty() && contract != "A01") {
      remark("contract " + in_quotes(contract) + " is not the day-ahead A01: left out");
      return std::nullopt;
    }
    const std::string_view sequence =
        text_of(series, "classificationSequence_AttributeInstanceComponent.position");
    if (!sequence.empty() && sequence != "1") {
      other_auction_ = true;
      reading_.remarks.add("classification sequence " + in_quotes(sequence) +
                           " is another auction than the coupled one: left out");
      return std::nullopt;
    }
    const std::string_view curve = text_of(series, "curveType");
    if (!curve.empty() && curve != "A01" && curve != "A03") {
      remark("curve type " + in_quotes(curve) + " is neither A01 nor A03: left out");
      return std::nullopt;
    }
    const std::string written = std::string(text_of(series, "currency_Unit.name")) + "/" +
                                std::string(text_of(series, "price_Measure_Unit.name"));
    const auto measure = read_measure(written);
    if (!measure) {
      remark(in_quotes(written) + " is not a currency per MWH or KWH: left out");
      return std::nullopt;
    }
    if (result_.currency.empty()) result_.currency = measure->currency;
    if (measure->currency != result_.currency) {
      remark("is in " + measure->currency + ", those before are in " + result_.currency +
             ": left out");
      return std::nullopt;
    }
    return Sold{*measure, curve == "A03"};
  }

  Result<void> read_period(const pugi::xml_node& period, const Sold& sold) {
    const pugi::xml_node interval = period.child("timeInterval");
    const auto start = time_of(interval, "start");
    const auto end = time_of(interval, "end");
    const auto step = resolution(text_of(period, "resolution"));
    if (!start || !end || !step || *end <= *start ||
        (*end - *start) % *step != std::chrono::microseconds(0)) {
      points_ += count(period);
      remark("from " + in_quotes(text_of(interval, "start")) + " to " +
             in_quotes(text_of(interval, "end")) + " by " +
             in_quotes(text_of(period, "resolution")) + " is not understood: left out");
      return {};
    }
    const auto slots = static_cast<std::uint64_t>((*end - *start) / *step);
    if (slots > rows_max || result_.rows.size() + slots > rows_max) {
      return fail(ErrorKind::invalid_input,
                  "prices: " + here() + " makes more than " + std::to_string(rows_max) +
                      " slots of one document",
                  "ask for a month at a time");
    }
    fill(read_points(period, sold, slots), *start, *step, sold);
    return {};
  }

  static std::size_t count(const pugi::xml_node& period) {
    std::size_t points = 0;
    for (const pugi::xml_node& point : period.children("Point"))
      if (point) ++points;
    return points;
  }

  struct Point {
    std::size_t row = 0;  // 0: no such position
    std::optional<std::int64_t> price_e8;
  };

  // By position, from 0.
  std::vector<Point> read_points(const pugi::xml_node& period, const Sold& sold,
                                 std::uint64_t slots) {
    std::vector<Point> points(static_cast<std::size_t>(slots));
    for (const pugi::xml_node& node : period.children("Point")) {
      const std::size_t row = reading_.rows_before + ++points_;
      const std::string_view text = text_of(node, "position");
      const Decimal position = parse_decimal(text, 0);
      if (position.trouble || position.count < 1 ||
          static_cast<std::uint64_t>(position.count) > slots) {
        reading_.remarks.add(row, "position " + in_quotes(text) + " is not one of 1 to " +
                                      std::to_string(slots) + " (" + here() + ")");
        continue;
      }
      Point& point = points[static_cast<std::size_t>(position.count - 1)];
      if (point.row != 0) {
        reading_.remarks.add(row, "position " + in_quotes(text) + " was given in row " +
                                      std::to_string(point.row) + ", which is kept (" + here() +
                                      ")");
        continue;
      }
      point = {row,
               take_price(text_of(node, "price.amount"), sold.measure.unit, row, reading_.remarks)};
    }
    return points;
  }

  // A position that is not there repeats the one before on curve type A03. One that is there and
  // has no usable price is unknown, and so are those that would repeat it.
  void fill(const std::vector<Point>& points, UtcTime start, seconds step, const Sold& sold) {
    const Point* said = nullptr;
    for (std::size_t i = 0; i < points.size(); ++i, start += step) {
      if (points[i].row != 0) {
        said = &points[i];
      } else if (!sold.repeats) {
        said = nullptr;
      }
      if (said == nullptr || !said->price_e8) continue;
      result_.rows.push_back({said->row, start, step, *said->price_e8, false, std::nullopt});
    }
  }

  PriceReading& reading_;
  PriceRows result_;
  std::string zone_;
  std::size_t series_ = 0;
  std::size_t period_ = 0;
  std::size_t points_ = 0;
  bool other_auction_ = false;
};

// ENTSO-E says "no data" and every mistake of the request in this document.
Error acknowledged(const pugi::xml_node& document) {
  const pugi::xml_node reason = document.child("Reason");
  const std::string_view text = text_of(reason, "text");
  const std::string code = on_one_line(text_of(reason, "code"), 40);
  const bool none = text.find("No matching data") != std::string_view::npos;
  return {none ? ErrorKind::not_found : ErrorKind::rejected,
          "prices: ENTSO-E answers: " +
              (text.empty() ? "an acknowledgement without a reason" : on_one_line(text)) +
              (code.empty() ? "" : " (" + code + ")"),
          none ? "ask again when the prices are out, or for another day or zone"
               : "correct the address that was asked"};
}

}  // namespace

Result<PriceRows> read_price_xml(std::string_view text, PriceReading& reading) {
  const auto refused = [](const std::string& what) {
    return fail(ErrorKind::invalid_input, "prices: " + what, remedy);
  };
  if (text.size() > price_xml_bytes_max)
    return refused(std::to_string(text.size()) + " bytes of XML, more than the " +
                   std::to_string(price_xml_bytes_max) + " of a year");
  // No answer of ENTSO-E's declares entities; pugixml would not expand them, and nobody should.
  if (text.find("<!DOCTYPE") != std::string_view::npos ||
      text.find("<!doctype") != std::string_view::npos ||
      text.find("<!ENTITY") != std::string_view::npos)
    return refused("a web page or XML with a DOCTYPE " + in_quotes(text.substr(0, 15)));
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  const pugi::xml_node root = document.document_element();
  const std::string_view name = root.name();
  if (!parsed)
    return refused("the XML ends or breaks at byte " + std::to_string(parsed.offset) + ", in " +
                   in_quotes(text.substr(0, 15)));
  if (name == "Acknowledgement_MarketDocument") return Failure(acknowledged(root));
  if (name != "Publication_MarketDocument")
    return refused("a web page or XML " + in_quotes("<" + std::string(name) + ">") +
                   ", not a Publication_MarketDocument");
  if (text_of(root, "type") != "A44")
    return refused("document type " + in_quotes(text_of(root, "type")) + " is not A44, prices");
  return DocumentReader(reading).read(root);
}

}  // namespace wattledger::sources
