// What stands inside of ENTSO-E's document of prices.
#include "tests/fuzz/told_prices.hpp"

namespace wattledger::fuzz {
namespace {

const Target price_xml("price_xml", [](Bytes bytes) {
  std::string document = "<Publication_MarketDocument><type>A44</type>";
  document += text_of(bytes);
  document += "</Publication_MarketDocument>";
  check_prices(sources::parse_prices(document, told_zone(), "fuzz"));
});

}  // namespace
}  // namespace wattledger::fuzz
