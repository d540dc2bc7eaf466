#include "coordinator/sources/parse/prices.hpp"

#include <openssl/sha.h>

#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

Digest sha256(std::string_view bytes) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.bytes.data());
  return digest;
}

// Bytes that no text has, the first of them from 0.
std::optional<std::size_t> find_binary(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return i;
  }
  return std::nullopt;
}

Result<PriceRows> read_rows(std::string_view bytes, const ZoneOffsets& zone, Remarks& remarks) {
  constexpr const char* remedy = "name a CSV of prices or a saved answer of the price API";
  if (bytes.size() > price_bytes_max) {
    return fail(ErrorKind::invalid_input,
                "prices: " + std::to_string(bytes.size()) + " bytes, more than the " +
                    std::to_string(price_bytes_max) + " of one answer",
                "split the file");
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return fail(ErrorKind::invalid_input, "prices: empty", remedy);
  if (const auto binary = find_binary(bytes)) {
    return fail(ErrorKind::invalid_input,
                "prices: binary from byte " + std::to_string(*binary) + " on", remedy);
  }
  if (bytes[first] == '<') {
    return fail(ErrorKind::invalid_input,
                "prices: a web page or XML " + in_quotes(bytes.substr(first, 15)), remedy);
  }
  if (bytes[first] == '{' || bytes[first] == '[') return read_price_json(bytes, zone, remarks);
  return read_price_csv(bytes, zone, remarks);
}

}  // namespace

Result<ParsedPrices> parse_prices(std::string_view bytes, const ZoneOffsets& zone,
                                  const std::string& provider) {
  Remarks remarks;
  const auto rows = read_rows(bytes, zone, remarks);
  if (!rows) return Failure(rows.error());
  ParsedPrices result;
  result.days = make_days(*rows, zone, remarks);
  if (result.days.empty()) {
    const std::string first = remarks.first();
    return fail(ErrorKind::invalid_input,
                "prices: none of " + std::to_string(rows->seen) + " rows is usable" +
                    (first.empty() ? "" : ", " + first),
                "correct the rows or get the file again");
  }
  const Digest digest = sha256(bytes);
  for (fb::PricesPublishedT& day : result.days) {
    day.provider = provider;
    day.raw_digest = std::make_unique<fb::Digest256>(to_fb(digest));
  }
  result.remarks = remarks.take();
  return result;
}

}  // namespace wattledger::sources
